"""Which answers are listed: all, those of a filter, those that hold what one looks for."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from textual.content import Content

from wellspring_tui.answers.model import Kind
from wellspring_tui.tui import look

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wellspring_tui.answers.index import AnswerIndex
    from wellspring_tui.answers.searching import Found


@dataclass(frozen=True, slots=True)
class Filter:
    """A choice of answers by what came of them."""

    kinds: frozenset[Kind]
    words: str
    empty_words: str
    """What to say when there are none."""


ALL = Filter(frozenset(Kind), "all", "This job has no requests.")
FILTERS = (
    ALL,
    Filter(
        frozenset({Kind.FAILED, Kind.MISSING}),
        "failed and missing",
        "Nothing failed or is missing. Esc lists all.",
    ),
    Filter(
        frozenset({Kind.TRUNCATED, Kind.REFUSED, Kind.OFF_SCHEMA}),
        "cut off, refused, off schema",
        "Nothing was cut off, refused or is off schema. Esc lists all.",
    ),
)
PROBLEMS = frozenset(Kind) - {Kind.ANSWERED}
PROBLEM_WORDS = "failed, is missing, was cut off, refused or is off schema"


def after(current: Filter) -> Filter:
    """The filter that comes next."""
    return FILTERS[(FILTERS.index(current) + 1) % len(FILTERS)]


def rows_of(index: AnswerIndex, wanted: Filter) -> list[int]:
    """The rows of a filter, looked for in a thread, through a connection of its own."""
    with index.reader() as own:
        return own.rows_where(wanted.kinds)


@dataclass(frozen=True)
class Chosen:
    """The rows in the list."""

    total: int
    """How many requests the job has."""
    filter: Filter = ALL
    filtered: Sequence[int] = ()
    """The rows of the filter, unless it is `ALL`."""
    found: Found | None = None
    """What the search has found, while there is one."""

    @cached_property
    def rows(self) -> Sequence[int]:
        """All that are listed, ascending."""
        if self.found is None:
            return range(self.total) if self.filter is ALL else self.filtered
        if self.filter is ALL:
            return self.found.rows
        wanted = set(self.filtered)
        return [row for row in self.found.rows if row in wanted]

    @property
    def is_narrow(self) -> bool:
        """Whether some are left out."""
        return self.found is not None or self.filter is not ALL

    @property
    def narrowing(self) -> tuple[str, bool]:
        """What leaves others out, whatever has come in since."""
        return self.filter.words, self.found is not None

    @property
    def hits(self) -> Mapping[int, int]:
        """How often the words stand in the answers that are listed."""
        return {} if self.found is None else self.found.hits_by_row

    @cached_property
    def hit_count(self) -> int:
        """How often the words stand in all that are listed."""
        if self.found is not None and self.filter is ALL:
            return self.found.hits
        return sum(self.hits[row] for row in self.rows)

    def step(self, row: int, step: int) -> int | None:
        """The listed row that comes after or before `row`; None at the end."""
        place = bisect_left(self.rows, row)
        is_there = place < len(self.rows) and self.rows[place] == row
        wanted = place + step if is_there or step < 0 else place
        return self.rows[wanted] if 0 <= wanted < len(self.rows) else None

    def next_of(
        self, index: AnswerIndex, kinds: frozenset[Kind], row: int, step: int
    ) -> int | None:
        """The nearest listed row of these kinds behind or before `row`, round the end."""
        if not self.is_narrow:
            return index.next_row(kinds, row, backwards=step < 0)
        listed = set(self.rows)
        rows = [one for one in index.rows_where(kinds) if one in listed]
        if not rows:
            return None
        if step < 0:
            return rows[bisect_left(rows, row) - 1]
        return rows[bisect_right(rows, row) % len(rows)]

    def nearest(self, row: int) -> int | None:
        """`row`, or the next that is listed, round the end; None when none is."""
        if not self.rows:
            return None
        return self.rows[bisect_left(self.rows, row) % len(self.rows)]

    @property
    def empty_words(self) -> str:
        """What to say when nothing is listed."""
        if self.found is not None:
            return "Nothing here has these words. Esc clears the search."
        return self.filter.empty_words

    def chip(self, *, hint: bool) -> Content | None:
        """What is left out, in words: `12 of 5,000 · failed and missing`."""
        if self.filter is ALL:
            return None
        key = " · f" if hint else ""
        return Content.assemble(
            (f"{len(self.filtered):,} of {self.total:,}", "bold $text-accent"),
            (f" · {self.filter.words}{key}", look.QUIET),
        )
