"""The screens: jobs, a new job, results, and the small ones in front of them."""
