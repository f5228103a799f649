"""A glance at the ledger for a shell that completes a word: quick, read only, never an error."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from pathlib import Path

_MOST = 200
_PATIENCE_SECONDS = 0.2


def newest_jobs(ledger: Path, start: str = "") -> list[tuple[str, str]]:
    """Ids and names of the newest jobs whose ids start so; none where nothing can be read."""
    if not ledger.is_file():
        return []
    try:
        with closing(_opened(ledger)) as db:
            return db.execute(
                """
                SELECT id, name FROM jobs WHERE substr(id, 1, length(:start)) = :start
                ORDER BY created_at DESC LIMIT :most
                """,
                {"start": start, "most": _MOST},
            ).fetchall()
    except sqlite3.Error:
        return []  # a person in the middle of a line has no use for a complaint


def _opened(ledger: Path) -> sqlite3.Connection:
    """A connection that makes no files beside the ledger.

    Opened read only, SQLite still makes the two files of its log, unless they are there
    or it may take the ledger for one that nobody writes.
    """
    alone = not ledger.with_name(f"{ledger.name}-wal").exists()
    address = f"file:{quote(str(ledger.absolute()))}?mode=ro{'&immutable=1' if alone else ''}"
    return sqlite3.connect(address, uri=True, timeout=_PATIENCE_SECONDS)
