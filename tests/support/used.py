"""Jobs that have used something, at moments of one's own choosing."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec

from tests.support.jobs import NOON, job
from wellspring_tui.answers.model import Usage
from wellspring_tui.answers.money import Rates
from wellspring_tui.answers.tariffs import Tariff
from wellspring_tui.jobs.usage import JobUsage, Used

if TYPE_CHECKING:
    from wellspring_tui.jobs.ledger import Ledger

BATCH = Rates(*(Decimal(1) / 10**6 for _ in range(4)))
REAL_TIME = Rates(*(Decimal(2) / 10**6 for _ in range(4)))
KNOWN = Tariff(BATCH, REAL_TIME)
"""A dollar a million tokens, and two in real time."""


def used(section: str = "Soil", into: int = 600, out: int = 400, **others: Any) -> Used:
    """What one answered request used: a thousand tokens, unless told otherwise."""
    tokens = Usage(into, out, into + out)
    made = Used(section, 1, NOON, "gpt-4o-mini", False, 1, 1, 0, 1, 0, tokens)
    return msgspec.structs.replace(made, **others)


def add_used(
    ledger: Ledger, job_id: str, *sums: Used, tariff: Tariff = KNOWN, **others: Any
) -> JobUsage:
    """A collected job that has used these sums."""
    made = replace(job(job_id), requests=sum(one.requests for one in sums), **others)
    ledger.add_job(made, [])
    whole = JobUsage(job_id, sums, {(one.model, one.long): tariff for one in sums})
    ledger.usage.write(whole)
    return whole
