"""The ledger's file: its version, a connection for each thread, transactions."""

from __future__ import annotations

import sqlite3
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from wellspring_tui.errors import StorageError
from wellspring_tui.jobs.queries import search_words
from wellspring_tui.jobs.schema import VERSIONS
from wellspring_tui.private import make_folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

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
            db.create_function("search_words", 7, search_words, deterministic=True)
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
        version = self._version()
        self._write_ahead()
        if version < len(VERSIONS):
            with self.writing() as db:
                # Another process may have done it while this one waited for its turn.
                for statements in VERSIONS[self._version() :]:
                    for statement in statements.split(";\n"):
                        db.execute(statement)
                db.execute(f"PRAGMA user_version = {len(VERSIONS)}")

    def _version(self) -> int:
        """The version of the file's tables. Raises StorageError when it is none of ours."""
        (version,) = self.here.execute("PRAGMA user_version").fetchone()
        if version > len(VERSIONS):
            raise StorageError(
                "the ledger was written by a newer Wellspring",
                where=str(self.path),
                todo="Update Wellspring.",
            )
        return int(version)

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

    def damage(self) -> str | None:
        """What is wrong with the file, in SQLite's words; None when nothing is.

        Every page is read.
        """
        try:
            (found,) = self.here.execute("PRAGMA quick_check(1)").fetchone()
        except sqlite3.DatabaseError as error:
            return str(error)
        return None if found == "ok" else str(found)

    def close(self) -> None:
        """Close the file; a thread that is still at work closes it when it comes to its end."""
        here = threading.current_thread()
        with self._opening:
            for thread, db in self._all.items():
                # Closed in the middle of a query, SQLite takes the whole process down.
                if thread is here or not thread.is_alive():
                    db.close()
            self._all.clear()
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
