"""The command line, used as a person uses it: as a program."""
