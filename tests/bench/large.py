"""A large job on a service with a short queue, its client killed twice: time and memory.

120,000 prompts go as three parts; the service's limit of enqueued tokens lets one run at
a time. The client is the command line, as users start it.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from tests.bench.measure import Figure
from wellspring_tui.services.client import Service
from wellspring_tui.settings import load_settings
from wellspring_tui.wellspring import Wellspring

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from wellspring_tui.jobs.model import Part

ONLY_BY_NAME = True
"""It takes minutes."""

_PROMPTS = 120_000
_A_SECTION = 100
_TEXT = "Collect what a group must know before it takes on plot"
_ENQUEUED_TOKENS = 1_500_000
"""More than 50,000 of these prompts have, and less than twice as many."""
_GOAL_MEGABYTES = 150
_LOOK_SECONDS = 0.05
_RUNNING = frozenset({"in_progress", "finalizing"})


def figures() -> Iterator[Figure]:
    """What it took, and whether all came back."""
    with tempfile.TemporaryDirectory() as folder:
        run = _Run(Path(folder))
        try:
            seconds = run.carry()
            yield from run.figures(seconds)
        finally:
            run.close()


class _Run:
    """The service, the home, and the clients that come and go."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._prompts = folder / "prompts.json"
        write_prompts(self._prompts)
        self._service_process = subprocess.Popen(
            [
                *(sys.executable, "-m", "wellspring_tui.local", "--data", str(folder / "service")),
                *("--port", "0", "--pace", "0", "--enqueued-tokens", str(_ENQUEUED_TOKENS)),
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self._service_process.stdout is not None
        url = self._service_process.stdout.readline().strip()
        self._remote = Service(url, "built-in")
        home = folder / "home"
        home.mkdir()
        config = f'[services.local]\nbase_url = "{url}"\nbackoff_seconds = 1\n'
        (home / "config.toml").write_text(config, encoding="utf-8")
        self._wellspring = Wellspring(load_settings(home=home, service="local"))
        self._peak_bytes = 0
        self._most_running = 0
        self.kills = 0

    def close(self) -> None:
        """Stop the service."""
        self._wellspring.close()
        self._remote.close()
        self._service_process.terminate()
        self._service_process.communicate()

    def carry(self) -> float:
        """Submit, be killed twice, come to the end; the seconds from first to last."""
        begun = time.perf_counter()
        self._client("submit", str(self._prompts), until=None)
        (job,) = self._wellspring.jobs()
        self._client("watch", job.id, until=lambda parts: parts[0].completed > 0)
        self._client("watch", job.id, until=lambda parts: parts[1].status == "completed")
        self._client("watch", job.id, until=None)
        self._client("results", job.id, "-o", str(self._folder / "results.json"), until=None)
        return time.perf_counter() - begun

    def _client(self, *arguments: str, until: Callable[[Sequence[Part]], bool] | None) -> None:
        """A command, watched from outside; it is killed when the parts are as `until` says."""
        command = [sys.executable, "-m", "wellspring_tui", *arguments, "--service", "local"]
        with subprocess.Popen(
            [*command, "--home", str(self._wellspring.settings.places.data)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as process:
            while process.poll() is None:
                self._peak_bytes = max(self._peak_bytes, _peak_bytes(process.pid))
                self._look_at_service()
                if until is not None and until(self._parts()):
                    os.kill(process.pid, signal.SIGKILL)
                    self.kills += 1
                    break
                time.sleep(_LOOK_SECONDS)
        expected = -signal.SIGKILL if until is not None else 0
        if process.returncode != expected:
            raise AssertionError(f"{' '.join(arguments)} ended with {process.returncode}")

    def _parts(self) -> Sequence[Part]:
        return [
            part
            for job in self._wellspring.jobs()
            for part in self._wellspring.detail(job.id).parts
        ]

    def _look_at_service(self) -> None:
        running = sum(batch.status in _RUNNING for batch in self._remote.batches())
        self._most_running = max(self._most_running, running)

    def figures(self, seconds: float) -> Iterator[Figure]:
        """The figures of a run that took so long."""
        (job,) = self._wellspring.jobs()
        results = msgspec.json.decode((self._folder / "results.json").read_bytes())
        answers = sum(map(len, results["results_by_section"].values()))
        batches = list(self._remote.batches())
        ran = sum(batch.status == "completed" for batch in batches)
        name = f"large: {_PROMPTS:,} prompts, {job.parts} parts, {self.kills} kills"
        yield Figure(name, seconds, "s")
        megabytes = self._peak_bytes / 1_000_000
        goal = f"< {_GOAL_MEGABYTES} MB"
        yield Figure("large: peak memory", megabytes, "MB", None, goal, megabytes < _GOAL_MEGABYTES)
        yield Figure("large: answers", answers, "", None, f"{_PROMPTS:,}", answers == _PROMPTS)
        yield Figure("large: batches that ran", ran, "", None, f"{job.parts}", ran == job.parts)
        yield Figure("large: batches that found the queue full", len(batches) - ran, "")
        most = self._most_running
        yield Figure("large: most batches running at once", most, "", None, "1", most == 1)


def write_prompts(path: Path) -> None:
    """A visual prompts JSON, a section at a time."""
    with path.open("wb") as file:
        file.write(b'{"batch_prompts": {"prompt_sets": [')
        for start in range(0, _PROMPTS, _A_SECTION):
            numbers = range(start, start + _A_SECTION)
            prompts = {f"prompt {number}": f"{_TEXT} {number}." for number in numbers}
            section = {"section": f"Section {start}", "research_prompts": prompts}
            file.write((b"," if start else b"") + msgspec.json.encode(section))
        file.write(b"]}}")


def _peak_bytes(pid: int) -> int:
    """The most memory a process has had; 0 once it has ended, or where nothing tells."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except OSError:
        return 0
    lines = [line for line in status.split("\n") if line.startswith("VmHWM")]
    return int(lines[0].split()[1]) * 1_024 if lines else 0
