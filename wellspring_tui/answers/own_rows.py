"""The own columns of requests that a table's rows made: kept beside the input files.

One JSON line a request, `{"custom_id": "…", "row": {column: cell, …}}`. They are the job's
own: the table they came from may change or go. An index of such a job knows where each line
stands; any other has no table of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from wellspring_tui.answers.model import Place
from wellspring_tui.errors import StorageError

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator
    from pathlib import Path

ROWS_NAME = "rows.jsonl"
"""The file of them, in a job's folder of input files."""

_SCHEMA = (
    """
    CREATE TABLE IF NOT EXISTS own_rows (
        custom_id TEXT PRIMARY KEY, offset INTEGER NOT NULL, length INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE IF NOT EXISTS own_columns (
        position INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE
    ) STRICT
    """,
)
_encode = msgspec.json.Encoder().encode


class _Line(msgspec.Struct):
    custom_id: str
    row: msgspec.Raw


_read = msgspec.json.Decoder(_Line).decode
_keys = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_values = msgspec.json.Decoder(dict[str, Any]).decode


def line_of(custom_id: str, row: bytes) -> bytes:
    """The line that keeps a row, a JSON object, with its break."""
    return b'{"custom_id":' + _encode(custom_id) + b',"row":' + row + b"}\n"


def row_in(line: bytes, custom_id: str) -> msgspec.Raw:
    """The JSON object of a line's columns. Raises StorageError when it is another's."""
    try:
        found = _read(line)
    except (msgspec.DecodeError, UnicodeDecodeError):
        found = None
    if found is None or found.custom_id != custom_id:
        raise StorageError(
            "the columns of the table's rows are not there any more",
            where=ROWS_NAME,
            todo="The file was changed; the answers are in the output files still.",
        )
    return found.row


def as_values(row: msgspec.Raw) -> dict[str, Any]:
    """A row as plain values, by column."""
    return _values(row)


def as_texts(row: msgspec.Raw) -> dict[str, str | None]:
    """The same as texts: what JSON has besides texts as it is written, null as None."""
    return {name: _text(bytes(value)) for name, value in _keys(row).items()}


def _text(value: bytes) -> str | None:
    if value.startswith(b'"'):
        return msgspec.json.decode(value, type=str)
    return None if value == b"null" else value.decode()


def keep(db: sqlite3.Connection, path: Path) -> None:
    """Note where the rows in a file stand, in the transaction that is under way."""
    for statement in _SCHEMA:
        db.execute(statement)
    columns: dict[str, None] = {}

    def rows() -> Iterator[tuple[str, int, int]]:
        offset = 0
        with path.open("rb") as file:
            for raw in file:
                line = _read(raw)
                columns.update(dict.fromkeys(_keys(line.row)))
                yield line.custom_id, offset, len(raw)
                offset += len(raw)

    db.executemany("INSERT INTO own_rows VALUES (?, ?, ?)", rows())
    db.executemany("INSERT INTO own_columns (name) VALUES (?)", ((name,) for name in columns))


def columns(db: sqlite3.Connection) -> tuple[str, ...]:
    """All columns that any row has, in their order."""
    if not _has_rows(db):
        return ()
    return tuple(name for (name,) in db.execute("SELECT name FROM own_columns ORDER BY position"))


def places(db: sqlite3.Connection, start: int, stop: int) -> dict[int, Place]:
    """Where the rows of requests stand, by the requests' rows in the views."""
    if not _has_rows(db):
        return {}
    found = db.execute(
        """
        SELECT r.row, o.offset, o.length FROM requests r
        JOIN own_rows o ON o.custom_id = r.custom_id
        WHERE r.row >= ? AND r.row < ?
        """,
        (start, stop),
    )
    return {row: Place(ROWS_NAME, offset, length) for row, offset, length in found}


def titles(columns: Iterable[str], ours: Iterable[str]) -> list[str]:
    """What own columns are called beside ours in a table.

    One whose name is taken is called `row_NAME`.
    """
    taken = set(ours)
    found = []
    for name in columns:
        title = name
        while title in taken:
            title = f"row_{title}"
        taken.add(title)
        found.append(title)
    return found


def _has_rows(db: sqlite3.Connection) -> bool:
    kept = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'own_rows'"
    return db.execute(kept).fetchone() is not None
