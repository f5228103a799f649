"""Aligned plain columns, as `ps` and `ls -l` print them."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_GAP = "  "
_WIDE = frozenset("WF")
_NO_WIDTH = frozenset(("Mn", "Me", "Cf"))


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its title and its values, each a single safe line."""

    title: str
    values: Sequence[str]
    right: bool = False
    least: int | None = None
    """How narrow it may get where the terminal is; None: it is never cut."""
    can_go: bool = False
    """Whether it is left out where the terminal is too narrow all the same."""

    @property
    def width(self) -> int:
        """In cells."""
        return max(cells(text) for text in (self.title, *self.values))


def table(columns: list[Column], width: int | None, indent: str = "") -> Iterator[str]:
    """The lines of a table, its titles first; made to fit `width` cells if it can be."""
    fitting, widths = _fitted(columns, width)
    for row in zip(*((column.title, *column.values) for column in fitting), strict=True):
        fields = (
            _padded(_cut(text, room), room, right=column.right)
            for text, room, column in zip(row, widths, fitting, strict=True)
        )
        yield (indent + _GAP.join(fields)).rstrip()


def _fitted(columns: list[Column], width: int | None) -> tuple[list[Column], list[int]]:
    widths = [column.width for column in columns]
    if width is None:
        return columns, widths
    excess = sum(widths) + len(_GAP) * (len(widths) - 1) - width
    for place, column in enumerate(columns):
        if column.least is None or excess <= 0:
            continue
        given = min(excess, max(0, widths[place] - column.least))
        widths[place] -= given
        excess -= given
    staying = [column for column in columns if not column.can_go]
    return (columns, widths) if excess <= 0 or staying == columns else _fitted(staying, width)


def cells(text: str) -> int:
    """How many cells of a terminal `text` takes."""
    return len(text) if text.isascii() else sum(map(_cells, text))


def _cells(character: str) -> int:
    if unicodedata.category(character) in _NO_WIDTH:
        return 0
    return 2 if unicodedata.east_asian_width(character) in _WIDE else 1


def _cut(text: str, room: int) -> str:
    if cells(text) <= room:
        return text
    while cells(text) > room - 1:
        text = text[:-1]
    return f"{text}…"


def _padded(text: str, room: int, *, right: bool) -> str:
    spaces = " " * (room - cells(text))
    return spaces + text if right else text + spaces
