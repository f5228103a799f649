"""`python -m tests.faults.schedules --seeds 200`: jobs through foul weather, by the dozen.

Each seed is a schedule: a job of eight prompts in three parts, a line with faults by
chance, processes that die at moments by chance, sometimes two of them at work at once.
Whatever happens, the job must end as if nothing had.
"""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field, fields
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from tests.support.carried import OPTIONS, Verdict, answers_of, judged
from tests.support.faults import Weather
from tests.support.faulty import FaultyLine
from tests.support.files import EIGHT, visual
from tests.support.homes import carry, sent_to, stop_builtin
from tests.support.nursery import Errand, Nursery
from wellspring_tui.services.builtin import BuiltinService
from wellspring_tui.services.client import Service
from wellspring_tui.settings import load_settings
from wellspring_tui.wellspring import Wellspring

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.support.carried import Answers
    from tests.support.faults import Fault

_PART = 3
_MOST_FAULTS = 8
_MOST_KILLS = 3
_LATEST_DEATH = 90
"""A job of three parts passes about so many moments."""
_MOST_PROCESSES = 20
_COMPANY = 0.25
"""How often two processes carry the job at once."""
_SEEDS_A_SERVICE = 40
"""A listing that grows for ever would only slow the later ones."""


@dataclass(slots=True)
class Tally:
    """What happened in all schedules so far, and what came of it."""

    schedules: int = 0
    processes: int = 0
    kills: int = 0
    faults: Counter[Fault] = field(default_factory=Counter)
    strays: int = 0
    """Batches of no job that is in a ledger."""
    bad: dict[int, Verdict] = field(default_factory=dict)
    """By seed."""

    def add(self, seed: int, schedule: _Schedule, verdict: Verdict) -> None:
        """Count one more schedule."""
        self.schedules += 1
        self.processes += schedule.processes
        self.kills += schedule.kills
        self.faults += schedule.met
        if verdict != Verdict():
            self.bad[seed] = verdict

    def join(self, other: Tally) -> None:
        """Count what another tally counted."""
        self.schedules += other.schedules
        self.processes += other.processes
        self.kills += other.kills
        self.faults += other.faults
        self.strays += other.strays
        self.bad |= other.bad

    def lines(self) -> list[str]:
        """The counts, as a report."""
        counted = [name for name in (one.name for one in fields(Verdict)) if name != "leftovers"]
        return [
            f"{self.schedules} schedules, {self.processes} processes",
            f"{self.kills} processes killed, {self.faults.total()} faults:",
            *(f"  {count:5} × {fault}" for fault, count in self.faults.most_common()),
            f"batches of no known job: {self.strays}",
            *(
                f"{name.replace('_', ' ')}: {sum(getattr(one, name) for one in self.bad.values())}"
                for name in counted
            ),
            *(f"seed {seed}: {verdict}" for seed, verdict in sorted(self.bad.items())),
        ]


class _Schedule:
    """One job and what befalls it."""

    def __init__(self, seed: int, folder: Path, prompts: Path, nursery: Nursery) -> None:
        chance = Random(f"deaths {seed}")
        self.processes = self.kills = 0
        self._home = folder / f"home-{seed}"
        self._prompts = prompts
        self._nursery = nursery
        self._weather = Weather(
            seed, faults=chance.randint(1, _MOST_FAULTS), kills=chance.randint(0, _MOST_KILLS)
        )
        self._deaths = [
            chance.randrange(_LATEST_DEATH) for _ in range(chance.randint(0, _MOST_KILLS))
        ]
        self._company = chance.random() < _COMPANY
        self.met: Counter[Fault] = Counter()
        self.job_id = ""

    def run(self, service_url: str, remote: Service, undisturbed: Answers) -> Verdict:
        """Carry the job to its end, by as many processes as it takes."""
        with FaultyLine(service_url, self._weather) as line:
            line.kill = self._nursery.kill_latest
            line.slowness_seconds = 0.002
            self._carry(line.base_url)
            self.met = line.met
        settings = sent_to(load_settings(home=self._home, service="local"), service_url)
        with Wellspring(settings) as wellspring:
            (job,) = wellspring.jobs()
            self.job_id = job.id
            return judged(wellspring, remote, job.id, undisturbed)

    def _carry(self, url: str) -> None:
        for _ in range(_MOST_PROCESSES):
            company = self._start(url) if self._company and self._has_job() else None
            code = self._nursery.ended(self._start(url))
            if company is not None:
                self._note(self._nursery.ended(company))
            self._note(code)
            if code == 0:
                return
        raise AssertionError(f"no process of {_MOST_PROCESSES} came to its end in {self._home}")

    def _note(self, code: int) -> None:
        assert code in (0, -signal.SIGKILL), f"a process in {self._home} ended with {code}"
        self.kills += code != 0

    def _start(self, url: str) -> int:
        self.processes += 1
        errand = Errand(
            str(self._home),
            url,
            submit=None if self._has_job() else str(self._prompts),
            max_requests=_PART,
            die_before=self._deaths.pop() if self._deaths else None,
        )
        return self._nursery.start(errand)

    def _has_job(self) -> bool:
        if not self._home.exists():
            return False
        with Wellspring(load_settings(home=self._home, service="local")) as wellspring:
            return wellspring.count_jobs() > 0


def run(seeds: Iterable[int], folder: Path, nursery: Nursery) -> Tally:
    """The schedules of these seeds, one after the other, against a service of their own."""
    prompts = folder / "eight.json"
    prompts.write_bytes(visual(EIGHT))
    builtin = BuiltinService(folder / "service" / "local", pace_seconds=0.0)
    remote = Service(builtin.base_url(), "built-in")
    tally = Tally()
    try:
        known, undisturbed = _undisturbed(folder / "undisturbed", prompts, remote.base_url)
        jobs = {known}
        for seed in seeds:
            schedule = _Schedule(seed, folder, prompts, nursery)
            verdict = schedule.run(remote.base_url, remote, undisturbed)
            tally.add(seed, schedule, verdict)
            jobs.add(schedule.job_id)
        tally.strays = sum(one.metadata["wellspring_job"] not in jobs for one in remote.batches())
    finally:
        remote.close()
        builtin.release()
        stop_builtin(folder / "service")
    return tally


def _undisturbed(home: Path, prompts: Path, service_url: str) -> tuple[str, Answers]:
    """A job that nothing befell, and its answers."""
    settings = sent_to(load_settings(home=home, service="local"), service_url)
    with Wellspring(settings) as wellspring:
        job = wellspring.submit(prompts, OPTIONS)
        assert carry(wellspring, job.id).all_answered
        return job.id, answers_of(wellspring, job.id)


def main() -> int:
    """Run the schedules asked for and print the counts; 1 when a job came out otherwise."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.schedules")
    parser.add_argument("--seeds", type=int, default=200, help="how many schedules")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    asked = parser.parse_args()
    seeds = range(asked.first, asked.first + asked.seeds)
    begun = time.monotonic()
    tally = Tally()
    with Nursery() as nursery:
        for start in seeds[::_SEEDS_A_SERVICE]:
            some = range(start, min(start + _SEEDS_A_SERVICE, seeds.stop))
            with tempfile.TemporaryDirectory() as folder:
                tally.join(run(some, Path(folder), nursery))
            print(f"{tally.schedules} done, {len(tally.bad)} bad", file=sys.stderr, flush=True)
    print(*tally.lines(), f"{time.monotonic() - begun:.0f} s", sep="\n")
    return 1 if tally.bad or tally.strays else 0


if __name__ == "__main__":
    sys.exit(main())
