"""A job is carried to its end: model, planning, ledger, conductor."""
