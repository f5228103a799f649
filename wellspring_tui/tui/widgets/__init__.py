"""Widgets that know nothing of jobs: a table of any length, and a reader of any text."""
