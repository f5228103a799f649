"""Is this a table, and of which kind? The start of a file tells."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

import msgspec

from wellspring_tui.prompts.encodings import open_utf8
from wellspring_tui.prompts.tables import CsvTable, Dialect, JsonTable, titles_of

if TYPE_CHECKING:
    from pathlib import Path


_DELIMITERS = (",", ";", "\t")
_LOOKED_AT = 200
"""Records of the start by which a dialect is judged."""
_LONGEST_TITLE = 60
_USUALLY = 0.5
"""In a table some rows may be broken, and are told of; half of them are not."""
_SENTENCE_END = re.compile(r"[.!?…:]\s*$")
_SUFFIXES = (".csv", ".tsv")
_TOLD = re.compile(r"sep=([,;\t])\r?\n")
_FIRST_OBJECT_BYTES = 4 * 1024 * 1024
"""A longer first line is not looked at: it would be read of every file in a list."""

_OF_PROMPTS = "batch_prompts"
_OF_REQUESTS = frozenset({"custom_id", "method", "url", "body"})
_decode = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


@dataclass(frozen=True, slots=True)
class _Look:
    """The records of a start as one dialect has them."""

    dialect: Dialect
    titles: list[str]
    fitting: float
    """The share of the rows that have as many cells as there are titles; 0 without rows."""

    @property
    def rank(self) -> tuple[bool, float, int]:
        """What speaks for this dialect: that all rows are broken is likelier than one column."""
        several = len(self.titles) > 1 and (self.fitting > 0 or self.has_names)
        return several, self.fitting, len(self.titles)

    @property
    def has_names(self) -> bool:
        """Whether the titles look like names, and not like prose."""
        return any(map(str.strip, self.titles)) and all(
            len(title) <= _LONGEST_TITLE and not _SENTENCE_END.search(title)
            for title in self.titles
        )

    @property
    def is_surely_a_table(self) -> bool:
        """Whether nobody would take it for prose, a list or a program."""
        return len(self.titles) > 1 and self.has_names and self.fitting >= _USUALLY


def csv_table(path: Path, head: str, *, whole: bool, wanted: bool) -> CsvTable | None:
    """The CSV that begins with `head`, or is it if `whole`; None when it is none.

    A table is `wanted` when a template is there for it: then one column is enough. So it is
    when the file's name says what its content leaves open. Raises PromptsFileError for
    titles that can't be read.
    """
    told = _TOLD.match(head)
    delimiters = (told[1],) if told else _DELIMITERS
    start = head[told.end() :] if told else head
    looks = [
        look
        for delimiter in delimiters
        for skips_space in (False, True)
        if (look := _look(start, Dialect(delimiter, skips_space, told is not None), whole=whole))
    ]
    best = max(looks, key=lambda look: look.rank, default=None)
    if best is None:
        return None
    if not (wanted or path.suffix.lower() in _SUFFIXES or best.is_surely_a_table):
        return None
    return CsvTable(path, best.dialect, titles_of(path, best.dialect))


def _look(start: str, dialect: Dialect, *, whole: bool) -> _Look | None:
    reader = csv.reader(
        io.StringIO(start, newline=""),
        delimiter=dialect.delimiter,
        skipinitialspace=dialect.skips_space,
    )
    try:
        records = [record for record in islice(reader, _LOOKED_AT) if record]
    except csv.Error:
        return None
    if not whole and len(records) > 1:
        records.pop()  # it may be cut
    if not records:
        return None
    titles, *rows = records
    fitting = sum(1 for row in rows if len(row) == len(titles)) / len(rows) if rows else 0.0
    if dialect.skips_space and not _quoted_after_space(start, dialect.delimiter):
        return None
    return _Look(dialect, titles, fitting)


def _quoted_after_space(start: str, delimiter: str) -> bool:
    """Whether a cell begins with a space and a quote mark: else that space is a cell's own."""
    records = csv.reader(io.StringIO(start, newline=""), delimiter=delimiter)
    return any(cell.startswith(' "') for record in records for cell in record)


def json_table(path: Path, head: bytes, *, whole: bool, wanted: bool) -> JsonTable | None:
    """The table of objects, one a line, that begins with `head`; None when it is none.

    Of a file with a single object nobody can tell, unless a table is `wanted`.
    """
    if not whole and b"\n" not in head:
        head = _first_lines(path)
    lines = [line for line in head.split(b"\n", _LOOKED_AT)[:_LOOKED_AT] if line.strip()]
    first, *others = lines
    keys = keys_of(first)
    if not keys or _OF_PROMPTS in keys or is_request(first):
        return None
    if others and not others[0].lstrip().startswith(b"{"):
        return None
    if not others and not (wanted and whole):
        return None
    columns = dict.fromkeys(keys)
    for line in others:
        columns.update(dict.fromkeys(keys_of(line) or ()))
    return JsonTable(path, tuple(columns))


_NOTHING = msgspec.Raw(b"null")


class _Request(msgspec.Struct):
    """Only where the values stand: a number such as `1e999` could not be read."""

    custom_id: msgspec.Raw = _NOTHING
    method: msgspec.Raw = _NOTHING
    url: msgspec.Raw = _NOTHING
    body: msgspec.Raw = _NOTHING


def is_request(line: bytes) -> bool:
    """Whether the object on a line is a batch request, perhaps a broken one.

    A table may well have a column `url` or `body` of its own.
    """
    keys = keys_of(line)
    if not keys or _OF_REQUESTS.isdisjoint(keys):
        return False
    request = msgspec.json.decode(line, type=_Request)
    body = bytes(request.body)[:1]
    if body == b'"':
        return False
    named = (request.custom_id, request.method, request.url)
    return body == b"{" or _OF_REQUESTS.issuperset(keys) or _NOTHING not in named


def _first_lines(path: Path) -> bytes:
    """A first line that is longer than the head, and what begins the second one."""
    with open_utf8(path) as file:
        return file.read(_FIRST_OBJECT_BYTES)


def keys_of(line: bytes) -> list[str] | None:
    """The keys of the object on a line; None when it is no object."""
    try:
        return list(_decode(line))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
