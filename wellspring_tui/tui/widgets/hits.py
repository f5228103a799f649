"""Where the words that one looks for stand in the rows of a text."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

from wellspring_tui.finding import pattern

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


@dataclass(frozen=True, slots=True)
class Part:
    """The part of a hit that stands in one row: the characters `start` up to `end`."""

    hit: int
    row: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Hits:
    """All hits of one search."""

    rows: tuple[int, ...]
    """The row that each hit starts in."""
    parts: dict[int, tuple[Part, ...]]
    """What to highlight, by row."""


NO_HITS = Hits((), {})


def find(query: str, rows: Sequence[str]) -> Hits:
    """Find `query` in the rows, whatever the case and wherever a row was broken.

    Between the words of the query any white space will do. Joined, the rows are the text.
    """
    wanted = pattern(query)
    if wanted is None:
        return NO_HITS
    starts = [0, *accumulate(map(len, rows))]
    first_rows: list[int] = []
    parts: dict[int, list[Part]] = {}
    for hit, match in enumerate(wanted.finditer("".join(rows))):
        first_rows.append(bisect_right(starts, match.start()) - 1)
        for part in _parts(hit, match.start(), match.end(), starts):
            parts.setdefault(part.row, []).append(part)
    return Hits(tuple(first_rows), {row: tuple(found) for row, found in parts.items()})


def _parts(hit: int, start: int, end: int, starts: Sequence[int]) -> Iterator[Part]:
    row = bisect_right(starts, start) - 1
    while starts[row] < end:
        row_start = starts[row]
        yield Part(
            hit, row, max(start, row_start) - row_start, min(end, starts[row + 1]) - row_start
        )
        row += 1
        if row == len(starts) - 1:
            return
