"""What the user set: shown with where it came from, and written back to `config.toml`."""
