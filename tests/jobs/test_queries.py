"""Which jobs a query finds."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.support.jobs import NOON, job, part
from wellspring_tui.jobs.ledger import Ledger
from wellspring_tui.jobs.model import JobsQuery

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """Four jobs, the oldest first; two were made in the same moment, and one has been cancelled."""
    opened = Ledger(tmp_path / "ledger.sqlite")
    for job_id, minutes in (("bbb", 0), ("ccc", 1), ("ddd", 1), ("fff", 2)):
        made = job(job_id, created_at=NOON + timedelta(minutes=minutes))
        opened.add_job(made, [part(job_id)])
    opened.steps.end_unsent(opened.parts("ccc")[0], "cancelled")
    yield opened
    opened.close()


def test_jobs_of_one_status(ledger: Ledger) -> None:
    assert ledger.job_ids(JobsQuery(status="cancelled")) == ["ccc"]
    assert ledger.job_ids(JobsQuery(status="waiting", text="garden")) == ["fff", "ddd", "bbb"]
    assert ledger.count_jobs(JobsQuery(status="waiting", text="nobody")) == 0


def test_the_jobs_after_one_go_on_where_its_page_ended(ledger: Ledger) -> None:
    everything = ledger.job_ids(JobsQuery())
    assert everything == ["fff", "ccc", "ddd", "bbb"]

    for place, job_id in enumerate(everything):
        after = JobsQuery(after=ledger.job(job_id))
        assert ledger.job_ids(after) == everything[place + 1 :]


def test_a_page_is_found_again_after_a_job_that_left_the_query(ledger: Ledger) -> None:
    waiting_after = JobsQuery(status="waiting", after=ledger.job("ccc"))
    assert ledger.job_ids(waiting_after) == ["ddd", "bbb"]
