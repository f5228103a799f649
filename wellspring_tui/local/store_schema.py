"""The tables of the service's database, and how an older database comes to have them."""

from __future__ import annotations

VERSION = 3

_SCHEMA = """
CREATE TABLE files (
    seq         INTEGER PRIMARY KEY AUTOINCREMENT,
    id          TEXT NOT NULL UNIQUE,
    bytes       INTEGER NOT NULL,
    created_at  INTEGER NOT NULL,
    expires_at  INTEGER,
    filename    TEXT NOT NULL,
    purpose     TEXT NOT NULL,
    -- A deleted file keeps its row: a client that deletes while it pages still finds its place.
    deleted     INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE batches (
    seq                 INTEGER PRIMARY KEY AUTOINCREMENT,
    id                  TEXT NOT NULL UNIQUE,
    endpoint            TEXT NOT NULL,
    input_file_id       TEXT NOT NULL,
    completion_window   TEXT NOT NULL,
    status              TEXT NOT NULL,
    created_at          INTEGER NOT NULL,
    expires_at          INTEGER NOT NULL,
    metadata            TEXT,
    output_life_seconds INTEGER,
    model               TEXT,
    errors              TEXT,
    -- Decided, and written down, before the result files are moved to their places.
    ending              TEXT,
    output_file_id      TEXT,
    error_file_id       TEXT,
    in_progress_at      INTEGER,
    finalizing_at       INTEGER,
    completed_at        INTEGER,
    failed_at           INTEGER,
    expired_at          INTEGER,
    cancelling_at       INTEGER,
    cancelled_at        INTEGER,
    total               INTEGER NOT NULL DEFAULT 0,
    completed           INTEGER NOT NULL DEFAULT 0,
    failed              INTEGER NOT NULL DEFAULT 0,
    input_tokens        INTEGER NOT NULL DEFAULT 0,
    output_tokens       INTEGER NOT NULL DEFAULT 0,
    reasoning_tokens    INTEGER NOT NULL DEFAULT 0,
    enqueued_tokens     INTEGER NOT NULL DEFAULT 0,
    answerer            TEXT NOT NULL DEFAULT '',
    cached_tokens       INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX unfinished ON batches (seq)
    WHERE status IN ('validating', 'in_progress', 'finalizing', 'cancelling');
"""

_FROM_VERSION_1 = "ALTER TABLE batches ADD COLUMN enqueued_tokens INTEGER NOT NULL DEFAULT 0;"
_FROM_VERSION_2 = """
ALTER TABLE batches ADD COLUMN answerer TEXT NOT NULL DEFAULT '';
ALTER TABLE batches ADD COLUMN cached_tokens INTEGER NOT NULL DEFAULT 0;
"""
WAYS_HERE = {0: _SCHEMA, 1: _FROM_VERSION_1 + _FROM_VERSION_2, 2: _FROM_VERSION_2}
