"""A batch that is too slow is finished in real time: nothing is bought twice, nothing lost."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.local.conftest import LocalService
from tests.support.files import EIGHT, visual
from tests.support.homes import carry, stop_builtin, until
from tests.support.provider import KEY
from wellspring_tui.errors import InputError
from wellspring_tui.jobs.model import Step
from wellspring_tui.settings import load_settings
from wellspring_tui.wellspring import Wellspring

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from wellspring_tui.jobs.model import Job
    from wellspring_tui.settings import Settings

SLOW = "8"
"""Seconds for a batch of eight, so that some are answered and some are not."""

DYING_ROUND = """
import sys
from pathlib import Path
from tests.jobs.test_finishing import paying
from tests.support.dying import Moments
from wellspring_tui.wellspring import Wellspring
home, url, die_before, told = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4]
moments = Moments(home, None if die_before < 0 else die_before)
with Wellspring(paying(home, url)) as wellspring:
    moments.watch()
    wellspring.tick(service="openai")
Path(told).write_text("\\n".join(moments.passed))
"""


def paying(home: Path, url: str) -> Settings:
    """Settings by which jobs go to the provider at `url`."""
    settings = load_settings(home=home, service="openai")
    profile = replace(settings.profile(), base_url=url, backoff_seconds=0.02, settle_seconds=0.1)
    return replace(
        settings,
        services={**settings.services, "openai": profile},
        environment={**settings.environment, "OPENAI_API_KEY": KEY},
    )


@pytest.fixture
def provider(tmp_path: Path) -> Iterator[Callable[..., LocalService]]:
    """A provider of batches, which answers in real time too."""
    started: list[LocalService] = []

    def start(pace: str = SLOW) -> LocalService:
        started.append(LocalService(tmp_path / "provider", "--port", "0", "--pace", pace))
        return started[-1]

    yield start
    for service in started:
        service.stop()


@pytest.fixture
def eight(tmp_path: Path) -> Path:
    """A prompts file of eight."""
    path = tmp_path / "eight.json"
    path.write_bytes(visual(EIGHT))
    return path


def half_answered(wellspring: Wellspring, path: Path) -> Job:
    """A job whose batch has answered some of it."""
    job = wellspring.submit(path)

    def some() -> bool:
        wellspring.tick()
        return wellspring.job(job.id).completed >= 2

    until(some, "two answers")
    return wellspring.job(job.id)


def answers(wellspring: Wellspring, job: Job) -> dict[int, list[str]]:
    """The ids of the answered requests, by part."""
    found: dict[int, list[str]] = {}
    for part in wellspring.detail(job.id).parts:
        path = wellspring.settings.places.outputs(job.id) / f"part-{part.number:03d}.output.jsonl"
        raw = path.read_bytes() if path.exists() else b""
        found[part.number] = [json.loads(line)["custom_id"] for line in raw.split(b"\n") if line]
    return found


def test_what_a_cancelled_batch_leaves_is_answered_in_real_time_and_nothing_else(
    settings: Settings, provider: Callable[..., LocalService], eight: Path
) -> None:
    url = provider().base_url
    with Wellspring(paying(settings.places.data, url)) as wellspring:
        job = half_answered(wellspring, eight)
        whole = wellspring.estimate(wellspring.check(eight), now=True).upper
        asked = wellspring.retry(job.id, now=True)
        assert (asked.after_cancelling, asked.sent, asked.parts) == (True, 0, ())
        assert asked.cost is not None
        assert whole is not None
        share = whole * (8 - wellspring.job(job.id).completed) / 8
        assert asked.cost.upper is not None
        assert abs(asked.cost.upper - share) < Decimal("0.000001")  # by whole tokens
        assert wellspring.job(job.id).finish_now

        job = carry(wellspring, job.id)

        assert job.all_answered
        assert (job.channels, job.status) == (("openai", "openai in real time"), "completed")
        first, second = wellspring.detail(job.id).parts
        assert (first.real_time, first.status, second.real_time) == (False, "cancelled", True)
        by_part = answers(wellspring, job)
        assert len(by_part[1]) >= 2
        assert set(Counter(by_part[1] + by_part[2]).values()) == {1}
        # Each part at its own price: the whole lies between that of a batch and that of now.
        cost = wellspring.usage(job_id=job.id).total
        assert cost.cost.known == job.cost
        assert cost.real_time_cost.known / 2 < cost.cost.known < cost.real_time_cost.known
        assert cost.saved == cost.real_time_cost.known - cost.cost.known
        by_type = wellspring.usage(by="type", job_id=job.id).total
        assert (by_type.cost.known, by_type.saved) == (cost.cost.known, cost.saved)
        results = wellspring.results(job.id)
        with results.index:
            tariffs = wellspring.tariffs(job.id)
            each = [tariffs.cost_of(one).charged.known for one in results.index.answers()]
        assert sum(each, Decimal(0)) == cost.cost.known


def test_a_batch_that_ends_before_it_is_cancelled_leaves_nothing_to_buy(
    settings: Settings, provider: Callable[..., LocalService], eight: Path
) -> None:
    service = provider(pace="0")
    with Wellspring(paying(settings.places.data, service.base_url)) as wellspring:
        job = wellspring.submit(eight)
        wellspring.tick()
        (batch,) = service.openai.batches.list().data
        service.until_ended(batch)
        assert wellspring.retry(job.id, now=True).after_cancelling

        job = carry(wellspring, job.id)

        assert (job.status, job.all_answered, job.parts) == ("completed", True, 1)
        assert not job.finish_now
        assert "nothing to finish" in [event.what for event in wellspring.detail(job.id).events]
        assert not (settings.places.data / "real-time").exists()


def test_who_cancels_gives_the_finishing_up(
    settings: Settings, provider: Callable[..., LocalService], eight: Path
) -> None:
    with Wellspring(paying(settings.places.data, provider().base_url)) as wellspring:
        job = half_answered(wellspring, eight)
        wellspring.retry(job.id, now=True)
        wellspring.cancel(job.id)
        job = carry(wellspring, job.id)
        assert (job.status, job.parts, job.finish_now) == ("cancelled", 1, False)
        # It is over, and what it lacks can be had in real time still.
        retried = wellspring.retry(job.id, now=True)
        assert (retried.real_time, retried.parts) == (True, (2,))
        with pytest.raises(InputError, match="is being answered in real time already"):
            wellspring.retry(job.id, now=True)
        assert carry(wellspring, job.id).all_answered


def test_without_now_a_running_job_is_left_alone(
    settings: Settings, provider: Callable[..., LocalService], eight: Path
) -> None:
    with Wellspring(paying(settings.places.data, provider().base_url)) as wellspring:
        job = wellspring.submit(eight)
        with pytest.raises(InputError, match="still runs"):
            wellspring.retry(job.id)
        assert not wellspring.job(job.id).cancel_asked


@pytest.mark.timeout(300)
def test_killed_at_any_moment_of_the_turn_to_real_time_it_happens_once(
    settings: Settings, provider: Callable[..., LocalService], eight: Path, tmp_path: Path
) -> None:
    url = provider().base_url
    before = settings.places.data
    with Wellspring(paying(before, url)) as wellspring:
        job = half_answered(wellspring, eight)
        wellspring.retry(job.id, now=True)
        wellspring.tick()
        assert wellspring.job(job.id).status in ("cancelling", "cancelled")
    with Wellspring(replace(paying(before, url), read_only=True)) as looking:

        def is_due() -> bool:
            looking.tick()
            return looking.detail(job.id).parts[0].step is Step.COLLECTED

        until(is_due, "the cancelled batch to be collected")
        assert not looking.job(job.id).collected
    told = tmp_path / "moments.txt"

    def round_in(home: Path, die_before: int) -> int:
        given = map(str, (home, url, die_before, told))
        command = [sys.executable, "-c", DYING_ROUND, *given]
        ran = subprocess.run(
            command, cwd=Path(__file__).parents[2], env=os.environ, timeout=60, check=False
        )
        return ran.returncode

    whole = tmp_path / "whole"
    shutil.copytree(before, whole)
    assert round_in(whole, -1) == 0
    moments = told.read_text().split("\n")
    assert "rename part-002.jsonl" in moments
    for number, moment in enumerate(moments):
        home = tmp_path / f"home-{number}"
        shutil.copytree(before, home)
        assert round_in(home, number) == -signal.SIGKILL
        with Wellspring(paying(home, url)) as wellspring:
            job = carry(wellspring, job.id)
            assert (job.all_answered, job.parts) == (True, 2), moment
            by_part = answers(wellspring, job)
            assert set(Counter(by_part[1] + by_part[2]).values()) == {1}, moment
        stop_builtin(home)
