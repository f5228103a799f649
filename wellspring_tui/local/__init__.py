"""The built-in service: an OpenAI-compatible batch service on this machine.

A program of its own (`python -m wellspring_tui.local`), spoken to over HTTP only.
It shares no code with the rest of Wellspring, so that a job on it is carried by
exactly what carries a job on any other service.
"""
