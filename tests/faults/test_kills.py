"""Killed at every moment of a job's life, and started again: as if nothing had happened."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from tests.faults.conftest import PART, wait_for_batches
from tests.support.carried import Answers, Verdict, judged
from tests.support.faults import KILLS, POSSIBLE, Fault, Script
from tests.support.faulty import FaultyLine
from tests.support.nursery import Errand, Nursery, moments_of
from wellspring_tui.settings import load_settings
from wellspring_tui.wellspring import Wellspring

if TYPE_CHECKING:
    from pathlib import Path

    from wellspring_tui.services.client import Service
    from wellspring_tui.settings import Settings

_PARTS_OF_FOUR = 4
"""Two parts: what happens between two is among the moments."""


class Killing:
    """Homes in which a process is killed over a job, and another carries on."""

    def __init__(
        self, nursery: Nursery, line: FaultyLine, folder: Path, prompts_path: Path
    ) -> None:
        self._nursery = nursery
        self._line = line
        self._folder = folder
        self._prompts_path = prompts_path

    def home(self, name: object) -> Path:
        return self._folder / f"home-{name}"

    def run(self, home: Path, *, submits: bool, die_before: int | None = None) -> int:
        """A process on this home; how it ended."""
        return self._nursery.run(
            Errand(
                str(home),
                self._line.base_url,
                submit=str(self._prompts_path) if submits else None,
                max_requests=_PARTS_OF_FOUR,
                die_before=die_before,
            )
        )


@pytest.mark.timeout(300)
def test_a_job_survives_a_kill_at_every_moment_of_its_life(
    nursery: Nursery,
    service_url: str,
    remote: Service,
    tmp_path: Path,
    prompts_path: Path,
    undisturbed: Answers,
) -> None:
    with FaultyLine(service_url, Script()) as line:
        line.at_rest = lambda: wait_for_batches(service_url)
        killing = Killing(nursery, line, tmp_path, prompts_path)
        assert killing.run(killing.home("whole"), submits=True) == 0
        moments = moments_of(killing.home("whole"))
        assert {"connect", "COMMIT", "rename part-002.output.jsonl"} <= set(moments)
        planned = 0
        badly: dict[str, Verdict] = {}
        for number, moment in enumerate(moments):
            home = killing.home(number)
            assert killing.run(home, submits=True, die_before=number) == -signal.SIGKILL
            with Wellspring(load_settings(home=home, service="local")) as wellspring:
                ids = [job.id for job in wellspring.jobs()]
                if not ids:
                    planned += 1
                    assert number == planned - 1  # only while it was not in the ledger yet
                    continue
                assert killing.run(home, submits=False) == 0
                verdict = judged(wellspring, remote, ids[0], undisturbed)
                if verdict != Verdict():
                    badly[f"before moment {number}, {moment}"] = verdict
        assert badly == {}
        assert 0 < planned < len(moments)
    assert line.reached["create"] == line.asked["create"]


def test_nothing_is_sent_of_a_job_that_was_never_planned_to_its_end(
    nursery: Nursery, service_url: str, tmp_path: Path, prompts_path: Path
) -> None:
    with FaultyLine(service_url, Script()) as line:
        killing = Killing(nursery, line, tmp_path, prompts_path)
        assert killing.run(killing.home("whole"), submits=True) == 0
        moments = moments_of(killing.home("whole"))
        sent = line.asked.total()
        for number in range(moments.index("connect")):
            home = killing.home(number)
            assert killing.run(home, submits=True, die_before=number) == -signal.SIGKILL
            with Wellspring(load_settings(home=home, service="local")) as wellspring:
                if wellspring.count_jobs() == 0:
                    assert killing.run(home, submits=False) == 0
        assert line.asked.total() == sent


@pytest.mark.parametrize(
    ("asks", "fault"),
    [
        (asks, fault)
        for asks in ("upload", "create", "batches", "file", "content")
        for fault in sorted(KILLS & POSSIBLE[asks])
    ],
)
def test_a_job_survives_a_kill_in_the_middle_of_a_call(
    nursery: Nursery,
    settings: Settings,
    service_url: str,
    remote: Service,
    prompts_path: Path,
    undisturbed: Answers,
    asks: str,
    fault: Fault,
) -> None:
    home = str(settings.places.data)
    with FaultyLine(service_url, Script(**{asks: [fault]})) as line:
        line.kill = nursery.kill_latest
        errand = Errand(home, line.base_url, submit=str(prompts_path), max_requests=PART)
        assert nursery.run(errand) == -signal.SIGKILL
        assert line.met[fault] == 1
        assert nursery.run(Errand(home, line.base_url)) == 0
    with Wellspring(settings) as wellspring:
        (job,) = wellspring.jobs()
        assert judged(wellspring, remote, job.id, undisturbed) == Verdict()
