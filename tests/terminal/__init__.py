"""The dashboard as a process in a real terminal: what it shows, and the bytes it writes."""
