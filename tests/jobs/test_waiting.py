"""Waiting for room and for services that fail: the queue, the hour, the back-off."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.support.carried import is_whole
from tests.support.homes import carry, sent_to, until
from tests.support.scripted import Asked, Reply, ScriptedService, forward, refusal
from wellspring_tui.errors import BusyError
from wellspring_tui.jobs.holding import is_gone, new_holder
from wellspring_tui.jobs.waiting import Patience
from wellspring_tui.prompts.model import RequestOptions
from wellspring_tui.services.client import Service
from wellspring_tui.wellspring import Wellspring

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from wellspring_tui.settings import Settings

OPTIONS = RequestOptions()


@pytest.fixture
def narrow_service(tmp_path: Path) -> Iterator[str]:
    """A built-in service whose queue holds the tokens of one prompt, and not of two."""
    command = [sys.executable, "-m", "wellspring_tui.local", "--data", str(tmp_path / "narrow")]
    with subprocess.Popen(
        [*command, "--port", "0", "--pace", "0.3", "--enqueued-tokens", "20"],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.terminate()


@pytest.fixture
def narrow_remote(narrow_service: str) -> Iterator[Service]:
    """A look at what that service holds."""
    service = Service(narrow_service, "built-in")
    yield service
    service.close()


def test_parts_wait_for_room_that_the_service_told_of_and_go_by_themselves(
    settings: Settings, narrow_service: str, narrow_remote: Service, prompts_path: Path
) -> None:
    narrow = sent_to(settings, narrow_service, max_requests=1, backoff_seconds=0.05)
    with Wellspring(narrow) as wellspring:
        job = wellspring.submit(prompts_path, OPTIONS)
        ended = carry(wellspring, job.id)
        assert (ended.status, ended.completed) == ("completed", 4)
        detail = wellspring.detail(job.id)
        assert "waits" in [
            event.what for event in detail.events
        ]  # it was full, and that was learned
        assert wellspring.ledger.limits.token_limit("local", "gpt-4o-mini") == 20
        assert len(list(narrow_remote.batches())) == 4 + sum(part.attempts for part in detail.parts)


def test_parts_wait_for_room_that_the_profile_tells_of_before_anything_is_refused(
    settings: Settings, narrow_service: str, prompts_path: Path
) -> None:
    narrow = sent_to(settings, narrow_service, max_requests=1, enqueued_tokens=20)
    with Wellspring(narrow) as wellspring:
        job = wellspring.submit(prompts_path, OPTIONS)
        wellspring.tick()
        waiting = [part.waiting_for for part in wellspring.detail(job.id).parts]
        assert waiting[0] is None
        assert all(reason and "room in the queue" in reason for reason in waiting[1:])
        ended = carry(wellspring, job.id)
        detail = wellspring.detail(job.id)
        assert (ended.completed, [part.attempts for part in detail.parts]) == (4, [0] * 4)
        assert "waits" not in [event.what for event in detail.events]


def test_a_waiting_part_is_cancelled_without_ever_being_sent(
    settings: Settings, narrow_service: str, narrow_remote: Service, prompts_path: Path
) -> None:
    narrow = sent_to(settings, narrow_service, max_requests=1, enqueued_tokens=20)
    with Wellspring(narrow) as wellspring:
        job = wellspring.submit(prompts_path, OPTIONS)
        wellspring.tick()
        wellspring.cancel(job.id)
        carry(wellspring, job.id)
        parts = wellspring.detail(job.id).parts
        assert [part.batch_id for part in parts[1:]] == [None] * 3
        assert len(list(narrow_remote.batches())) == 1


def test_no_more_batches_than_the_hour_allows(
    settings: Settings, service_url: str, prompts_path: Path
) -> None:
    few = sent_to(settings, service_url, max_requests=1, creations_per_hour=2)
    with Wellspring(few) as wellspring:
        job = wellspring.submit(prompts_path, OPTIONS)
        until(
            lambda: bool(wellspring.tick()) and wellspring.job(job.id).completed == 2,
            "two parts to be answered",
        )
        waiting = [part for part in wellspring.detail(job.id).parts if part.waiting_for]
        assert len(waiting) == 2
        assert all(part.not_before is not None for part in waiting)
        assert all("2 batches were created" in str(part.waiting_for) for part in waiting)


def test_a_busy_service_is_left_alone_as_long_as_it_asks(
    settings: Settings, service_url: str, prompts_path: Path
) -> None:
    asked_for: list[str] = []

    def answering(asked: Asked) -> Reply | None:
        asked_for.append(f"{asked.method} {asked.path}")
        reply = refusal(429, "Too many requests.")
        return replace(reply, headers={**reply.headers, "retry-after": "200"})

    with (
        ScriptedService(answering) as line,
        Wellspring(sent_to(settings, line.base_url)) as wellspring,
    ):
        job = wellspring.submit(prompts_path, OPTIONS)
        first = wellspring.tick().failures["local"]
        heard = len(asked_for)
        again = wellspring.tick().failures["local"]  # also when one insists
        assert isinstance(first, BusyError)
        assert again is first
        assert len(asked_for) == heard
        assert wellspring.job(job.id).open


def test_a_service_that_comes_back_is_asked_as_before(
    settings: Settings, service_url: str, remote: Service, prompts_path: Path
) -> None:
    failures = iter(range(3))

    def answering(asked: Asked) -> Reply | None:
        if next(failures, None) is not None:
            return refusal(500, "Oops.")
        return forward(asked, service_url)

    with (
        ScriptedService(answering) as line,
        Wellspring(sent_to(settings, line.base_url)) as wellspring,
    ):
        job = wellspring.submit(prompts_path, OPTIONS)
        carry(wellspring, job.id)
        is_whole(wellspring, remote, wellspring.job(job.id))


def test_patience_doubles_and_is_bounded_and_forgets() -> None:
    patience = Patience()
    waits = []
    for _ in range(12):
        patience.failed(ConnectionError(), 30.0)
        waits.append(patience.seconds_left(insisting=False))
    assert 1 < waits[0] < 3
    assert waits[0] < waits[2] < waits[5] <= waits[-1] <= 360
    assert patience.seconds_left(insisting=True) == 0
    patience.succeeded()
    assert (patience.failure, patience.seconds_left(insisting=False)) == (None, 0)


def test_a_holder_is_gone_when_its_process_is() -> None:
    ended = subprocess.run(
        [
            sys.executable,
            "-c",
            "from wellspring_tui.jobs.holding import new_holder as n; print(n())",
        ],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    assert is_gone(ended)
    assert not is_gone(new_holder())
    assert not is_gone("elsewhere:1:abcd")
    assert not is_gone("of an older form")
