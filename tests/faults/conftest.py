"""One service for all of these tests, and what a job's answers are when nothing goes wrong."""

from __future__ import annotations

import json
import time
import urllib.request
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.support.carried import OPTIONS, Answers, answers_of
from tests.support.faulty import FaultyLine
from tests.support.files import EIGHT, visual
from tests.support.homes import carry, sent_to, stop_builtin
from tests.support.nursery import Nursery, hurry_the_sdk
from wellspring_tui.services.builtin import BuiltinService
from wellspring_tui.services.client import Service
from wellspring_tui.settings import load_settings
from wellspring_tui.wellspring import Wellspring

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.faults import Plan
    from wellspring_tui.settings import Settings

PART = 3
"""Requests a part: the prompts go in three."""


@pytest.fixture(scope="session", autouse=True)
def _hurried() -> None:
    hurry_the_sdk()


@pytest.fixture(scope="session")
def service_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where a built-in service runs that is as fast as it can be."""
    yield from _running(tmp_path_factory.mktemp("faults-service"), pace_seconds=0.0)


@pytest.fixture(scope="session")
def slow_service_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where a built-in service runs whose batches take so long that they can be cancelled."""
    yield from _running(tmp_path_factory.mktemp("slow-service"), pace_seconds=4.0)


def _running(home: Path, pace_seconds: float) -> Iterator[str]:
    builtin = BuiltinService(home / "local", pace_seconds)
    yield builtin.base_url()
    builtin.release()
    stop_builtin(home)


@pytest.fixture
def remote(service_url: str) -> Iterator[Service]:
    """A connection of the test's own to that service, past every fault."""
    service = Service(service_url, "built-in")
    yield service
    service.close()


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    """Processes that carry jobs."""
    with Nursery() as opened:
        yield opened


@pytest.fixture(scope="session")
def prompts_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight prompts in three sections."""
    path = tmp_path_factory.mktemp("prompts") / "garden.json"
    path.write_bytes(visual(EIGHT))
    return path


@pytest.fixture(scope="session")
def undisturbed(
    tmp_path_factory: pytest.TempPathFactory, prompts_path: Path, service_url: str
) -> Answers:
    """The answers to those prompts from a run that nothing went wrong in."""
    settings = load_settings(home=tmp_path_factory.mktemp("undisturbed"), service="local")
    with Wellspring(sent_to(settings, service_url)) as wellspring:
        job = wellspring.submit(prompts_path, OPTIONS)
        assert carry(wellspring, job.id).all_answered
        return answers_of(wellspring, job.id)


def wait_for_batches(service_url: str) -> None:
    """Until every batch has ended, so that a job's moments are the same each time."""
    while _unfinished(service_url):
        time.sleep(0.002)


def _unfinished(service_url: str) -> int:
    health = f"{service_url.removesuffix('/v1')}/wellspring/health"
    with urllib.request.urlopen(health) as answer:
        return int(json.loads(answer.read())["unfinished_batches"])


@contextmanager
def through(
    settings: Settings, service_url: str, plan: Plan, **limits: float
) -> Iterator[tuple[FaultyLine, Wellspring]]:
    """A bad line to a service, and Wellspring at its end."""
    within = {"max_requests": PART, **limits}
    with (
        FaultyLine(service_url, plan) as line,
        Wellspring(sent_to(settings, line.base_url, **within)) as wellspring,
    ):
        line.slowness_seconds = 0.005
        yield line, wellspring


@pytest.fixture
def settings(settings: Settings, service_url: str) -> Settings:
    """Settings by which jobs go to that service, in three parts."""
    return sent_to(settings, service_url, max_requests=PART)
