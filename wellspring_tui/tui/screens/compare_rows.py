"""Two jobs side by side as rows: their prompts, and each as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content

from wellspring_tui import figures
from wellspring_tui.text import one_line
from wellspring_tui.tui import look
from wellspring_tui.tui.widgets.table_model import Column, Row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wellspring_tui.answers.comparing import Comparison, Pair, SideTotals
    from wellspring_tui.answers.model import Answer
    from wellspring_tui.jobs.model import Job
    from wellspring_tui.tui.widgets.table_model import Cell

PAIR_COLUMNS = (
    Column("prompt", "Prompt", 14, flexible=True),
    Column("left", "A", 1),
    Column("right", "B", 1),
    Column("left_tokens", "Tok. A", 6, align="right", priority=1),
    Column("right_tokens", "Tok. B", 6, align="right", priority=1),
)
SIDE_COLUMNS = (
    Column("side", "", 1),
    Column("job", "Job", 12, flexible=True),
    Column("model", "Model", 14, flexible=True),
    Column("answered", "Answered", 9, align="right"),
    Column("failed", "Failed", 6, align="right", priority=1),
    Column("tokens", "Tokens", 7, align="right", priority=2),
    Column("cost", "Cost", 9, align="right"),
    Column("median", "Median length", 13, align="right", priority=3),
)


class PairRows:
    """The prompts of both jobs, a page at a time; a key is a place in the comparison."""

    def __init__(self, comparison: Comparison, expected: tuple[bool, bool]) -> None:
        """`expected`: whether answers of either job may still come."""
        self._comparison = comparison
        self._expected = expected

    def __len__(self) -> int:
        return len(self._comparison)

    def page(self, start: int, stop: int) -> Sequence[Row]:
        """Rows `start` to `stop`."""
        return [self._row(pair) for pair in self._comparison.pairs(start, stop)]

    def position(self, key: str) -> int | None:
        """A key is the place."""
        return int(key) if int(key) < len(self._comparison) else None

    def _row(self, pair: Pair) -> Row:
        name = Content.assemble(
            one_line(pair.prompt_type), (f"  {one_line(pair.section)}", look.QUIET)
        )
        left, right = self._expected
        return Row(
            str(pair.position),
            (
                name,
                _sign(pair.left, expected=left),
                _sign(pair.right, expected=right),
                _tokens(pair.left),
                _tokens(pair.right),
            ),
        )


def _sign(answer: Answer | None, *, expected: bool) -> Cell:
    return "" if answer is None else look.outcome(answer, expected=expected)[0]


def _tokens(answer: Answer | None) -> str:
    total = 0 if answer is None else answer.usage.total_tokens
    return figures.tokens(total) if total else ""


def side_row(sign: str, job: Job, side: SideTotals | None, cost: str) -> Row:
    """One of the two jobs as a whole; without `side` as far as the ledger knows it."""
    if side is None:
        answered, failed, tokens = job.completed, job.failed, job.input_tokens + job.output_tokens
        median = "…"
    else:
        answered, failed = side.totals.answered, side.totals.failed
        tokens = side.totals.usage.total_tokens
        median = "–" if side.median_characters is None else f"{side.median_characters:,} chars"
    return Row(
        sign,
        (
            Content.styled(sign, "bold $text-accent"),
            job.name,
            job.model,
            f"{answered:,}/{job.requests:,}",
            Content.styled(f"{failed:,}", look.BAD if failed else look.QUIET),
            figures.tokens(tokens),
            cost,
            median,
        ),
    )
