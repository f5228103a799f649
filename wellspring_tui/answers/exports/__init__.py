"""The answers of a job as a file: one module a format, and one table of them."""
