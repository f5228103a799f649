"""What `--json` prints, as the help of each command tells it.

Fields are only ever added, so that scripts go on working. Times are ISO 8601 in UTC, money
is dollars as text, null is what nobody knows. `cli.shapes` makes most of it.
"""

from __future__ import annotations

_JOB = (
    "job_id, name, description, tags, notes, status, collected, requests, answered, failed, "
    "missing, service, model, endpoint, window, source, kind, part_count, real_time_parts, "
    "finish_now, input_tokens, output_tokens, estimated_input_tokens, cost_usd, max_cost_usd, "
    "cancel_asked, created_at, ended_at, expires_at, news_at, outlook"
)
_SIDE = (
    "job_id, name, model, answered, failed, missing, input_tokens, output_tokens, cost_usd, "
    "median_characters"
)
_ROW = (
    "key, label, jobs, requests, answered, failed, missing, input_tokens, cached_tokens, "
    "cache_write_tokens, output_tokens, reasoning_tokens, total_tokens, estimated_input_tokens, "
    "cost_usd, known_cost_usd, unknown_cost_requests, real_time_cost_usd, saved_usd"
)

JOB = f"an object with {_JOB}"
JOBS = f"a list of jobs, each with {_JOB}"
JOB_WHOLE = (
    f"an object with {_JOB}, answered_by (who answers for a service on this machine, such as "
    "simulated answers), truncated, refused, off_schema, parts (part, step, status, "
    "real_time, waiting_for, not_before, batch_id, input_file_id, output_file_id, error_file_id, "
    "requests, answered, failed, model, size_bytes, expires_at, answers_expire_at, problems) and "
    "timeline (at, part, what, detail)"
)
RETRIED = (
    f"an object with {_JOB}, and retry (requests, parts, real_time, after_cancelling, at_most_usd, "
    "left_out)"
)
OFFERS = (
    "a list of batches, each with batch_id, name, service, status, endpoint, requests, answered, "
    f"failed, created_at; with a BATCH_ID {JOBS}"
)
SURVEY = (
    "an object with file, kind, sendable, columns, template_needed, prompts, blank, sections, "
    "models, endpoint, estimated_input_tokens, tokens_exact, output_tokens_limit, size_bytes, "
    "cost (free, now, batch_usd, real_time_usd), expected_output, parts, queue, notes, "
    "problem_count, problem_kinds, problems (line, key, what)"
)
RESULTS = (
    "an object with total_results, timestamp, job_id, name, status, service, answered_by, "
    "batch_ids, cost_usd, requests, answered, failed, missing, truncated, refused, off_schema, "
    "usage, usage_by_section, failures (custom_id, section, prompt_type, state, status_code, "
    "reason) and results_by_section: by section and prompt type an object with response, usage, "
    "model, custom_id, finish_reason, off_schema, cost_usd, and row where a table's row was asked"
)
HITS = "a list of prompts, each with section, prompt_type, custom_id, state, hits, excerpt"
COMPARISON = (
    f"an object with matched_by, pair_count, left and right ({_SIDE}), and pairs (section, "
    "prompt_type, left, right; either with custom_id, state, response, reason, model, "
    "finish_reason, off_schema, input_tokens, output_tokens)"
)
USAGE = f"an object with by, since, until, job_id, uncounted_jobs, total and rows ({_ROW})"
SETTINGS = "a list of settings, each with key, value, from, name, section, about"
FINDINGS = "a list of findings, each with check, state (ok, note, warning or error), what, todo"

CLEANED = (
    "an object with litter (kind, where, service, job_id, size_bytes, why, changed_at, "
    "expires_at, deleted, failure), size_bytes, deleted_bytes, kept (count, size_bytes, what), "
    "not_asked"
)


def told(shape: str) -> str:
    """The paragraph about it, to stand before the examples."""
    return f"With --json: {shape}.\n\n"
