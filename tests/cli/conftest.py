"""The program in a home of its own, called as a person calls it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import wellspring_tui
from tests.support.homes import until

if TYPE_CHECKING:
    from collections.abc import Iterator

SAMPLE = Path(wellspring_tui.__file__).parent / "samples" / "garden-handbook.json"
PROGRAM = (sys.executable, "-m", "wellspring_tui")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a call of the program left behind."""

    code: int
    stdout: str
    stderr: str


@dataclass(frozen=True, slots=True)
class Shell:
    """A shell in an empty folder, in which `wellspring` can be called."""

    folder: Path
    home: Path

    def wellspring(self, *arguments: str | Path, **variables: str) -> Outcome:
        """Run the program to its end."""
        done = subprocess.run(
            [*PROGRAM, *map(str, arguments)],
            cwd=self.folder,
            env=self.environment(**variables),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=60,
            check=False,
        )
        return Outcome(done.returncode, done.stdout.decode(), done.stderr.decode())

    @contextlib.contextmanager
    def started(
        self, *arguments: str | Path, **variables: str
    ) -> Iterator[subprocess.Popen[bytes]]:
        """The program while it runs; what is left of it is killed at the end."""
        # A shell's background job starts with SIGINT ignored, and would hand that down.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        with subprocess.Popen(
            [*PROGRAM, *map(str, arguments)],
            cwd=self.folder,
            env=self.environment(**variables),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as process:
            try:
                yield process
            finally:
                process.kill()

    def json(self, *arguments: str | Path) -> Any:
        """What the program prints with `--json`."""
        outcome = self.wellspring(*arguments, "--json")
        assert outcome.code == 0, outcome.stderr
        return json.loads(outcome.stdout)

    def id_of_job_in(self, status: str) -> str:
        """Wait until the newest job has come to `status`."""

        def newest() -> dict[str, Any]:
            return next(iter(self.json("jobs")), {})

        until(lambda: newest().get("status") == status, f"a job in {status}")
        return str(newest()["job_id"])

    def write(self, name: str, content: str | bytes) -> Path:
        """A file in the folder."""
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def environment(self, **variables: str) -> dict[str, str]:
        """The built-in service at full speed, unless `variables` say otherwise."""
        own = {
            "WELLSPRING_HOME": str(self.home),
            "WELLSPRING_PACE": "0",
            "WELLSPRING_SERVICE": "local",
        }
        return {**os.environ, **own, **variables}


@pytest.fixture
def shell(tmp_path: Path, home: Path) -> Shell:
    """A shell whose home is empty."""
    return Shell(tmp_path, home)


def sentence(outcome: Outcome) -> str:
    """The one sentence on stderr; anything else there, or on stdout, is a defect."""
    assert outcome.stdout == ""
    assert outcome.stderr.startswith("wellspring: ")
    assert outcome.stderr.count("\n") == 1, outcome.stderr
    return outcome.stderr.removeprefix("wellspring: ").rstrip("\n")
