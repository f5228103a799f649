"""Parts that end together are collected together, and every answer is counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.carried import OPTIONS, is_whole
from tests.support.homes import sent_to, until
from wellspring_tui.errors import NetworkError
from wellspring_tui.jobs.collecting import Collector
from wellspring_tui.jobs.model import Step
from wellspring_tui.jobs.usage import JobUsage
from wellspring_tui.progress import Progress
from wellspring_tui.wellspring import Wellspring

if TYPE_CHECKING:
    from pathlib import Path

    from wellspring_tui.jobs.model import Job, Part
    from wellspring_tui.services.client import Service
    from wellspring_tui.settings import Settings


def both_ended(wellspring: Wellspring, job: Job) -> list[Part]:
    """The parts of a job as soon as their batches are over, their answers still to be fetched."""

    def all_ended() -> bool:
        wellspring.tick(Progress(stopping_at_answers))
        return all(part.ended for part in wellspring.ledger.parts(job.id))

    def stopping_at_answers(what: str, _done: int, _total: int | None) -> None:
        if what.startswith("Fetching"):
            raise NetworkError("not yet")

    until(all_ended, "the batches to end")
    return wellspring.ledger.parts(job.id)


def test_two_that_collect_parts_at_once_count_both(
    settings: Settings, service_url: str, remote: Service, prompts_path: Path
) -> None:
    with Wellspring(sent_to(settings, service_url, max_requests=2)) as wellspring:
        job = wellspring.submit(prompts_path, OPTIONS)
        ledger = wellspring.ledger
        one, two = both_ended(wellspring, job)

        def nothing(*_: object) -> JobUsage:
            return JobUsage(job.id, (), {})

        def used(*_: object) -> JobUsage:
            if ledger.parts(job.id)[1].step is not Step.COLLECTED:
                Collector(ledger, settings.places, nothing).collect(two, remote, Progress(), 0.0)
            return nothing()

        Collector(ledger, settings.places, used).collect(one, remote, Progress(), 0.0)
        is_whole(wellspring, remote, job)
        assert [part.completed for part in ledger.parts(job.id)] == [2, 2]


def test_a_job_is_never_said_to_be_over_with_fewer_answers_than_it_has(
    settings: Settings, service_url: str, remote: Service, prompts_path: Path
) -> None:
    """Not even for the instant in which a face looks, or the process is killed."""
    with Wellspring(sent_to(settings, service_url, max_requests=2)) as wellspring:
        job = wellspring.submit(prompts_path, OPTIONS)
        one, two = both_ended(wellspring, job)
        told: list[tuple[bool, int]] = []

        def used(*_: object) -> JobUsage:
            if not told:
                told.append((False, 0))
                collector.collect(two, remote, Progress(), 0.0)
            seen = wellspring.job(job.id)
            told.append((seen.collected, seen.missing))
            return JobUsage(job.id, (), {})

        collector = Collector(wellspring.ledger, settings.places, used)
        collector.collect(one, remote, Progress(), 0.0)
        assert [missing for over, missing in told if over and missing] == []
        is_whole(wellspring, remote, job)
