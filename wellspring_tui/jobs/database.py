"""The ledger's file: its schema, a connection for each thread, transactions."""

from __future__ import annotations

import sqlite3
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from wellspring_tui.errors import StorageError
from wellspring_tui.private import make_folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_SCHEMA = """
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
_VERSION = 1
_TRIES = 100
_TRY_AGAIN_SECONDS = 0.02


class Database:
    """The SQLite file behind the ledger. Raises StorageError when it can't be opened."""

    def __init__(self, path: Path) -> None:
        make_folder(path.parent)
        self.path = path
        # Transactions belong to a connection, so every thread needs one of its own.
        self._own = threading.local()
        self._all: dict[threading.Thread, sqlite3.Connection] = {}
        self._opening = threading.Lock()
        try:
            path.touch(mode=0o600)  # SQLite's own files beside it take its mode
            path.chmod(0o600)
            self._prepare()
        except (sqlite3.Error, OSError) as error:
            raise StorageError(
                f"the ledger can't be opened ({error})",
                where=str(path),
                todo="Check the file, or choose another place with --home.",
            ) from None

    @property
    def here(self) -> sqlite3.Connection:
        """This thread's connection."""
        db: sqlite3.Connection | None = getattr(self._own, "db", None)
        if db is None:
            db = sqlite3.connect(
                self.path, timeout=30, isolation_level=None, check_same_thread=False
            )
            db.row_factory = sqlite3.Row
            # SQLite's own lower() knows ASCII only.
            db.create_function("folded", 1, str.casefold, deterministic=True)
            # NORMAL would lose the last steps in a power cut, and with them a paid batch.
            db.execute("PRAGMA synchronous = FULL")
            db.execute("PRAGMA foreign_keys = ON")
            self._own.db = db
            self._keep(db)
        return db

    def _keep(self, db: sqlite3.Connection) -> None:
        """Remember this thread's connection, and close those of threads that have ended.

        Threads come and go by the thousand in a long run, and each connection holds files open.
        """
        with self._opening:
            for thread in [thread for thread in self._all if not thread.is_alive()]:
                self._all.pop(thread).close()
            self._all[threading.current_thread()] = db

    def _prepare(self) -> None:
        version = self.here.execute("PRAGMA user_version").fetchone()[0]
        if version > _VERSION:
            raise StorageError(
                "the ledger was written by a newer Wellspring",
                where=str(self.path),
                todo="Update Wellspring.",
            )
        self._write_ahead()
        if version == 0:
            with self.writing() as db:
                if db.execute("PRAGMA user_version").fetchone()[0] == 0:
                    for statement in _SCHEMA.split(";\n"):
                        db.execute(statement)
                    db.execute(f"PRAGMA user_version = {_VERSION}")

    def _write_ahead(self) -> None:
        """Switch to a write-ahead log; SQLite does not wait for others who do the same just now."""
        for _ in range(_TRIES):
            try:
                self.here.execute("PRAGMA journal_mode = WAL")
            except sqlite3.OperationalError:
                time.sleep(_TRY_AGAIN_SECONDS)
            else:
                return
        self.here.execute("PRAGMA journal_mode = WAL")

    def close(self) -> None:
        """Close the file, in every thread that has used it."""
        with self._opening:
            while self._all:
                self._all.popitem()[1].close()
        self._own = threading.local()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction: whole or not at all."""
        try:
            self.here.execute("BEGIN IMMEDIATE")
            try:
                yield self.here
            except BaseException:
                self.here.execute("ROLLBACK")
                raise
            self.here.execute("COMMIT")
        except sqlite3.OperationalError as error:
            raise StorageError(
                f"the ledger can't be written ({error})",
                where=str(self.path),
                todo="Make room on the disk and try again.",
            ) from None
