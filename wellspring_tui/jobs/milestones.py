"""How far the parts of a job have come, for whoever waits for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wellspring_tui.errors import InputError, RefusedError
from wellspring_tui.jobs.model import BEFORE_CREATION, Step
from wellspring_tui.text import one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wellspring_tui.jobs.model import Part


def all_uploaded(parts: Sequence[Part]) -> bool:
    """Whether the service has every input file, or one of them is past hope."""
    return any(_ended_unsent(part) for part in parts) or all(
        part.input_file_id is not None for part in parts
    )


def all_created_or_waiting(parts: Sequence[Part]) -> bool:
    """Whether every part has a batch, is over, or waits for room or time, not for an answer."""
    return all(
        part.batch_id is not None
        or part.step is Step.COLLECTED
        or (part.step in BEFORE_CREATION and part.waiting_for is not None)
        for part in parts
    )


def all_collected_or_one_runs(parts: Sequence[Part]) -> bool:
    """Whether nothing is between the end of the batches and their answers on disk."""
    return all(part.step is Step.COLLECTED for part in parts) or not all(
        part.ended for part in parts
    )


def refuse_ended_unsent(parts: Sequence[Part]) -> None:
    """Raises RefusedError or InputError when a part is over and never had a batch."""
    part = next((part for part in parts if _ended_unsent(part)), None)
    if part is None:
        return
    if part.problems:
        raise RefusedError(one_line(part.problems[0].message, 400))
    raise InputError(f"the job {part.job_id} is over ({one_line(part.status, 20)})")


def _ended_unsent(part: Part) -> bool:
    return part.step is Step.COLLECTED and part.batch_id is None
