"""Killed at any moment, and carried on: one batch a part, and every answer."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.jobs.conftest import sent_to
from tests.support.carried import OPTIONS, batches_of, is_whole
from tests.support.homes import carry, until
from wellspring_tui.errors import NetworkError
from wellspring_tui.jobs.collecting import Collector
from wellspring_tui.jobs.model import Step
from wellspring_tui.progress import Progress
from wellspring_tui.wellspring import Wellspring

if TYPE_CHECKING:
    from wellspring_tui.answers.index import AnswerIndex
    from wellspring_tui.jobs.model import Job
    from wellspring_tui.services.client import Service
    from wellspring_tui.settings import Settings

_REPOSITORY = Path(__file__).parents[2]


def carrying(settings: Settings, url: str, moment: str) -> subprocess.Popen[bytes]:
    """Another process that carries the jobs of this home, up to a moment."""
    command = [sys.executable, "-m", "tests.support.dying", str(settings.places.data), url]
    return subprocess.Popen([*command, moment], cwd=_REPOSITORY, stderr=subprocess.PIPE)


def two_minutes_later(settings: Settings) -> None:
    """A killed process holds its part until then; the test does not wait for it."""
    with closing(sqlite3.connect(settings.places.ledger)) as db, db:
        db.execute("UPDATE parts SET held_until = 0")


@pytest.mark.parametrize(
    "moment",
    [
        "before uploading",
        "after uploading",
        "while Uploading",
        "before uploaded",
        "after uploaded",
        "after creating",
        "before created",
        "after created",
        "before completed",
        "while Fetching",
        "before collected",
        "after collected",
    ],
)
def test_a_job_survives_a_kill(
    settings: Settings, service_url: str, remote: Service, prompts_path: Path, moment: str
) -> None:
    with Wellspring(sent_to(settings, service_url)) as wellspring:
        job = wellspring.submit(prompts_path, OPTIONS)
        with carrying(settings, service_url, moment) as process:
            process.communicate(timeout=60)
        assert process.returncode == -signal.SIGKILL
        two_minutes_later(settings)
        carry(wellspring, job.id)
        is_whole(wellspring, remote, job)
        assert len(batches_of(remote, job)) == 1


def test_two_that_collect_parts_at_once_count_both(
    settings: Settings, service_url: str, remote: Service, prompts_path: Path
) -> None:
    with Wellspring(sent_to(settings, service_url, max_requests=2)) as wellspring:
        job = wellspring.submit(prompts_path, OPTIONS)
        ledger = wellspring.ledger

        def all_ended() -> bool:
            wellspring.tick(Progress(stopping_at_answers))
            return all(part.ended for part in ledger.parts(job.id))

        def stopping_at_answers(what: str, _done: int, _total: int | None) -> None:
            if what.startswith("Fetching"):
                raise NetworkError("not yet")

        until(all_ended, "both batches to end")
        one, two = ledger.parts(job.id)

        def price(_job: Job, _index: AnswerIndex) -> Decimal:
            if ledger.parts(job.id)[1].step is not Step.COLLECTED:
                Collector(ledger, settings.places, lambda *_: Decimal(2)).collect(
                    two, remote, Progress(), 0.0
                )
            return Decimal(1)

        Collector(ledger, settings.places, price).collect(one, remote, Progress(), 0.0)
        is_whole(wellspring, remote, job)


def test_several_processes_carry_one_home_together(
    settings: Settings, service_url: str, remote: Service, prompts_path: Path
) -> None:
    with Wellspring(sent_to(settings, service_url, max_requests=1)) as wellspring:
        jobs = [wellspring.submit(prompts_path, OPTIONS) for _ in range(2)]
        processes = [carrying(settings, service_url, "never") for _ in range(3)]
        for process in processes:
            _, said = process.communicate(timeout=60)
            assert (process.returncode, said) == (0, b"")
        for job in jobs:
            assert job.parts == 4
            is_whole(wellspring, remote, job)
