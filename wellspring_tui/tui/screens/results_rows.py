"""Answers as rows under their sections, and usage as lines."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from textual.content import Content

from wellspring_tui import figures
from wellspring_tui.answers.model import State
from wellspring_tui.text import one_line
from wellspring_tui.tui import look
from wellspring_tui.tui.widgets.table_model import Column, Row

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wellspring_tui.answers.index import AnswerIndex
    from wellspring_tui.answers.model import Answer, SectionTotals, Totals

COLUMNS = (
    Column("prompt", "Prompt", 20, flexible=True),
    Column("outcome", "Outcome", 8, priority=2),
    Column("tokens", "Tokens", 6, align="right", priority=1),
)
_BAR_CELLS = 24


class AnswerRows:
    """All requests of a job, each section under its heading, a page at a time."""

    def __init__(self, index: AnswerIndex, *, expected: bool) -> None:
        """`expected`: answers may still come."""
        self._index = index
        self._expected = expected
        self._sections = index.sections()
        # A section's heading stands before its first request, and after all earlier headings.
        self._headings = [section.first + at for at, section in enumerate(self._sections)]
        self._length = len(index) + len(self._sections)

    def __len__(self) -> int:
        return self._length

    def page(self, start: int, stop: int) -> Sequence[Row]:
        """Rows `start` to `stop`."""
        before = bisect_right(self._headings, start - 1)
        within = bisect_right(self._headings, stop - 1)
        rows = [
            answer_row(a, expected=self._expected)
            for a in self._index.answers(start - before, stop - within)
        ]
        for at in range(before, within):
            rows.insert(self._headings[at] - start, _heading_row(at, self._sections[at]))
        return rows

    def position(self, key: str) -> int | None:
        """Where a request (by custom_id) or a section's heading stands."""
        if key.startswith("section:"):
            at = int(key.removeprefix("section:"))
            return self._headings[at] if at < len(self._headings) else None
        answer = self._index.answer(key)
        if answer is None:
            return None
        firsts = [section.first for section in self._sections]
        return answer.number + bisect_right(firsts, answer.number)


class UnansweredRows:
    """Only the requests that failed or are missing, without headings."""

    def __init__(self, index: AnswerIndex, *, expected: bool) -> None:
        self._index = index
        self._expected = expected
        self._numbers = sorted([*index.rows_in(State.FAILED), *index.rows_in(State.MISSING)])

    def __len__(self) -> int:
        return len(self._numbers)

    def page(self, start: int, stop: int) -> Sequence[Row]:
        """Rows `start` to `stop`."""
        return [
            answer_row(answer, expected=self._expected)
            for number in self._numbers[start:stop]
            for answer in self._index.answers(number, number + 1)
        ]

    def position(self, key: str) -> int | None:
        """Where a request stands, by its custom_id."""
        answer = self._index.answer(key)
        if answer is None or answer.number not in self._numbers:
            return None
        return self._numbers.index(answer.number)


def answer_row(answer: Answer, *, expected: bool) -> Row:
    """One line of the list."""
    tokens = figures.tokens(answer.usage.total_tokens) if answer.usage.total_tokens else ""
    sign, word = look.outcome(answer, expected=expected)
    return Row(answer.custom_id, (sign + f" {one_line(answer.prompt_type)}", word, tokens))


def _heading_row(at: int, section: SectionTotals) -> Row:
    totals = section.totals
    done = f"{totals.answered:,}/{totals.requests:,} · {figures.tokens(totals.usage.total_tokens)}"
    return Row(f"section:{at}", (section.name, done), heading=True)


def totals_line(totals: Totals, cost: str) -> Content:
    """The whole job in one line: three numbers, tokens, cost."""
    failed = Content.styled(f"{totals.failed:,} failed", look.BAD if totals.failed else look.QUIET)
    missing = Content.styled(
        f"{totals.missing:,} missing", look.WARN if totals.missing else look.QUIET
    )
    usage = totals.usage
    tokens = (
        f"{usage.input_tokens:,} in + {usage.output_tokens:,} out = {usage.total_tokens:,} tokens"
    )
    return Content.assemble(
        (f"{totals.answered:,} answered", look.GOOD),
        " · ",
        failed,
        " · ",
        missing,
        (f" · {tokens} · {cost}", look.QUIET),
    )


def usage_lines(answer: Answer | None, index: AnswerIndex) -> Iterator[Content]:
    """Tokens of the answer under the cursor, of each section as a chart, and of the job."""
    if answer is not None and answer.state is State.ANSWERED:
        usage = answer.usage
        yield Content.styled("This answer", "bold $text-primary")
        cached = f" ({usage.cached_tokens:,} cached)" if usage.cached_tokens else ""
        thought = f" ({usage.reasoning_tokens:,} reasoning)" if usage.reasoning_tokens else ""
        yield look.labelled("input", f"{usage.input_tokens:,}{cached}")
        yield look.labelled("output", f"{usage.output_tokens:,}{thought}")
        yield look.labelled("total", f"{usage.total_tokens:,}")
        yield Content("")
    sections = index.sections()
    most = max((section.totals.usage.total_tokens for section in sections), default=0) or 1
    yield Content.styled("Sections", "bold $text-primary")
    for section in sections:
        usage = section.totals.usage
        cells = usage.total_tokens * _BAR_CELLS // most
        yield Content(one_line(section.name, 60))
        yield Content.assemble(
            ("━" * cells, look.BUSY),
            ("─" * (_BAR_CELLS - cells), look.QUIET),
            f" {usage.total_tokens:>9,}",
            (f"  {usage.input_tokens:,} in, {usage.output_tokens:,} out", look.QUIET),
        )
    total = index.totals().usage
    yield Content("")
    yield Content.styled("Job", "bold $text-primary")
    yield look.labelled("input", f"{total.input_tokens:,}")
    yield look.labelled("output", f"{total.output_tokens:,}")
    yield look.labelled("total", f"{total.total_tokens:,}")
