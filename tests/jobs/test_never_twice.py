"""Nothing is submitted, or paid for, twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.carried import CREATION, OPTIONS, is_whole
from tests.support.homes import carry, sent_to
from tests.support.scripted import Asked, Reply, ScriptedService, forward, json_reply, refusal
from wellspring_tui.errors import (
    BusyError,
    CredentialsError,
    NetworkError,
)
from wellspring_tui.jobs.model import Step
from wellspring_tui.wellspring import Wellspring

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from wellspring_tui.services.client import Service
    from wellspring_tui.settings import Settings


def lost(asked: Asked, url: str) -> Reply | None:
    """It is done, but nobody hears of it."""
    forward(asked, url)
    return None


def failed(asked: Asked, url: str) -> Reply | None:
    """It is done, but a gateway on the way gives up."""
    forward(asked, url)
    return refusal(502, "Bad gateway")


def swallowed(_asked: Asked, _url: str) -> Reply | None:
    """It never arrives."""
    return None


@pytest.mark.parametrize("bad", [lost, failed, swallowed])
def test_a_creation_whose_answer_is_lost_makes_one_batch(
    settings: Settings,
    service_url: str,
    remote: Service,
    prompts_path: Path,
    bad: Callable[[Asked, str], Reply | None],
) -> None:
    def answering(asked: Asked) -> Reply | None:
        is_first = (asked.method, asked.path) == CREATION and line.count(*CREATION) == 1
        return bad(asked, service_url) if is_first else forward(asked, service_url)

    with (
        ScriptedService(answering) as line,
        Wellspring(sent_to(settings, line.base_url)) as wellspring,
    ):
        job = wellspring.submit(prompts_path, OPTIONS)
        assert isinstance(wellspring.tick().failures["local"], NetworkError | BusyError)
        assert wellspring.detail(job.id).parts[0].step is Step.CREATING
        carry(wellspring, job.id)
        is_whole(wellspring, remote, job)
        assert line.count("POST", "/files") == 1
        assert line.count(*CREATION) == (2 if bad is swallowed else 1)


def test_a_batch_that_the_listing_does_not_show_yet_is_waited_for(
    settings: Settings, service_url: str, remote: Service, prompts_path: Path
) -> None:
    hidden = True

    def answering(asked: Asked) -> Reply | None:
        if (asked.method, asked.path) == CREATION:
            return lost(asked, service_url)
        if hidden and (asked.method, asked.path) == ("GET", "/batches"):
            return json_reply({"object": "list", "data": [], "has_more": False})
        return forward(asked, service_url)

    with (
        ScriptedService(answering) as line,
        Wellspring(sent_to(settings, line.base_url, settle_seconds=600)) as wellspring,
    ):
        job = wellspring.submit(prompts_path, OPTIONS)
        for _ in range(3):
            wellspring.tick()
        assert wellspring.detail(job.id).parts[0].step is Step.CREATING
        hidden = False
        carry(wellspring, job.id)
        assert line.count(*CREATION) == 1
        is_whole(wellspring, remote, job)


def test_a_creation_that_another_process_lost_meanwhile_is_looked_for_first(
    settings: Settings, service_url: str, remote: Service, prompts_path: Path
) -> None:
    """One process uploads its part for long; another loses the answer about the next part."""
    other_done = False

    def losing(asked: Asked) -> Reply | None:
        is_creation = (asked.method, asked.path) == CREATION
        return lost(asked, service_url) if is_creation else forward(asked, service_url)

    def slow(asked: Asked) -> Reply | None:
        nonlocal other_done
        if not other_done and (asked.method, asked.path) == ("POST", "/files"):
            other_done = True
            other.tick()
        return forward(asked, service_url)

    with (
        ScriptedService(losing) as bad_line,
        ScriptedService(slow) as slow_line,
        Wellspring(sent_to(settings, bad_line.base_url)) as other,
        Wellspring(sent_to(settings, slow_line.base_url, max_requests=2)) as wellspring,
    ):
        job = wellspring.submit(prompts_path, OPTIONS)
        wellspring.tick()
        assert bad_line.count(*CREATION) == 1
        carry(wellspring, job.id)
        is_whole(wellspring, remote, job)


def test_a_refused_key_leaves_no_doubt(
    settings: Settings, service_url: str, remote: Service, prompts_path: Path
) -> None:
    def answering(asked: Asked) -> Reply | None:
        if (asked.method, asked.path) == CREATION and line.count(*CREATION) == 1:
            return refusal(401, "Incorrect API key provided", "invalid_api_key")
        return forward(asked, service_url)

    with (
        ScriptedService(answering) as line,
        Wellspring(sent_to(settings, line.base_url, settle_seconds=600)) as wellspring,
    ):
        job = wellspring.submit(prompts_path, OPTIONS)
        assert isinstance(wellspring.tick().failures["local"], CredentialsError)
        assert wellspring.detail(job.id).parts[0].step is Step.UPLOADED
        carry(wellspring, job.id)
        is_whole(wellspring, remote, job)


def test_a_busy_service_is_asked_again_without_another_upload(
    settings: Settings, service_url: str, remote: Service, prompts_path: Path
) -> None:
    def answering(asked: Asked) -> Reply | None:
        if (asked.method, asked.path) == CREATION and line.count(*CREATION) == 1:
            return refusal(429, "Too many batches", "rate_limit_exceeded")
        return forward(asked, service_url)

    with (
        ScriptedService(answering) as line,
        Wellspring(sent_to(settings, line.base_url, max_requests=2)) as wellspring,
    ):
        job = wellspring.submit(prompts_path, OPTIONS)
        assert isinstance(wellspring.tick().failures["local"], BusyError)
        one, two = wellspring.detail(job.id).parts
        assert (one.step, two.step) == (Step.UPLOADED, Step.CREATED)
        carry(wellspring, job.id)
        assert line.count("POST", "/files") == 2
        is_whole(wellspring, remote, job)


def test_an_upload_whose_answer_was_lost_is_found_again(
    settings: Settings, service_url: str, remote: Service, prompts_path: Path
) -> None:
    def answering(asked: Asked) -> Reply | None:
        is_first = line.count("POST", "/files") == 1 and asked.path == "/files"
        is_lost = is_first and asked.method == "POST"
        return lost(asked, service_url) if is_lost else forward(asked, service_url)

    with (
        ScriptedService(answering) as line,
        Wellspring(sent_to(settings, line.base_url)) as wellspring,
    ):
        job = wellspring.submit(prompts_path, OPTIONS)
        assert isinstance(wellspring.tick().failures["local"], NetworkError)
        carry(wellspring, job.id)
        assert line.count("POST", "/files") == 1
        is_whole(wellspring, remote, job)
