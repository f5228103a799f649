"""The ledger's tables, version by version.

A new ledger is made by going through all versions, an old one by going through those it
lacks: both end with the same tables. What stands here has been written to people's disks
and is not changed; what is new comes as another version at the end.
"""

from __future__ import annotations

_VERSION_1 = """
CREATE TABLE jobs (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, description TEXT, source TEXT NOT NULL,
    kind TEXT NOT NULL, service TEXT NOT NULL, endpoint TEXT NOT NULL, model TEXT NOT NULL,
    window TEXT NOT NULL, requests INTEGER NOT NULL, tokens_estimated INTEGER NOT NULL,
    created_at REAL NOT NULL,
    -- Derived from the parts whenever one changes, so that a list of jobs is one query:
    status TEXT NOT NULL, parts INTEGER NOT NULL,
    completed INTEGER NOT NULL DEFAULT 0, failed INTEGER NOT NULL DEFAULT 0,
    collected INTEGER NOT NULL DEFAULT 0,
    input_tokens INTEGER NOT NULL DEFAULT 0, output_tokens INTEGER NOT NULL DEFAULT 0,
    cost TEXT, cancel_asked INTEGER NOT NULL DEFAULT 0, ended_at REAL, expires_at REAL
) STRICT;
CREATE INDEX jobs_by_time ON jobs (created_at);
CREATE INDEX jobs_open ON jobs (collected) WHERE collected = 0;
CREATE TABLE parts (
    id TEXT PRIMARY KEY, job_id TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    number INTEGER NOT NULL, step TEXT NOT NULL, status TEXT NOT NULL, token TEXT NOT NULL UNIQUE,
    requests INTEGER NOT NULL, size_bytes INTEGER NOT NULL, sha256 TEXT NOT NULL,
    endpoint TEXT NOT NULL, model TEXT NOT NULL, tokens INTEGER NOT NULL,
    input_file_id TEXT, batch_id TEXT UNIQUE, output_file_id TEXT, error_file_id TEXT,
    completed INTEGER NOT NULL DEFAULT 0, failed INTEGER NOT NULL DEFAULT 0,
    expires_at REAL, attempted_at REAL, ended_at REAL, problems TEXT NOT NULL DEFAULT '[]',
    attempts INTEGER NOT NULL DEFAULT 0, not_before REAL, waiting_for TEXT,
    holder TEXT, held_until REAL NOT NULL DEFAULT 0,
    UNIQUE (job_id, number)
) STRICT;
CREATE INDEX parts_open ON parts (job_id) WHERE step <> 'collected';
CREATE TABLE events (
    job_id TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    at REAL NOT NULL, part INTEGER NOT NULL, what TEXT NOT NULL, detail TEXT
) STRICT;
CREATE INDEX events_by_job ON events (job_id, at);
CREATE INDEX creations ON events (at) WHERE what = 'creating';
-- Batches that a part has given up, after a setback: they are not taken for its own again.
CREATE TABLE given_up (batch_id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
-- What a service said of its queue of enqueued tokens.
CREATE TABLE token_limits (
    service TEXT NOT NULL, model TEXT NOT NULL, tokens INTEGER NOT NULL,
    PRIMARY KEY (service, model)
) STRICT, WITHOUT ROWID;
"""

