"""Open read only: jobs are seen, and what is done is fetched, but nothing is sent or changed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.support.homes import carry, until
from wellspring_tui.errors import InputError
from wellspring_tui.jobs.model import WAITING
from wellspring_tui.wellspring import Wellspring

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from wellspring_tui.settings import Settings

CHANGES: dict[str, Callable[[Wellspring, str, Path], object]] = {
    "submit": lambda door, _, path: door.submit(path, door.request_options()),
    "cancel": lambda door, job_id, _: door.cancel(job_id),
    "retry": lambda door, job_id, _: door.retry(job_id),
    "edit": lambda door, job_id, _: door.edit(job_id, name="another"),
    "forget": lambda door, job_id, _: door.forget(job_id),
    "clean": lambda door, _, __: door.clean(()),
    "decline": lambda door, _, __: door.decline_offers(["batch_1"]),
    "adopt": lambda door, _, __: door.adopt(["batch_1"]),
    "import": lambda door, _, path: door.import_files(path),
}


@pytest.fixture
def looking(settings: Settings) -> Iterator[Wellspring]:
    """The same home, open read only."""
    with Wellspring(replace(settings, read_only=True)) as opened:
        yield opened


@pytest.mark.parametrize("change", CHANGES)
def test_every_change_is_refused_in_one_sentence(
    wellspring: Wellspring, looking: Wellspring, prompts_path: Path, change: str
) -> None:
    job = wellspring.submit(prompts_path, wellspring.request_options())

    with pytest.raises(InputError, match=r"open read only.*Start it without --read-only\."):
        CHANGES[change](looking, job.id, prompts_path)

    assert [found.id for found in wellspring.jobs()] == [job.id]
    assert not wellspring.job(job.id).cancel_asked


def test_a_waiting_job_is_not_sent(
    wellspring: Wellspring, looking: Wellspring, prompts_path: Path
) -> None:
    job = wellspring.submit(prompts_path, wellspring.request_options())

    for _ in range(3):
        assert looking.tick().failures == {}
    assert looking.job(job.id).status == WAITING
    assert carry(wellspring, job.id).all_answered


def test_answers_that_have_come_are_fetched(
    wellspring: Wellspring, looking: Wellspring, prompts_path: Path
) -> None:
    job = wellspring.submit(prompts_path, wellspring.request_options())
    wellspring.tick()

    def collected() -> bool:
        looking.tick()
        return looking.job(job.id).collected

    until(collected, "the answers")
    assert looking.job(job.id).all_answered
