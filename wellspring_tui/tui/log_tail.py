"""The end of the log, read as it grows."""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from textual.content import Content

from wellspring_tui.errors import StorageError
from wellspring_tui.tui import look
from wellspring_tui.tui.widgets.table_model import Column, Row

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

READ_BYTES = 2_000_000
"""No more than this of what was there before is read."""
KEPT_RECORDS = 20_000

# As the log writes its first lines; whatever comes before the next belongs to the same record.
_RECORD = re.compile(r"(\S+Z) ([A-Z]+) +(\d+) (.*)")
_LOOKS = {
    "DEBUG": ("·", look.QUIET),
    "INFO": ("○", ""),
    "WARNING": ("▲", look.WARN),
    "ERROR": ("×", look.BAD),
    "CRITICAL": ("×", look.BAD),
}
_BAD = ("ERROR", "CRITICAL")
LEVELS = {"all": tuple(_LOOKS), "warnings": ("WARNING", *_BAD), "errors": _BAD}
"""What the filter lets through, by its name."""

COLUMNS = (
    Column("at", "Time", 14),
    Column("level", "Level", 9, priority=1),
    Column("text", "What happened", 20, flexible=True),
)


@dataclass(frozen=True, slots=True)
class Record:
    """One thing that happened."""

    number: int
    """Counts on from the first that was read."""
    at: datetime | None
    level: str
    process: str
    text: str

    @property
    def first_line(self) -> str:
        """What happened, without what follows below it."""
        return self.text.partition("\n")[0]


class Tail:
    """Reads the end of a file, and later what was added to it. For one thread at a time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.records: list[Record] = []
        self._inode = 0
        self._offset = 0
        self._count = 0

    def read(self) -> bool:
        """Read what is new; whether there was anything. Raises StorageError."""
        try:
            return self._read()
        except FileNotFoundError:
            return False
        except OSError as error:
            raise StorageError(
                f"it can't be read ({error.strerror})", where=str(self.path)
            ) from None

    def _read(self) -> bool:
        with self.path.open("rb") as file:
            about = self.path.stat()
            size = file.seek(0, 2)
            is_another = about.st_ino != self._inode or size < self._offset
            if is_another:  # the first look, or the file before was put aside
                self._inode, self._offset = about.st_ino, max(0, size - READ_BYTES)
            file.seek(self._offset)
            added = file.read(READ_BYTES)
        whole, newline, _ = added.rpartition(b"\n")
        if not newline:
            return False
        is_cut = is_another and self._offset > 0
        self._offset += len(whole) + 1
        self._add(whole.decode("utf-8", "replace"), is_cut=is_cut)
        return True

    def _add(self, text: str, *, is_cut: bool) -> None:
        lines = text.split("\n")[is_cut:]
        for line in lines:
            found = _RECORD.fullmatch(line)
            if found is not None:
                at, level, process, what = found.groups()
                self.records.append(Record(self._count, _time(at), level, process, what))
                self._count += 1
            elif self.records:
                self.records[-1] = _longer(self.records[-1], line)
        del self.records[:-KEPT_RECORDS]


def _longer(record: Record, line: str) -> Record:
    text = f"{record.text}\n{line}"
    return Record(record.number, record.at, record.level, record.process, text)


def _time(written: str) -> datetime | None:
    try:
        return datetime.strptime(written, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
    except ValueError:
        return None


def chosen(records: Sequence[Record], levels: str, words: str) -> list[Record]:
    """The records of some levels that hold some words, whatever their case."""
    wanted, sought = LEVELS[levels], words.casefold()
    return [
        record
        for record in records
        if (levels == "all" or record.level in wanted) and sought in record.text.casefold()
    ]


class LogRows:
    """Records as rows of a table, newest last."""

    def __init__(self, records: Sequence[Record]) -> None:
        self._records = records
        self._numbers = [record.number for record in records]

    def __len__(self) -> int:
        return len(self._records)

    def page(self, start: int, stop: int) -> Sequence[Row]:
        """Some of the rows."""
        return [_row(record) for record in self._records[start:stop]]

    def position(self, key: str) -> int | None:
        """Where a record stands now."""
        number = int(key)
        at = bisect_left(self._numbers, number)
        return at if at < len(self._numbers) and self._numbers[at] == number else None

    def record(self, key: str) -> Record | None:
        """The record of a row."""
        at = self.position(key)
        return None if at is None else self._records[at]


def _row(record: Record) -> Row:
    colour = _LOOKS.get(record.level, ("?", look.WARN))[1]
    what = Content(record.first_line)
    return Row(
        str(record.number),
        (
            Content.styled(f"{record.at.astimezone():%m-%d %H:%M:%S}", look.QUIET)
            if record.at
            else "",
            _level(record.level),
            what.stylize(colour) if colour else what,
        ),
    )


def _level(name: str) -> Content:
    glyph, colour = _LOOKS.get(name, ("?", look.WARN))
    level = Content(f"{glyph} {name.lower()}")
    return level.stylize(colour) if colour else level


def record_lines(record: Record) -> list[Content]:
    """A record in full: when, by which process, and every line of it."""
    at = f"{record.at.astimezone():%Y-%m-%d %H:%M:%S}" if record.at else "at some time"
    head = Content.assemble(
        _level(record.level), (f" · {at} · process {record.process}", look.QUIET)
    )
    return [head, *map(Content, record.text.split("\n"))]
