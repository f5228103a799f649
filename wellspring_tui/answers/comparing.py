"""Two jobs side by side: the same prompts with another model, or on another day."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wellspring_tui.answers.model import State
from wellspring_tui.answers.pairing import MatchedBy, Pairing
from wellspring_tui.answers.places import PlacedLines
from wellspring_tui.answers.texts import response_text
from wellspring_tui.progress import Progress
from wellspring_tui.resting import Rests

if TYPE_CHECKING:
    from decimal import Decimal

    from wellspring_tui.answers.model import Answer, Totals
    from wellspring_tui.answers.results import Results

__all__ = ["Comparison", "MatchedBy", "Pair", "SideTotals"]

_STEP_ANSWERS = 500


@dataclass(frozen=True, slots=True)
class Pair:
    """One prompt in both jobs; None where a job has no such request."""

    position: int
    """Its place in the comparison, from 0."""
    section: str
    prompt_type: str
    left: Answer | None
    right: Answer | None


@dataclass(frozen=True, slots=True)
class SideTotals:
    """One of the two jobs as a whole."""

    totals: Totals
    cost: Decimal | None
    """In dollars; None when a price is unknown or the job still runs."""
    median_characters: int | None
    """The median length of its answers; None when there are none."""


class Comparison:
    """The answers of two jobs, pair by pair; close it after use.

    Pairs are matched by custom_id when both jobs have the very same ids, else by section,
    prompt type and how often these came before. What has no counterpart stands alone.
    """

    def __init__(
        self,
        left: Results,
        right: Results,
        *,
        costs: tuple[Decimal | None, Decimal | None] = (None, None),
    ) -> None:
        """Match the requests of both, which takes a moment: work for a thread.

        The results are closed with the comparison.
        """
        self.left = left
        self.right = right
        self._costs = costs
        self._pairing = Pairing(left.index.path, right.index.path)
        self._length = len(self._pairing)

    @property
    def matched_by(self) -> MatchedBy:
        """By what the pairs were matched."""
        return self._pairing.matched_by

    def __len__(self) -> int:
        return self._length

    def close(self) -> None:
        """Close both indexes."""
        self._pairing.close()
        self.left.index.close()
        self.right.index.close()

    def __enter__(self) -> Comparison:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def pairs(self, start: int = 0, stop: int | None = None) -> list[Pair]:
        """Pairs `start` to `stop`, in the order of the left job's views."""
        rows = self._pairing.rows(start, self._length if stop is None else stop)
        left = _by_row(self.left, [row for row, _ in rows if row is not None])
        right = _by_row(self.right, [row for _, row in rows if row is not None])
        return [
            _pair(position, left.get(left_row), right.get(right_row))
            for position, (left_row, right_row) in enumerate(rows, start)
        ]

    def totals(self, progress: Progress | None = None) -> tuple[SideTotals, SideTotals]:
        """Both jobs as a whole. Every answer is read for its length: work for a thread.

        Raises StoppedError, StorageError.
        """
        heard = progress or Progress()
        return (
            _side(self.left, self._costs[0], heard),
            _side(self.right, self._costs[1], heard),
        )


def _by_row(results: Results, rows: list[int]) -> dict[int | None, Answer]:
    return {answer.number: answer for answer in results.index.answers_at(rows)}


def _pair(position: int, left: Answer | None, right: Answer | None) -> Pair:
    named = left or right
    assert named is not None
    return Pair(position, named.section, named.prompt_type, left, right)


def _side(results: Results, cost: Decimal | None, progress: Progress) -> SideTotals:
    with results.index.reader() as index, PlacedLines(results.outputs) as lines:
        rests = Rests()
        lengths = []
        for answer in index.answers():
            if answer.number % _STEP_ANSWERS == 0:
                progress.step("Measuring answers", answer.number, len(index))
            if answer.state is State.ANSWERED and answer.response is not None:
                lengths.append(len(response_text(lines.at(answer.response))))
            rests.take()
        median = round(statistics.median(lengths)) if lengths else None
        return SideTotals(index.totals(), cost, median)
