"""Where the headings and the requests of a job stand in its list, some of them folded away."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence


@dataclass(frozen=True, slots=True)
class Stretch:
    """Requests that follow each other in the list: places `start` to `stop` of the chosen ones."""

    position: int
    start: int
    stop: int


class Layout:
    """The lines of the list: each section that has chosen requests, and these below it.

    A line is a heading or a request. Requests go by their row in the job.
    """

    def __init__(
        self, firsts: Sequence[int], chosen: Sequence[int], folded: Collection[int] = frozenset()
    ) -> None:
        """`firsts`: the row each section begins with, ascending; `folded`: sections closed.

        `chosen` are rows, ascending; a `range` when all are.
        """
        self._firsts = firsts
        self._chosen = chosen
        self._folded = folded
        self.sections: list[int] = []
        """The sections that are shown, by their place in `firsts`."""
        self._headings: list[int] = []
        """Where each of them has its heading."""
        self._starts: list[int] = []
        """The place among the chosen where each of them begins."""
        self._lines = 0
        start = 0
        while start < len(chosen):
            section = bisect_right(firsts, chosen[start]) - 1
            is_last = section + 1 >= len(firsts)
            stop = len(chosen) if is_last else bisect_left(chosen, firsts[section + 1], start)
            self.sections.append(section)
            self._headings.append(self._lines)
            self._starts.append(start)
            self._lines += 1 if section in folded else 1 + stop - start
            start = stop

    def __len__(self) -> int:
        return self._lines

    def headings(self, start: int, stop: int) -> Iterator[tuple[int, int]]:
        """Position and section of the headings in lines `start` to `stop`."""
        for shown in range(bisect_left(self._headings, start), bisect_left(self._headings, stop)):
            yield self._headings[shown], self.sections[shown]

    def stretches(self, start: int, stop: int) -> Iterator[Stretch]:
        """The requests in lines `start` to `stop`."""
        first = max(0, bisect_right(self._headings, start) - 1)
        for shown in range(first, bisect_left(self._headings, stop)):
            if self.sections[shown] in self._folded:
                continue
            below = self._headings[shown] + 1
            from_line, to_line = max(start, below), min(stop, below + self._count(shown))
            if from_line < to_line:
                place = self._starts[shown] - below
                yield Stretch(from_line, place + from_line, place + to_line)

    def position_of_heading(self, section: int) -> int | None:
        """Where a section's heading is; None when it has nothing chosen."""
        shown = bisect_left(self.sections, section)
        is_shown = shown < len(self.sections) and self.sections[shown] == section
        return self._headings[shown] if is_shown else None

    def position_of(self, row: int) -> int | None:
        """Where a request is; None when it was not chosen or is folded away."""
        place = bisect_left(self._chosen, row)
        if place == len(self._chosen) or self._chosen[place] != row:
            return None
        shown = bisect_right(self._starts, place) - 1
        if self.sections[shown] in self._folded:
            return None
        return self._headings[shown] + 1 + place - self._starts[shown]

    def section_of(self, row: int) -> int:
        """The section that a request belongs to."""
        return bisect_right(self._firsts, row) - 1

    def section_at(self, position: int) -> int | None:
        """The section that the line at `position` belongs to; None without lines."""
        shown = bisect_right(self._headings, position) - 1
        return self.sections[shown] if 0 <= shown < len(self.sections) else None

    def is_folded(self, section: int) -> bool:
        """Whether the requests of a section are hidden."""
        return section in self._folded

    def count(self, section: int) -> int:
        """How many requests of a section were chosen."""
        shown = bisect_left(self.sections, section)
        is_shown = shown < len(self.sections) and self.sections[shown] == section
        return self._count(shown) if is_shown else 0

    def _count(self, shown: int) -> int:
        is_last = shown + 1 == len(self._starts)
        stop = len(self._chosen) if is_last else self._starts[shown + 1]
        return stop - self._starts[shown]
