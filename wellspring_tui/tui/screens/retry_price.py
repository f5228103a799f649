"""What sending again costs, told before it is agreed to."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from wellspring_tui.errors import WellspringError
from wellspring_tui.figures import money

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from wellspring_tui.jobs.model import Job
    from wellspring_tui.wellspring import Wellspring

_UNKNOWN = "What it costs is unknown."


def price_of(door: Wellspring, jobs: Sequence[Job], *, offers_now: bool) -> str:
    """Of what would be sent again of jobs that are over, in both ways if both are offered."""
    try:
        costs = [door.retry_cost(job.id) for job in jobs]
    except WellspringError:
        return _UNKNOWN
    if all(cost.free for cost in costs):
        return "It costs nothing."
    as_batch = _most(cost.upper for cost in costs)
    if not offers_now:
        return f"It costs {as_batch}."
    return f"As a batch it costs {as_batch}; in real time {_most(c.real_time for c in costs)}."


def price_of_rest(door: Wellspring, jobs: Sequence[Job]) -> str:
    """Of what the batches of running jobs leave, should no more answers come."""
    try:
        dollars = [door.retry_cost(job.id, now=True).upper for job in jobs]
    except WellspringError:
        return _UNKNOWN
    return f"As it stands that costs {_most(dollars)}."


def _most(costs: Iterable[Decimal | None]) -> str:
    """`at most ≈ $0.0042` for all together, or how little is known."""
    known = list(costs)
    total = sum((dollars for dollars in known if dollars is not None), Decimal(0))
    return "an unknown price" if None in known else f"at most ≈ {money(total)}"
