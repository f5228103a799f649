"""The numbers of a whole job: a line for the foot of the screen, a chart for the pane."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.content import Content

from wellspring_tui import figures
from wellspring_tui.answers.model import State
from wellspring_tui.text import one_line
from wellspring_tui.tui import look
from wellspring_tui.tui.screens.answer_page import Page

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wellspring_tui.answers.model import Answer, SectionOutline, SectionTotals, Totals
    from wellspring_tui.answers.results import Results

_UNKNOWN = figures.money(None)
_BAR_CELLS = 16
_PRICED_FIRST = 64
"""Most jobs ask one model, and the first answers tell which."""


@dataclass(frozen=True, slots=True)
class Counted:
    """What takes a while to count in a large job."""

    totals: Totals
    sections: tuple[SectionTotals, ...]


def count(results: Results) -> Counted:
    """Count, in a thread, through a connection of its own.

    A price that nobody has asked for yet takes its time too; after this they are known.
    """
    with results.index.reader() as own:
        counted = Counted(own.totals(), tuple(own.sections()))
        for answer in own.answers(0, _PRICED_FIRST):
            results.cost(answer)
    return counted


def cost_of(results: Results, answer: Answer) -> str:
    """What one answer cost, as people read it; empty where there was nothing to pay."""
    if answer.state is not State.ANSWERED:
        return ""
    dollars = results.cost(answer)
    return "free" if dollars == 0 else figures.money(dollars)


def totals_line(totals: Totals, cost: str) -> Content:
    """The whole job in one line: three numbers, what asks for a look, cost, tokens."""

    def told(number: int, word: str, colour: str) -> Content:
        return Content.styled(f"{number:,} {word}", colour if number else look.QUIET)

    flagged = [told(number, word, look.WARN) for number, word in totals.flags]
    usage = totals.usage
    tokens = f"{usage.input_tokens:,} in + {usage.output_tokens:,} out"
    paid = "cost unknown" if cost == _UNKNOWN else cost
    return Content(" · ").join(
        [
            Content.styled(f"{totals.answered:,} answered", look.GOOD),
            told(totals.failed, "failed", look.BAD),
            told(totals.missing, "missing", look.WARN),
            *flagged,
            Content.styled(f"{paid} · {tokens}", look.QUIET),
        ]
    )


def usage_lines(counted: Counted | None) -> Iterator[Content]:
    """Tokens of each section as a chart, and of the job."""
    if counted is None:
        yield Content.styled("Counting …", look.QUIET)
        return
    totals = [section.totals.usage for section in counted.sections]
    most = max((usage.total_tokens for usage in totals), default=0) or 1
    yield Content.styled("Sections", "bold $text-primary")
    for section, usage in zip(counted.sections, totals, strict=True):
        cells = usage.total_tokens * _BAR_CELLS // most
        yield Content(one_line(section.name, 60))
        yield Content.assemble(
            ("━" * cells, look.BUSY),
            ("─" * (_BAR_CELLS - cells), look.QUIET),
            f" {usage.total_tokens:>9,}",
            (f"  {usage.input_tokens:,} in, {usage.output_tokens:,} out", look.QUIET),
        )
    total = counted.totals.usage
    yield Content("")
    yield Content.styled("Job", "bold $text-primary")
    yield look.labelled("input", f"{total.input_tokens:,}")
    yield look.labelled("output", f"{total.output_tokens:,}")
    yield look.labelled("total", f"{total.total_tokens:,}")


def section_page(outline: SectionOutline, number: int, counted: Counted | None) -> Page:
    """A section of a job: what came of its requests, and the tokens of all."""
    title = Content.styled(one_line(outline.name), "bold")
    words = [f"{outline.count:,} prompts"]
    if counted is not None and number < len(counted.sections):
        totals = counted.sections[number].totals
        words = [f"{totals.answered:,} of {totals.requests:,} answered"]
        words += [f"{totals.failed:,} failed"] if totals.failed else []
        words += [f"{figures.count(totals.usage.total_tokens)} tokens"]
    facts = Content.styled(" · ".join(words), look.QUIET)
    return Page(title, (facts,), tuple(usage_lines(counted)))
