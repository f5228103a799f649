"""Holding answers against the JSON Schema that they were asked to fit.

The requests of a job say by which schema: most jobs have one for all.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import msgspec

from wellspring_tui.answers.lines import decode_line
from wellspring_tui.answers.texts import text_of_response
from wellspring_tui.errors import InputError
from wellspring_tui.fitting import Fitting

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

    from wellspring_tui.answers.model import Outcome

SCHEMA = """
CREATE TABLE schemas (
    id INTEGER PRIMARY KEY, text BLOB NOT NULL UNIQUE
) STRICT
"""
_KEPT = 256
"""A job may have as many schemas as requests; no more than these are held ready."""


class _Message(msgspec.Struct, gc=False):
    content: str | None = None
    tool_calls: list[msgspec.Raw] | None = None


class _Choice(msgspec.Struct, gc=False):
    message: _Message


class _Part(msgspec.Struct, gc=False):
    type: str | None = None
    text: str | None = None


class _Item(msgspec.Struct, gc=False):
    type: str | None = None
    content: list[_Part] | None = None


class _Body(msgspec.Struct, gc=False):
    choices: list[_Choice] | None = None
    output: list[_Item] | None = None


class _Response(msgspec.Struct, gc=False):
    body: _Body


class _Line(msgspec.Struct, gc=False):
    response: _Response


_decode = msgspec.json.Decoder(_Line).decode


class Schemas:
    """The schemas of an index, each once, by a number."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._ids: dict[bytes, int] = {}

    def id_of(self, schema: bytes | None) -> int | None:
        """The number of a schema, which is kept from now on; None for none."""
        if schema is None:
            return None
        known = self._ids.get(schema)
        if known is not None:
            return known
        self._db.execute("INSERT OR IGNORE INTO schemas (text) VALUES (?)", (schema,))
        (added,) = self._db.execute("SELECT id FROM schemas WHERE text = ?", (schema,)).fetchone()
        if len(self._ids) >= _KEPT:
            self._ids.clear()
        self._ids[schema] = added
        return int(added)


def has_schemas(db: sqlite3.Connection) -> bool:
    """Whether any answer is asked to fit a schema."""
    return db.execute("SELECT 1 FROM schemas LIMIT 1").fetchone() is not None


class Checks:
    """Tells which answers of a job do not fit their schema."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._fitting = lru_cache(_KEPT)(self._read)
        self.any = has_schemas(db)
        """Whether there is anything to check."""
        rows = db.execute("SELECT DISTINCT schema FROM requests").fetchall() if self.any else []
        self._of_all = rows[0][0] if len(rows) == 1 else None

    def off_schema(self, outcome: Outcome, raw: bytes) -> str | None:
        """What is wrong with an answer; None when it fits, or is not to be held against one.

        What was cut off or refused does not fit either, and has its own flag.
        """
        if not outcome.answered or outcome.ended_early:
            return None
        fitting = self._fitting_of(outcome.custom_id)
        if fitting is None:
            return None
        misfits = (fitting.misfit(text) for text in _texts(raw))
        return next(filter(None, misfits), None)

    def _fitting_of(self, custom_id: str) -> Fitting | None:
        if self._of_all is not None:
            return self._fitting(self._of_all)
        row = self._db.execute(
            "SELECT schema FROM requests WHERE custom_id = ?", (custom_id,)
        ).fetchone()
        return None if row is None or row[0] is None else self._fitting(row[0])

    def _read(self, schema_id: int) -> Fitting | None:
        """None for a schema that a ready-made request brought and that makes no sense."""
        (text,) = self._db.execute("SELECT text FROM schemas WHERE id = ?", (schema_id,)).fetchone()
        try:
            schema = msgspec.json.decode(text)
            return Fitting(schema) if isinstance(schema, dict) else None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, InputError):
            return None


def _texts(raw: bytes) -> Iterator[str]:
    """What is to fit the schema: the text of each choice. A call of a tool need not."""
    try:
        body = _decode(raw).response.body
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        yield text_of_response(decode_line(raw))
        return
    for choice in body.choices or ():
        if not choice.message.tool_calls:
            yield choice.message.content or ""
    if body.output is not None and not any(map(_is_call, body.output)):
        parts = (part for item in body.output for part in item.content or ())
        yield "".join(part.text or "" for part in parts if part.type == "output_text")


def _is_call(item: _Item) -> bool:
    return item.type is not None and item.type.endswith("_call")
