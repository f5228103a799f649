"""IN: a prompts file becomes requests, and requests become input files."""
