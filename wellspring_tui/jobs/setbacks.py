"""Batches that failed for a reason that passes: the part waits, and goes again by itself.

Two are known. The queue of enqueued tokens was full, which a service tells only after
the creation (openai-python#2084). Or its validator did not find a file that is there, as
in incidents of hours in August and September 2026.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wellspring_tui.jobs.model import Part
    from wellspring_tui.services.model import BatchProblem

_LIMIT = re.compile(r"[Ll]imit(?: of)?:?\s*([\d,.]+)\s*([KkMm]?)\b")
_WAITS = (1, 2, 4, 10)
"""Times the profile's back-off: 30, 60, 120 and 300 seconds by default."""
_SAME_FILE = 4
"""So many times the same file is tried; then it is uploaded again."""
_LAST = 8
_FULL_QUEUE_LONGEST = 30


@dataclass(frozen=True, slots=True)
class Setback:
    """Why a part goes back to waiting, and for how long."""

    reason: str
    wait_factor: float
    """Times the profile's back-off."""
    upload_again: bool = False
    token_limit: int | None = None
    """What the service said its limit of enqueued tokens is."""


def setback_of(part: Part) -> Setback | None:
    """What set a failed part back; None when it failed for good."""
    if part.status != "failed" or not part.problems:
        return None
    if all(map(_queue_was_full, part.problems)):
        limits = [limit for problem in part.problems if (limit := _limit_in(problem.message))]
        factor = min(2**part.attempts, _FULL_QUEUE_LONGEST)
        reason = "room in the service's queue of tokens"
        return Setback(reason, factor, token_limit=min(limits, default=None))
    if all(map(_file_was_not_found, part.problems)) and part.attempts < _LAST:
        return Setback(
            "the service to find its input file",
            _WAITS[min(part.attempts, len(_WAITS) - 1)],
            upload_again=part.attempts + 1 == _SAME_FILE,
        )
    return None


def _queue_was_full(problem: BatchProblem) -> bool:
    return problem.code == "token_limit_exceeded" or "enqueued token" in problem.message.lower()


def _file_was_not_found(problem: BatchProblem) -> bool:
    return problem.message.startswith("Cannot find file")


def _limit_in(message: str) -> int | None:
    found = _LIMIT.search(message)
    if found is None:
        return None
    digits = found[1].replace(",", "").rstrip(".")
    if not digits.isdecimal():
        return None
    return int(digits) * {"": 1, "k": 1_000, "m": 1_000_000}[found[2].lower()]
