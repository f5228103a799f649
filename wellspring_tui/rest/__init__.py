"""The REST API, and the dashboard in a browser: one server, one token."""
