"""The tables of a job's index, and how an older index comes to have them."""

from __future__ import annotations

from wellspring_tui.answers import checking

SCHEMA = f"""
CREATE TABLE names (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE
) STRICT;
CREATE TABLE requests (
    number INTEGER PRIMARY KEY,         -- the order of the prompts file, from 0
    row INTEGER NOT NULL,               -- the order of the views: by section, then number
    custom_id TEXT NOT NULL UNIQUE,
    section INTEGER NOT NULL, prompt_type INTEGER NOT NULL,
    file INTEGER NOT NULL, offset INTEGER NOT NULL, length INTEGER NOT NULL,
    schema INTEGER                      -- which its answer is to fit
) STRICT;
CREATE TABLE answers (
    custom_id TEXT PRIMARY KEY,
    rank INTEGER NOT NULL,              -- answered before failed, then the newer part
    answered INTEGER NOT NULL,
    file INTEGER NOT NULL, offset INTEGER NOT NULL, length INTEGER NOT NULL,
    status_code INTEGER, finish TEXT, model TEXT, reason TEXT,
    input_tokens INTEGER NOT NULL, output_tokens INTEGER NOT NULL, total_tokens INTEGER NOT NULL,
    cached_tokens INTEGER NOT NULL, reasoning_tokens INTEGER NOT NULL,
    cache_write_tokens INTEGER NOT NULL DEFAULT 0,
    off_schema TEXT                     -- what is wrong with an answer that does not fit
) STRICT, WITHOUT ROWID;
{checking.SCHEMA};
"""
SINCE_VERSION = {
    1: ("ALTER TABLE answers ADD COLUMN cache_write_tokens INTEGER NOT NULL DEFAULT 0",),
    2: (
        "ALTER TABLE requests ADD COLUMN schema INTEGER",
        "ALTER TABLE answers ADD COLUMN off_schema TEXT",
        checking.SCHEMA,
    ),
}
"""What makes the next version of one."""
VERSION = 3
