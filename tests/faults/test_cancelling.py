"""A job that is cancelled over a bad line: it ends once, with what it has."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.faults.conftest import through
from tests.support.carried import OPTIONS, batches_of
from tests.support.faults import Fault, Script
from tests.support.homes import carry, until
from wellspring_tui.services.client import Service

if TYPE_CHECKING:
    from pathlib import Path

    from wellspring_tui.settings import Settings


@pytest.mark.parametrize(
    "fault",
    [
        Fault.RESET_ON_ARRIVAL,
        Fault.ANSWER_LOST,
        Fault.ANSWER_CUT,
        Fault.ERROR_429,
        Fault.ERROR_502,
        Fault.GARBAGE,
    ],
)
def test_a_cancellation_gets_through(
    settings: Settings, slow_service_url: str, prompts_path: Path, fault: Fault
) -> None:
    remote = Service(slow_service_url, "built-in")
    script = Script(cancel=[fault, fault])
    with through(settings, slow_service_url, script) as (line, wellspring):
        job = wellspring.submit(prompts_path, OPTIONS)

        def has_answers() -> bool:
            wellspring.tick()
            return wellspring.job(job.id).completed > 0

        until(has_answers, "the first answers")
        wellspring.cancel(job.id)
        ended = carry(wellspring, job.id)
        assert line.met[fault] == 2
        assert ended.status == "cancelled"
        assert {batch.status for batch in batches_of(remote, job)} == {"cancelled"}
        assert len(batches_of(remote, job)) == job.parts
        with wellspring.results(job.id).index as index:
            totals = index.totals()
        assert 0 < totals.answered < job.requests
        assert totals.answered + totals.failed + totals.missing == job.requests
        assert (ended.completed, ended.failed) == (totals.answered, totals.failed)
    remote.close()


def test_a_creation_in_doubt_is_looked_for_before_its_job_is_cancelled(
    settings: Settings, slow_service_url: str, prompts_path: Path
) -> None:
    remote = Service(slow_service_url, "built-in")
    script = Script(create=[Fault.ANSWER_LOST], batches=[Fault.LISTING_LATE] * 2)
    patient = {"settle_seconds": 600.0}
    with through(settings, slow_service_url, script, **patient) as (_, wellspring):
        job = wellspring.submit(prompts_path, OPTIONS)
        wellspring.tick()
        wellspring.cancel(job.id)
        ended = carry(wellspring, job.id)
        assert script.over
        assert ended.status == "cancelled"
        assert {batch.status for batch in batches_of(remote, job)} == {"cancelled"}
        assert ended.completed + ended.failed + ended.missing == job.requests
    remote.close()
