"""One module for each group of commands; each is imported when its command is asked for."""
