"""Keeping house: how much of it is cleaned, and whole jobs that are forgotten."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.jobs.test_retrying import first_line, with_results
from tests.support.carried import OPTIONS, is_whole
from tests.support.homes import carry, sent_to
from tests.support.littering import age, answered, kinds, littered, put
from tests.support.scripted import ScriptedService
from wellspring_tui.errors import InputError, JobNotFoundError
from wellspring_tui.jobs.litter import Kind, Scope
from wellspring_tui.progress import Progress
from wellspring_tui.wellspring import Wellspring

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from wellspring_tui.jobs.model import Job
    from wellspring_tui.services.client import Service
    from wellspring_tui.settings import Settings


def test_only_what_has_not_changed_for_so_long(wellspring: Wellspring, prompts_path: Path) -> None:
    job = answered(wellspring, prompts_path)
    young = put(wellspring.settings.places.inputs(job.id) / "part-002.jsonl")
    old = put(wellspring.settings.places.inputs(job.id) / "part-003.jsonl")
    age(old, 40 * 86_400)
    found = wellspring.litter(Scope(older_than=timedelta(days=30))).litter
    assert [one.where.rpartition("/")[2] for one in found] == [old.name]
    wellspring.clean(found)
    assert young.exists()


def test_of_one_job_only_what_belongs_to_it(wellspring: Wellspring, prompts_path: Path) -> None:
    one, other = (answered(wellspring, prompts_path) for _ in range(2))
    for job in (one, other):
        littered(wellspring, job)
    found = wellspring.litter(Scope(job_id=one.id)).litter
    assert {item.job_id for item in found} == {one.id}
    assert kinds(found).count(Kind.HALF_WRITTEN) == 4


def test_nothing_is_deleted_where_jobs_may_only_be_looked_at(
    settings: Settings, wellspring: Wellspring, prompts_path: Path
) -> None:
    job = answered(wellspring, prompts_path)
    with Wellspring(replace(settings, read_only=True)) as looking:
        found = looking.litter(Scope()).litter
        assert found
        with pytest.raises(InputError, match="read only"):
            looking.clean(found)
        with pytest.raises(InputError, match="read only"):
            looking.forget(job.id)


# -- whole jobs ---------------------------------------------------------------------


@contextmanager
def running(settings: Settings, path: Path) -> Iterator[tuple[Wellspring, Job]]:
    """A job that is not over."""
    with Wellspring(settings) as wellspring:
        yield wellspring, wellspring.submit(path, OPTIONS)


def test_a_forgotten_job_is_nowhere_any_more_and_is_not_offered_again(
    wellspring: Wellspring, remote: Service, prompts_path: Path
) -> None:
    job, other = (answered(wellspring, prompts_path) for _ in range(2))
    (sent,) = wellspring.ledger.parts(job.id)
    places = wellspring.settings.places

    wellspring.forget(str(sent.batch_id))

    with pytest.raises(JobNotFoundError):
        wellspring.job(job.id)
    assert [left.id for left in wellspring.jobs()] == [other.id]
    assert not places.inputs(job.id).exists()
    assert not places.outputs(job.id).exists()
    assert [row.key for row in wellspring.usage().rows] == [other.id]
    assert sent.batch_id not in {offer.batch_id for offer in wellspring.look_for_batches()}
    is_whole(wellspring, remote, other)
    # Whoever wants it all the same may have it: the service still has its files.
    (again,) = wellspring.adopt([str(sent.batch_id)])
    assert carry(wellspring, again.id).all_answered


def test_a_job_that_runs_is_not_forgotten(settings: Settings, prompts_path: Path) -> None:
    with running(settings, prompts_path) as (wellspring, job):
        with pytest.raises(InputError, match=r"still runs \(waiting\).*`wellspring cancel"):
            wellspring.forget(job.id)
        assert carry(wellspring, job.id).all_answered


def test_a_job_that_is_sent_again_just_now_is_not_forgotten(
    settings: Settings, service_url: str, prompts_path: Path
) -> None:
    with (
        ScriptedService(with_results(service_url, first_line)) as line,
        Wellspring(sent_to(settings, line.base_url)) as wellspring,
    ):
        job = answered(wellspring, prompts_path)
    with Wellspring(settings) as wellspring:

        def report(_what: str, _done: int, _total: int | None) -> None:
            with pytest.raises(InputError, match="another process is at work"):
                wellspring.forget(job.id)

        wellspring.retry(job.id, progress=Progress(report))
        assert carry(wellspring, job.id).all_answered
