"""Answers as rows under the headings of their sections."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from textual.content import Content

from wellspring_tui import figures
from wellspring_tui.text import one_line
from wellspring_tui.tui import look
from wellspring_tui.tui.screens.results_layout import Layout
from wellspring_tui.tui.widgets.table_model import Column, Row

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from wellspring_tui.answers.index import AnswerIndex
    from wellspring_tui.answers.model import Answer, SectionOutline
    from wellspring_tui.tui.screens.results_totals import Counted

_HEADING = "\0"


@cache
def columns(*, hits: bool, schemas: bool) -> tuple[Column, ...]:
    """The columns: `hits` while there is a search, `schemas` for answers that may be off theirs."""
    found = (Column("hits", "Found", 5, align="right"),)
    return (
        Column("prompt", "Prompt", 18, flexible=True),
        *(found if hits else ()),
        Column("outcome", "Outcome", 10 if schemas else 8, priority=2),
        Column("tokens", "Tokens", 6, align="right", priority=1),
        Column("cost", "Cost", 9, align="right", priority=3),
    )


def _unknown(_answer: Answer) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Listed:
    """What the list shows of a job."""

    outline: Sequence[SectionOutline]
    chosen: Sequence[int]
    """The rows of the requests in it, ascending."""
    is_choice: bool = False
    """Some are left out."""
    counted: Counted | None = None
    hits: Mapping[int, int] | None = None
    """While there is a search: how often its words stand in the answer of a row."""
    expected: bool = False
    """What is missing may still come."""
    cost: Callable[[Answer], str] = _unknown
    """What an answer cost, as people read it."""
    empty: str = ""
    """What to say when nothing is listed."""


class AnswerRows:
    """Requests of a job, each section under its heading, a page at a time."""

    def __init__(
        self, index: AnswerIndex, listed: Listed, folded: Collection[int], *, roomy: bool = True
    ) -> None:
        """`folded`: sections of which only the heading is shown; `roomy`: headings tell tokens."""
        self._roomy = roomy
        self._index = index
        self._listed = listed
        firsts = [section.first for section in listed.outline]
        self.layout = Layout(firsts, listed.chosen, folded)

    def __len__(self) -> int:
        return len(self.layout)

    def page(self, start: int, stop: int) -> Sequence[Row]:
        """Rows `start` to `stop`."""
        rows = {
            position: self._heading(section)
            for position, section in self.layout.headings(start, stop)
        }
        for stretch in self.layout.stretches(start, stop):
            wanted = self._listed.chosen[stretch.start : stretch.stop]
            for offset, answer in enumerate(self._index.answers_at(wanted)):
                rows[stretch.position + offset] = self._row(answer)
        return [rows[position] for position in sorted(rows)]

    def position(self, key: str) -> int | None:
        """Where a request (by custom_id) or a section's heading stands."""
        section = section_of_heading(key)
        if section is not None:
            return self.layout.position_of_heading(section)
        answer = self._index.answer(key)
        return None if answer is None else self.layout.position_of(answer.number)

    def _row(self, answer: Answer) -> Row:
        listed = self._listed
        tokens = figures.tokens(answer.usage.total_tokens) if answer.usage.total_tokens else ""
        sign, word = look.outcome(answer, expected=listed.expected)
        name = sign + f" {one_line(answer.prompt_type)}"
        found = () if listed.hits is None else (f"{listed.hits.get(answer.number, 0):,}",)
        return Row(answer.custom_id, (name, *found, word, tokens, listed.cost(answer)))

    def _heading(self, section: int) -> Row:
        sign = "▸" if self.layout.is_folded(section) else "▾"
        name = Content(f"{sign} {one_line(self._listed.outline[section].name)}")
        return Row(heading_key(section), (name, self._told(section)), heading=True)

    def _told(self, section: int) -> Content:
        """Of a choice how many there are; else `2/3 ×1 · 2,778`: answered, failed, tokens."""
        listed = self._listed
        requests = listed.outline[section].count
        if listed.is_choice:
            return Content(f"{self.layout.count(section):,} of {requests:,}")
        if listed.counted is None or section >= len(listed.counted.sections):
            return Content(f"{requests:,}")
        totals = listed.counted.sections[section].totals
        failed = Content.styled(f" ×{totals.failed:,}", look.BAD) if totals.failed else Content("")
        tokens = f" · {figures.tokens(totals.usage.total_tokens)}" if self._roomy else ""
        return Content.assemble(f"{totals.answered:,}/{totals.requests:,}", failed, tokens)


def section_of_heading(key: str | None) -> int | None:
    """The section whose heading has that key; None for a request's key."""
    if key is None or not key.startswith(_HEADING):
        return None
    number = key.removeprefix(_HEADING)
    return int(number) if number.isdecimal() else None


def heading_key(section: int) -> str:
    """The key of a section's heading."""
    return f"{_HEADING}{section}"
