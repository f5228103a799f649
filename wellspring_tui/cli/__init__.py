"""The command line: one of the faces in front of the door."""
