"""Talking to a service that runs batches, and reading tolerantly what comes back."""
