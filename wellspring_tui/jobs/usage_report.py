"""Tokens and money over jobs: rows by job, day, model, section, prompt type or service."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal, get_args

from wellspring_tui.answers.model import Usage
from wellspring_tui.answers.money import Money, tidy

if TYPE_CHECKING:
    from datetime import date

    from wellspring_tui.jobs.usage import JobUsage

By = Literal["job", "day", "model", "section", "type", "service"]
GROUPINGS: tuple[By, ...] = get_args(By)


@dataclass(frozen=True, slots=True)
class UsageRow:
    """What everything under one heading used."""

    key: str
    """A job's id, a day (2026-11-23, local time), or the name itself."""
    label: str
    jobs: int = 0
    requests: int = 0
    answered: int = 0
    failed: int = 0
    usage: Usage = field(default_factory=Usage)
    cost: Money = field(default_factory=Money)
    real_time_cost: Money = field(default_factory=Money)
    """What real time would have cost."""
    saved: Decimal = Decimal(0)
    """Dollars saved against real time, over all requests of which both prices are known."""
    estimated_input_tokens: int | None = None
    """What was estimated for the jobs before they were sent; None where it can't be told."""

    @property
    def missing(self) -> int:
        """Requests of which no file says anything."""
        return self.requests - self.answered - self.failed

    def __add__(self, other: UsageRow) -> UsageRow:
        """Both under this heading; the jobs of either may be the same, and stay as they are."""
        return replace(
            self,
            requests=self.requests + other.requests,
            answered=self.answered + other.answered,
            failed=self.failed + other.failed,
            usage=self.usage + other.usage,
            cost=self.cost + other.cost,
            real_time_cost=self.real_time_cost + other.real_time_cost,
            saved=self.saved + other.saved,
        )

    def as_dict(self) -> dict[str, Any]:
        """The row for JSON: money as text, null where any of it is unknown."""
        used = self.usage
        return {
            "key": self.key,
            "label": self.label,
            "jobs": self.jobs,
            "requests": self.requests,
            "answered": self.answered,
            "failed": self.failed,
            "missing": self.missing,
            "input_tokens": used.input_tokens,
            "cached_tokens": used.cached_tokens,
            "cache_write_tokens": used.cache_write_tokens,
            "output_tokens": used.output_tokens,
            "reasoning_tokens": used.reasoning_tokens,
            "total_tokens": used.total_tokens,
            "estimated_input_tokens": self.estimated_input_tokens,
            "cost_usd": _text(self.cost.whole),
            "known_cost_usd": _text(tidy(self.cost.known)),
            "unknown_cost_requests": self.cost.unknown_requests,
            "real_time_cost_usd": _text(self.real_time_cost.whole),
            "saved_usd": _text(tidy(self.saved)),
        }


@dataclass(frozen=True, slots=True)
class UsageReport:
    """What jobs used, as far as their answers have come."""

    by: By
    rows: tuple[UsageRow, ...]
    """Days in their order; everything else by its tokens, the most first."""
    total: UsageRow
    since: date | None = None
    until: date | None = None
    """The last day."""
    job_id: str | None = None
    uncounted_jobs: int = 0
    """Jobs whose answers are no longer there to be counted."""

    def as_dict(self) -> dict[str, Any]:
        """The report for JSON."""
        return {
            "by": self.by,
            "since": self.since and self.since.isoformat(),
            "until": self.until and self.until.isoformat(),
            "job_id": self.job_id,
            "rows": [row.as_dict() for row in self.rows],
            "total": self.total.as_dict(),
            "uncounted_jobs": self.uncounted_jobs,
        }


def rows_of_job(used: JobUsage, since: date | None, until: date | None) -> list[UsageRow]:
    """The sums of one job as rows by their names, the most tokens first."""
    rows: dict[str, UsageRow] = {}
    for one in used.used:
        day = one.at.astimezone().date()
        if (since is not None and day < since) or (until is not None and day > until):
            continue
        cost = used.cost_of(one)
        row = UsageRow(
            one.name,
            one.name,
            1,
            one.requests,
            one.answered,
            one.failed,
            one.usage,
            cost.charged,
            cost.real_time,
            cost.saved,
        )
        rows[one.name] = rows[one.name] + row if one.name in rows else row
    return sorted(rows.values(), key=lambda row: (-row.usage.total_tokens, row.label))


def _text(dollars: Decimal | None) -> str | None:
    return None if dollars is None else str(dollars)
