"""Tables: CSV in its dialects, and JSON objects, one a line; read as a stream.

A CSV has a line of titles. Its cells may be quoted, and then hold line breaks.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Protocol, TextIO

import msgspec

from wellspring_tui.errors import PromptsFileError
from wellspring_tui.prompts.encodings import open_utf8, refuse_broken_utf8
from wellspring_tui.prompts.model import Blank, Problem
from wellspring_tui.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

MOST_COLUMNS = 2_000
_LONGEST = 8 * 1024 * 1024
"""Characters of a cell, or of a line: more than any model reads."""

# Numbers keep the digits they were written with.
_decode = msgspec.json.Decoder(dict[str, object], float_hook=Decimal).decode
encode = msgspec.json.Encoder(decimal_format="number").encode


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table."""

    line: int
    """Where it begins, from 1."""
    cells: Mapping[str, object]
    """By column; text, but for what JSON says otherwise."""


class Table(Protocol):
    """A table that has been recognised."""

    @property
    def path(self) -> Path:
        """Where it lies."""
        ...

    @property
    def columns(self) -> tuple[str, ...]:
        """The titles of a CSV; of JSON the keys of its first objects."""
        ...

    def rows(self) -> Iterator[Row | Problem | Blank]:
        """All rows, in order. Raises PromptsFileError where reading ends."""
        ...


def text_of_cell(value: object) -> str:
    """A cell as it stands in a prompt."""
    match value:
        case str():
            return value
        case None:
            return ""
        case _:
            return encode(value).decode()


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a CSV separates its cells."""

    delimiter: str
    skips_space: bool = False
    """Whether a quote mark counts also after a space."""
    told: bool = False
    """Whether a first line, `sep=;`, tells the delimiter, as Excel writes it."""


@dataclass(frozen=True, slots=True)
class CsvTable:
    """A CSV, whatever it is separated by."""

    path: Path
    dialect: Dialect
    columns: tuple[str, ...]

    def rows(self) -> Iterator[Row | Problem | Blank]:
        """All rows below the titles."""
        records = read_csv(self.path, self.dialect)
        next(records, None)  # the titles
        width = len(self.columns)
        for line, record in records:
            if isinstance(record, Problem):
                yield record
            elif not record:
                yield Blank()
            elif len(record) != width:
                yield Problem(
                    f"the row has {_count(len(record), 'cell')}, "
                    f"the table {_count(width, 'column')}",
                    line=line,
                )
            else:
                yield Row(line, dict(zip(self.columns, record, strict=True)))


@dataclass(frozen=True, slots=True)
class JsonTable:
    """JSON objects, one a line."""

    path: Path
    columns: tuple[str, ...]

    def rows(self) -> Iterator[Row | Problem | Blank]:
        """All objects."""
        columns: set[str] = set()
        with _opened(self.path, "\n") as file:
            for line, text in enumerate(_lines(self.path, file), start=1):
                if text.isspace():
                    yield Blank()
                    continue
                found = _object(text, line)
                yield found
                if isinstance(found, Row):
                    columns.update(found.cells)
                if len(columns) > MOST_COLUMNS:
                    raise _too_many_columns(self.path)


def read_csv(path: Path, dialect: Dialect) -> Iterator[tuple[int, list[str] | Problem]]:
    """(line, cells) of every record, the titles first; an empty line has no cells.

    Raises PromptsFileError where reading ends.
    """
    csv.field_size_limit(_LONGEST)  # of the whole process, where nobody else reads CSV
    with _opened(path, "") as file:
        reader = csv.reader(
            _lines(path, file),
            delimiter=dialect.delimiter,
            skipinitialspace=dialect.skips_space,
            strict=True,  # else an open quote would take in every row that follows
        )
        if dialect.told:
            next(reader, None)
        while True:
            line = reader.line_num + 1
            try:
                record = next(reader, None)
            except csv.Error as error:
                what, goes_on = _csv_problem(str(error))
                yield line, Problem(what, line=line)
                if not goes_on:
                    return
                continue
            if record is None:
                return
            yield line, record


def titles_of(path: Path, dialect: Dialect) -> tuple[str, ...]:
    """The columns of a CSV, each with a name of its own. Raises PromptsFileError."""
    line, titles = next(read_csv(path, dialect), (1, Problem("there are no titles", line=1)))
    if isinstance(titles, Problem):
        raise PromptsFileError(
            f"line {line}: {titles.what}", where=one_line(str(path)), todo="Mend it and try again."
        )
    if len(titles) > MOST_COLUMNS:
        raise _too_many_columns(path)
    names: dict[str, None] = {}
    for number, title in enumerate(titles, start=1):
        plain = title.strip() or f"column {number}"
        name, again = plain, 2
        while name in names:
            name, again = f"{plain} ({again})", again + 1
        names[name] = None
    return tuple(names)


def text_stream(path: Path, newline: str) -> TextIO:
    """A file as text; lines end as `open` has it. Raises OSError, PromptsFileError."""
    return io.TextIOWrapper(open_utf8(path), encoding="utf-8", newline=newline)


def _opened(path: Path, newline: str) -> TextIO:
    try:
        return text_stream(path, newline)
    except OSError as error:
        raise _stopped(path, error) from None


def _lines(path: Path, file: TextIO) -> Iterator[str]:
    number = 0
    try:
        while text := file.readline(_LONGEST):
            number += 1
            if len(text) == _LONGEST and not text.endswith(("\n", "\r")):
                raise PromptsFileError(
                    f"line {number} is longer than {_LONGEST:,} characters",
                    where=one_line(str(path)),
                    todo="No model reads so much at once; shorten it.",
                )
            yield text
    except UnicodeDecodeError:
        refuse_broken_utf8(path)
        raise
    except OSError as error:
        raise _stopped(path, error) from None


def _stopped(path: Path, error: OSError) -> PromptsFileError:
    return PromptsFileError(f"reading stopped ({error.strerror})", where=one_line(str(path)))


def _too_many_columns(path: Path) -> PromptsFileError:
    return PromptsFileError(
        f"the table has more than {MOST_COLUMNS:,} columns",
        where=one_line(str(path)),
        todo="Leave out those that nobody needs.",
    )


def _object(text: str, line: int) -> Row | Problem:
    try:
        return Row(line, _decode(text))
    except msgspec.ValidationError:
        return Problem("expected an object, as on every line of this table", line=line)
    except msgspec.DecodeError:
        return Problem("the line is not valid JSON", line=line)
    except RecursionError:
        return Problem("the line is nested too deeply", line=line)


def _csv_problem(said: str) -> tuple[str, bool]:
    """What the csv module's complaint means, and whether the next line can still be read."""
    if "field limit" in said:
        return f"a cell is longer than {_LONGEST:,} characters; is a quote mark not closed?", False
    if "unexpected end" in said:
        return "a quote mark opens here that is never closed", False
    return "a quote mark within a quoted cell has to be written twice", True


def _count(number: int, word: str) -> str:
    return f"{number:,} {word}{'s' * (number != 1)}"
