"""A job is carried to its end; nothing that a service said is lost."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.support.carried import OPTIONS, batches_of, is_whole
from tests.support.homes import carry, sent_to, until
from tests.support.scripted import Asked, Reply, ScriptedService, forward
from wellspring_tui.errors import (
    StoppedError,
)
from wellspring_tui.jobs.model import WAITING
from wellspring_tui.progress import Progress
from wellspring_tui.wellspring import Wellspring

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from wellspring_tui.services.client import Service
    from wellspring_tui.settings import Settings


def test_a_job_goes_from_its_file_to_its_answers(
    wellspring: Wellspring, remote: Service, prompts_path: Path
) -> None:
    job = wellspring.submit(prompts_path, OPTIONS, description="a try")
    assert (job.status, job.requests, job.parts) == (WAITING, 4, 1)
    first = wellspring.tick()
    assert first.changed == {job.id}
    assert wellspring.job(job.id).status != WAITING
    carry(wellspring, job.id)
    is_whole(wellspring, remote, job)
    (batch,) = batches_of(remote, job)
    assert batch.metadata["description"] == "a try"
    whats = [event.what for event in wellspring.detail(job.id).events]
    assert {"planned", "uploading", "uploaded", "creating", "created", "completed"} <= {*whats}
    assert whats[-1] == "collected"
    assert wellspring.tick().changed == frozenset()


def test_a_round_tells_which_jobs_ended_in_it(wellspring: Wellspring, prompts_path: Path) -> None:
    job = wellspring.submit(prompts_path, OPTIONS)
    ended: list[str] = []

    def all_ended() -> bool:
        ended.extend(wellspring.tick().ended)
        return wellspring.job(job.id).collected

    until(all_ended, "the job to end")
    assert ended == [job.id]


def test_a_large_file_goes_in_several_parts_and_comes_back_as_one(
    settings: Settings, service_url: str, remote: Service, prompts_path: Path
) -> None:
    with Wellspring(sent_to(settings, service_url, max_requests=3)) as wellspring:
        job = wellspring.submit(prompts_path, OPTIONS)
        assert job.parts == 2
        carry(wellspring, job.id)
        is_whole(wellspring, remote, job)
        assert [part.requests for part in wellspring.detail(job.id).parts] == [3, 1]


# -- never lost ----------------------------------------------------------------------


def cut(whole: Reply) -> Reply:
    """The line breaks in the middle."""
    return replace(whole, body=whole.body[:-20], announced=len(whole.body))


def shortened(whole: Reply) -> Reply:
    """Something on the way drops the end and does not say so."""
    return replace(whole, body=whole.body[:-20])


@pytest.mark.parametrize("spoil", [cut, shortened])
def test_a_download_that_is_not_whole_is_fetched_again(
    settings: Settings,
    service_url: str,
    remote: Service,
    prompts_path: Path,
    spoil: Callable[[Reply], Reply],
) -> None:
    spoilt: list[str] = []

    def answering(asked: Asked) -> Reply | None:
        whole = forward(asked, service_url)
        if asked.path.endswith("/content") and not spoilt:
            spoilt.append(asked.path)
            return spoil(whole)
        return whole

    with (
        ScriptedService(answering) as line,
        Wellspring(sent_to(settings, line.base_url)) as wellspring,
    ):
        job = wellspring.submit(prompts_path, OPTIONS)
        until(lambda: "local" in wellspring.tick().failures, "the download to fail")
        assert not wellspring.job(job.id).collected
        assert wellspring.job(job.id).status == "completed"
        assert list(settings.places.outputs(job.id).glob("*.jsonl")) == []
        carry(wellspring, job.id)
        assert line.count("GET", spoilt[0]) == 2
        is_whole(wellspring, remote, job)


def test_a_service_that_is_down_leaves_its_jobs_as_they_were(
    settings: Settings, service_url: str, remote: Service, prompts_path: Path
) -> None:
    down = True

    def answering(asked: Asked) -> Reply | None:
        return None if down else forward(asked, service_url)

    with (
        ScriptedService(answering) as line,
        Wellspring(sent_to(settings, line.base_url)) as wellspring,
    ):
        job = wellspring.submit(prompts_path, OPTIONS)
        happened = wellspring.tick()
        assert line.base_url in str(happened.failures["local"])
        assert happened.ended == ()
        assert wellspring.detail(job.id).parts[0].batch_id is None
        down = False
        carry(wellspring, job.id)
        is_whole(wellspring, remote, job)


def test_one_service_that_is_down_does_not_stop_another(
    settings: Settings, remote: Service, prompts_path: Path
) -> None:
    acme = replace(settings.profile("local"), name="acme", base_url="http://127.0.0.1:9/v1")
    both = replace(
        settings,
        services={**settings.services, "acme": acme},
        environment={"OPENAI_API_KEY": "sk-x"},
    )
    with Wellspring(both) as wellspring:
        stuck = wellspring.submit(prompts_path, OPTIONS, service="acme")
        job = wellspring.submit(prompts_path, OPTIONS)
        carry(wellspring, job.id)
        is_whole(wellspring, remote, job)
        assert set(wellspring.tick().failures) == {"acme"}
        assert not wellspring.job(stuck.id).collected


def test_a_service_that_failed_is_told_of_until_it_answers_also_in_rounds_that_leave_it_alone(
    settings: Settings, service_url: str, prompts_path: Path
) -> None:
    down = True

    def answering(asked: Asked) -> Reply | None:
        return None if down else forward(asked, service_url)

    with (
        ScriptedService(answering) as line,
        Wellspring(sent_to(settings, line.base_url)) as wellspring,
    ):
        job = wellspring.submit(prompts_path, OPTIONS)
        wellspring.tick()
        asked = len(line.asked)
        left_alone = wellspring.tick(only_due=True)
        assert len(line.asked) == asked
        assert set(left_alone.failures) == set(left_alone.next_tries) == {"local"}
        assert 0 < left_alone.next_tries["local"] <= settings.local_check_interval_seconds
        down = False
        carry(wellspring, job.id)
        assert wellspring.tick(only_due=True).failures == {}


def test_a_job_whose_input_file_was_removed_does_not_stop_another(
    wellspring: Wellspring, remote: Service, prompts_path: Path
) -> None:
    broken = wellspring.submit(prompts_path, OPTIONS)
    job = wellspring.submit(prompts_path, OPTIONS)
    (wellspring.settings.places.inputs(broken.id) / "part-001.jsonl").unlink()
    carry(wellspring, job.id)
    is_whole(wellspring, remote, job)
    (part,) = wellspring.detail(broken.id).parts
    assert part.status == "failed"
    assert "was removed or changed" in str(part.problems[0])


def test_stopping_a_round_loses_nothing(
    wellspring: Wellspring, remote: Service, prompts_path: Path
) -> None:
    job = wellspring.submit(prompts_path, OPTIONS)
    stopping = Progress()
    heard: list[str] = []

    def report(what: str, _done: int, _total: int | None) -> None:
        heard.append(what)
        stopping.stopped.set()

    with pytest.raises(StoppedError):
        wellspring.tick(replace(stopping, report=report))
    assert heard == ["Uploading part 1"]
    carry(wellspring, job.id)
    is_whole(wellspring, remote, job)