_VERSION_2 = """
-- Labels: a JSON list of tags, and free text.
ALTER TABLE jobs ADD COLUMN tags TEXT NOT NULL DEFAULT '[]';
ALTER TABLE jobs ADD COLUMN notes TEXT;
-- The RequestOptions it was submitted with, as JSON; NULL for ready-made requests.
ALTER TABLE jobs ADD COLUMN options TEXT;
-- When anything of it last changed, and for how long nothing did at most while its batches
-- ran; NULL where nobody measured.
ALTER TABLE jobs ADD COLUMN news_at REAL;
ALTER TABLE jobs ADD COLUMN quiet_seconds REAL;
-- What a filter looks through: case-folded, so that no row need be folded for a search.
ALTER TABLE jobs ADD COLUMN words TEXT NOT NULL DEFAULT '';
UPDATE jobs SET
    news_at = (SELECT max(at) FROM events WHERE job_id = jobs.id),
    words = search_words(id, name, description, model, service, tags, notes);
-- What a job's batches had counted by a time.
CREATE TABLE samples (
    job_id TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    at REAL NOT NULL, completed INTEGER NOT NULL, failed INTEGER NOT NULL,
    PRIMARY KEY (job_id, at)
) STRICT, WITHOUT ROWID;
-- When a service last told how its batches stand.
CREATE TABLE looks (service TEXT PRIMARY KEY, at REAL NOT NULL) STRICT, WITHOUT ROWID;
-- Batches made elsewhere that may be adopted.
CREATE TABLE offers (
    batch_id TEXT PRIMARY KEY, service TEXT NOT NULL, status TEXT NOT NULL, endpoint TEXT,
    requests INTEGER NOT NULL, completed INTEGER NOT NULL, failed INTEGER NOT NULL,
    created_at REAL, name TEXT, declined INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
-- What the requests of each job used, written whenever a part is collected.
CREATE TABLE usage (
    job_id TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    section TEXT NOT NULL, part INTEGER NOT NULL, model TEXT NOT NULL,
    long INTEGER NOT NULL,              -- whether their prompts are, for some models' prices
    at REAL NOT NULL,                   -- when the part's batch ended
    requests INTEGER NOT NULL, answered INTEGER NOT NULL, failed INTEGER NOT NULL,
    measured INTEGER NOT NULL,          -- those that used tokens
    unmeasured INTEGER NOT NULL,        -- those that are answered and do not tell their tokens
    input_tokens INTEGER NOT NULL, output_tokens INTEGER NOT NULL, total_tokens INTEGER NOT NULL,
    cached_tokens INTEGER NOT NULL, reasoning_tokens INTEGER NOT NULL,
    cache_write_tokens INTEGER NOT NULL,
    PRIMARY KEY (job_id, section, part, model, long)
) STRICT, WITHOUT ROWID;
-- The prices by which each job was charged, and those of real time: in units of 1e-12 dollars
-- a token, NULL where unknown.
CREATE TABLE tariffs (
    job_id TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    model TEXT NOT NULL, long INTEGER NOT NULL,
    input INTEGER, output INTEGER, cached INTEGER, cache_write INTEGER,
    real_input INTEGER, real_output INTEGER, real_cached INTEGER, real_cache_write INTEGER,
    PRIMARY KEY (job_id, model, long)
) STRICT, WITHOUT ROWID;
"""

_VERSION_3 = """
-- Whether a part stops after its upload until the creation of its batch is asked for.
ALTER TABLE parts ADD COLUMN creation_held INTEGER NOT NULL DEFAULT 0;
CREATE INDEX parts_by_file ON parts (input_file_id) WHERE input_file_id IS NOT NULL;
"""

_VERSION_4 = """
-- Whether a part is answered in real time and charged so, and how many parts of a job are.
ALTER TABLE parts ADD COLUMN real_time INTEGER NOT NULL DEFAULT 0;
ALTER TABLE jobs ADD COLUMN real_time_parts INTEGER NOT NULL DEFAULT 0;
ALTER TABLE usage ADD COLUMN real_time INTEGER NOT NULL DEFAULT 0;
-- Whether what a job has no answer for is asked in real time once its batches are over.
ALTER TABLE jobs ADD COLUMN finish_now INTEGER NOT NULL DEFAULT 0;
"""

_VERSION_5 = """
-- The most that a job may cost with all its retries, in dollars; NULL where the settings say it.
ALTER TABLE jobs ADD COLUMN max_cost TEXT;
-- For how long a service is asked to keep its output files; NULL where the service decides.
ALTER TABLE jobs ADD COLUMN output_life_seconds INTEGER;
-- When the first file with answers of a part expires on the service, as that tells.
ALTER TABLE parts ADD COLUMN answers_expire_at REAL;
-- How long the answers of each job were: how many had about so many output tokens.
CREATE TABLE lengths (
    model TEXT NOT NULL,                -- as it was asked for, not as it answered
    job_id TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    prompt_type TEXT NOT NULL,          -- empty for those that are not kept apart
    about INTEGER NOT NULL,             -- tokens of one answer, rounded down
    answers INTEGER NOT NULL, output_tokens INTEGER NOT NULL,
    PRIMARY KEY (model, job_id, prompt_type, about)
) STRICT, WITHOUT ROWID;
CREATE INDEX lengths_by_job ON lengths (job_id);
-- Jobs that were taken out, until their folders are deleted.
CREATE TABLE forgotten (job_id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
-- Of earlier jobs only their average is known here.
INSERT INTO lengths
    SELECT model, job_id, '', CASE
        WHEN average < 100 THEN average / 10 * 10 WHEN average < 1000 THEN average / 50 * 50
        WHEN average < 10000 THEN average / 500 * 500 ELSE average / 5000 * 5000 END,
        answers, tokens
    FROM (
        SELECT parts.model, usage.job_id, sum(measured) AS answers, sum(output_tokens) AS tokens,
            sum(output_tokens) / sum(measured) AS average
        FROM usage JOIN parts ON parts.job_id = usage.job_id AND parts.number = usage.part
        WHERE measured > 0 GROUP BY parts.model, usage.job_id
    );
"""

VERSIONS = (_VERSION_1, _VERSION_2, _VERSION_3, _VERSION_4, _VERSION_5)
"""What each version adds, the first one first; statements end with `;` and a line break."""
