"""What things cost: `python -m tests.bench [NAME …]` prints it. Nothing here passes or fails."""
