"""Processes that carry jobs, ready in an instant, to be killed at any.

Importing takes over a second, so one process imports everything and forks those that
work: `python -m tests.support.nursery` reads errands as JSON lines. It has one thread,
as a process that forks must.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
import traceback
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING

import msgspec

from tests.support.dying import Moments
from tests.support.homes import sent_to
from wellspring_tui.errors import ServiceError
from wellspring_tui.prompts.model import RequestOptions
from wellspring_tui.services.client import Service
from wellspring_tui.settings import load_settings
from wellspring_tui.wellspring import Wellspring

if TYPE_CHECKING:
    from typing import Self

_REPOSITORY = Path(__file__).parents[2]
_PATIENCE_SECONDS = 60.0
_ROUND_SECONDS = 0.005


class Errand(msgspec.Struct, frozen=True):
    """What a process is to do, and when to die over it."""

    home: str
    url: str
    submit: str | None = None
    """A prompts file to make a job of, first."""
    carries: bool = True
    """Whether it carries the jobs of the home to their end."""
    max_requests: int = 50_000
    die_before: int | None = None
    forgets: str | None = None
    """A job to take out for good."""
    cleans: bool = False
    """Whether it deletes what nobody needs, at the end."""


class Nursery:
    """Starts processes and tells how they ended, while it is entered."""

    def __init__(self) -> None:
        self._life = threading.Lock()
        self._latest: int | None = None

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.nursery"],
            cwd=_REPOSITORY,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate(timeout=_PATIENCE_SECONDS)

    def start(self, errand: Errand) -> int:
        """The pid of a process that is on `errand` now."""
        with self._life:
            self._latest = int(self._ask(msgspec.json.encode(errand)))
            return self._latest

    def kill_latest(self) -> None:
        """Kill the process started last, if it was not asked after since it ended."""
        with self._life:
            if self._latest is not None:
                os.kill(self._latest, signal.SIGKILL)

    def ended(self, pid: int) -> int:
        """Wait for a process; its exit code, or minus the signal that ended it."""
        code = int(self._ask(b"%d" % pid))
        with self._life:
            self._latest = None  # its number may soon be another process's
        return code

    def run(self, errand: Errand) -> int:
        """Start a process and wait for its end."""
        return self.ended(self.start(errand))

    def _ask(self, line: bytes) -> bytes:
        asked, told = self._process.stdin, self._process.stdout
        assert asked is not None
        assert told is not None
        asked.write(line + b"\n")
        asked.flush()
        return told.readline()


def moments_of(home: Path) -> list[str]:
    """The moments that the last process of this home passed, if it came to its end."""
    found: list[str] = json.loads(_moments_path(home).read_bytes())
    return found


def _moments_path(home: Path) -> Path:
    return home.with_name(f"{home.name}-moments.json")


def _work(errand: Errand) -> None:
    home = Path(errand.home)
    moments = Moments(home, errand.die_before)
    settings = sent_to(
        load_settings(home=home, service="local"), errand.url, max_requests=errand.max_requests
    )
    moments.watch()
    with Wellspring(settings) as wellspring:
        if errand.submit is not None:
            wellspring.submit(Path(errand.submit), RequestOptions())
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while errand.carries and wellspring.ledger.open_channels():
            assert time.monotonic() < deadline, "the jobs do not come to their end"
            wellspring.tick()
            time.sleep(_ROUND_SECONDS)
        if errand.forgets is not None:
            wellspring.forget(errand.forgets)
        if errand.cleans:
            wellspring.clean(wellspring.litter().litter)
    _moments_path(home).write_text(json.dumps(moments.passed), encoding="utf-8")


def _fork(errand: Errand) -> int:
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        os.close(sys.stdin.fileno())
        _work(errand)
        code = 0
    finally:  # whatever it was: a fork must not go on as its parent
        if code:
            traceback.print_exc()
        os._exit(code)


def hurry_the_sdk() -> None:
    """The SDK's own pauses between its tries cost time and prove nothing."""
    from openai import _base_client

    for name in ("INITIAL_RETRY_DELAY", "MAX_RETRY_DELAY"):
        setattr(_base_client, name, 0.01)


def _import_everything() -> None:
    hurry_the_sdk()
    nowhere = Service("http://127.0.0.1:9/v1", "nobody")
    with suppress(ServiceError):
        next(nowhere.batches())
    nowhere.close()


class _Registrar:
    """Notes how forked processes ended, as soon as they do.

    One that ended and was not asked for would seem to live still, and to hold its parts.
    """

    def __init__(self) -> None:
        self._codes: dict[int, int] = {}
        signal.signal(signal.SIGCHLD, self._note)

    def _note(self, *_: object) -> None:
        with suppress(ChildProcessError):
            while (ended := os.waitpid(-1, os.WNOHANG))[0]:
                self._codes[ended[0]] = os.waitstatus_to_exitcode(ended[1])

    def code(self, pid: int) -> int:
        """Wait for a process; how it ended."""
        while pid not in self._codes:
            time.sleep(_ROUND_SECONDS)
        return self._codes.pop(pid)


def main(asked: IO[bytes], told: IO[bytes]) -> None:
    """Fork for each errand, wait for each pid, until nothing more is asked."""
    _import_everything()
    registrar = _Registrar()
    for line in asked:
        if line.startswith(b"{"):
            answer = _fork(msgspec.json.decode(line, type=Errand))
        else:
            answer = registrar.code(int(line))
        told.write(b"%d\n" % answer)
        told.flush()


if __name__ == "__main__":
    main(sys.stdin.buffer, sys.stdout.buffer)
