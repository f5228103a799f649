"""Several at work on one home for the length of a job: nothing twice, and nobody trips."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.faults.conftest import PART, through, wait_for_batches
from tests.support.carried import OPTIONS, Answers, Verdict, judged
from tests.support.faults import Fault, Script, Weather
from tests.support.faulty import FaultyLine
from tests.support.homes import carry, sent_to
from tests.support.nursery import Errand
from wellspring_tui.services.client import Service
from wellspring_tui.wellspring import Wellspring

if TYPE_CHECKING:
    from tests.support.nursery import Nursery
    from wellspring_tui.settings import Settings

_ALL_CUT = {asks: [Fault.ANSWER_CUT] for asks in ("upload", "create", "batches", "content")}
_NOT_FOUND = {"create": [Fault.FILE_NOT_FOUND]}
_PAUSE_SECONDS = 0.05
"""Longer than any of these services is left alone after a failure."""
_REPOSITORY = Path(__file__).parents[2]
_CONFIG = """
[services.local]
base_url = "{url}"
backoff_seconds = 0.02
"""


def watching(home: Path, job_id: str) -> subprocess.Popen[bytes]:
    """`wellspring watch`, as a user starts it."""
    command = [sys.executable, "-m", "wellspring_tui", "watch", job_id, "--home", str(home)]
    return subprocess.Popen(
        [*command, "--service", "local"],
        cwd=_REPOSITORY,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def test_a_watch_and_other_processes_carry_one_job_together(
    nursery: Nursery,
    settings: Settings,
    slow_service_url: str,
    prompts_path: Path,
    undisturbed: Answers,
) -> None:
    home = settings.places.data
    remote = Service(slow_service_url, "built-in")
    with through(settings, slow_service_url, Script()) as (line, wellspring):
        job = wellspring.submit(prompts_path, OPTIONS)
        settings.places.config.write_text(_CONFIG.format(url=line.base_url), encoding="utf-8")
        pids = [nursery.start(Errand(str(home), line.base_url)) for _ in range(2)]
        with watching(home, job.id) as watch:
            while not wellspring.job(job.id).collected:
                assert wellspring.tick().failures == {}
            assert [nursery.ended(pid) for pid in pids] == [0, 0]
            _, told = watch.communicate(timeout=60)
        assert watch.returncode == 0, told
        assert judged(wellspring, remote, job.id, undisturbed) == Verdict()
        assert (line.asked["create"], line.asked["upload"], line.asked["content"]) == (3, 3, 3)
        assert line.asked["cancel"] == 0
    remote.close()


@pytest.mark.parametrize(
    ("script", "rounds"),
    [({}, 1), ({}, 3), (_NOT_FOUND, 1), (_NOT_FOUND, 2), (_ALL_CUT, 2)],
)
def test_another_process_may_do_what_it_likes_at_any_moment(
    settings: Settings,
    service_url: str,
    remote: Service,
    prompts_path: Path,
    undisturbed: Answers,
    script: dict[str, list[Fault]],
    rounds: int,
) -> None:
    """While the n-th answer is on its way to one process, another goes on with the job."""
    number = 0
    answers = 1
    while number < answers:
        with (
            through(settings, service_url, Script(**script)) as (line, one),
            Wellspring(sent_to(settings, service_url, max_requests=PART)) as other,
        ):
            line.meanwhile = _Meanwhile(other, service_url, number, rounds)
            job = one.submit(prompts_path, OPTIONS)
            carry(one, job.id)
            assert (number, judged(one, remote, job.id, undisturbed)) == (number, Verdict())
            assert (number, line.asked["cancel"]) == (number, 0)
            answers = line.reached.total()
        number += 1
    assert number > 3


class _Meanwhile:
    """Another process's rounds, while one answer is on its way."""

    def __init__(self, other: Wellspring, service_url: str, number: int, rounds: int) -> None:
        self._other = other
        self._service_url = service_url
        self._answers_to_go = number
        self._rounds = rounds

    def __call__(self) -> None:
        wait_for_batches(self._service_url)
        self._answers_to_go -= 1
        if self._answers_to_go != -1:
            return
        for _ in range(self._rounds):
            assert self._other.tick().failures == {}
            wait_for_batches(self._service_url)
            time.sleep(_PAUSE_SECONDS)


def test_two_processes_carry_many_jobs_over_a_bad_line(
    nursery: Nursery,
    settings: Settings,
    service_url: str,
    remote: Service,
    prompts_path: Path,
    undisturbed: Answers,
) -> None:
    with (
        FaultyLine(service_url, Weather(7, faults=20, kills=0)) as line,
        Wellspring(settings) as wellspring,
    ):
        line.slowness_seconds = 0.005
        jobs = [wellspring.submit(prompts_path, OPTIONS) for _ in range(4)]
        errand = Errand(str(settings.places.data), line.base_url)
        pids = [nursery.start(errand) for _ in range(2)]
        assert [nursery.ended(pid) for pid in pids] == [0, 0]
        assert line.met.total() > 10
        for job in jobs:
            assert judged(wellspring, remote, job.id, undisturbed) == Verdict()


def test_two_threads_of_one_program_tick_at_once(
    settings: Settings,
    service_url: str,
    remote: Service,
    prompts_path: Path,
    undisturbed: Answers,
) -> None:
    eager = replace(settings, services=sent_to(settings, service_url, max_requests=PART).services)
    with Wellspring(eager) as wellspring:
        jobs = [wellspring.submit(prompts_path, OPTIONS) for _ in range(2)]
        raised: list[Exception] = []

        def tick_on() -> None:
            while wellspring.ledger.open_channels():
                raised.extend(wellspring.tick().failures.values())

        threads = [threading.Thread(target=tick_on) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert raised == []
        for job in jobs:
            assert judged(wellspring, remote, job.id, undisturbed) == Verdict()
