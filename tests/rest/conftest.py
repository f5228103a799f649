"""Real servers, `wellspring serve` on a free port, spoken to over real sockets."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any

import httpx2
import pytest

from tests.support.files import CHAT, jsonl, request, visual
from tests.support.homes import stop_builtin, until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

_STARTED_WITH_OTHER_LIMITS = """
import importlib, json, sys
for name, value in json.loads(sys.argv[1]).items():
    module, _, constant = name.rpartition(".")
    setattr(importlib.import_module(f"wellspring_tui.rest.{module}"), constant, value)
from wellspring_tui.cli.app import main
main(sys.argv[2:])
"""
HALF_DONE = jsonl([request("good", CHAT, "o3-mini"), request("bad", CHAT, "o3-mini", max_tokens=9)])
"""Two requests; the model refuses the second for good."""


class Server:
    """One running `wellspring serve`; `root` is the folder it reads prompts from."""

    def __init__(
        self, folder: Path, *options: str, limits: Mapping[str, object], **variables: str
    ) -> None:
        self.folder = folder
        self.root = folder / "root"
        self.home = folder / "home"
        self.root.mkdir(exist_ok=True)
        own = {
            "WELLSPRING_HOME": str(self.home),
            "WELLSPRING_SERVICE": "local",
            "WELLSPRING_PACE": "0",
            "BATCH_CHECK_INTERVAL": "1",
        }
        self.process: subprocess.Popen[str] = subprocess.Popen(
            [
                *(sys.executable, "-c", _STARTED_WITH_OTHER_LIMITS, json.dumps(dict(limits))),
                *("serve", "--port", "0", "--json", *options),
            ],
            cwd=self.root,
            env={**_ambient(), **own, **variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        line = self._stdout.readline()
        assert line, self._stderr.read()
        self.ready: dict[str, Any] = json.loads(line)
        self.url = str(self.ready["url"])
        self.host, _, port = self.url.removeprefix("http://").rpartition(":")
        self.port = int(port)
        self.http = httpx2.Client(base_url=self.url, trust_env=False, timeout=30)

    @property
    def _stdout(self) -> IO[str]:
        assert self.process.stdout is not None
        return self.process.stdout

    @property
    def _stderr(self) -> IO[str]:
        assert self.process.stderr is not None
        return self.process.stderr

    @property
    def token(self) -> str:
        """The token that it made."""
        with open(self.ready["token_file"], encoding="ascii") as file:  # noqa: PTH123
            return file.read().strip()

    @property
    def log(self) -> str:
        """What it has logged."""
        return (self.home / "logs" / "serve.log").read_text(encoding="utf-8")

    def write(self, name: str, content: bytes) -> Path:
        """A file below its root."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    def get(self, path: str, **others: Any) -> Any:
        """The JSON of an answer that must be a good one."""
        answer = self.http.get(path, **others)
        assert answer.is_success, answer.text
        return answer.json()

    def submit(self, path: object, **others: object) -> httpx2.Response:
        """Ask for a job of the file at `path`."""
        return self.http.post("/batch/submit", json={"json_file_path": str(path), **others})

    def job(self, content: bytes | None = None, **others: object) -> str:
        """The id of a job that has just been submitted."""
        name = f"prompts-{len(list(self.root.iterdir()))}.json"
        self.write(name, visual() if content is None else content)
        answer = self.submit(name, **others)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["job_id"])

    def ended(self, job_id: str) -> dict[str, Any]:
        """A job's status once it is over."""
        until(lambda: self._status(job_id)["collected"], f"the job {job_id} to end")
        return self._status(job_id)

    def _status(self, job_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.get(f"/batch/{job_id}/status")
        return found

    @contextmanager
    def connected(self, source: str = "127.0.0.1") -> Iterator[socket.socket]:
        """A bare connection, from an address of this machine."""
        with socket.create_connection((self.host, self.port), 30, (source, 0)) as bare:
            yield bare

    def raw(self, sent: bytes) -> bytes:
        """Everything that comes back for some bytes, until the server hangs up."""
        with self.connected() as bare:
            bare.sendall(sent)
            return read_all(bare)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> tuple[int, str]:
        """Stop it as a person would: its exit code, and all it said on stderr."""
        self.process.send_signal(number)
        return self.wait()

    def wait(self) -> tuple[int, str]:
        """The same once it has ended."""
        _, stderr = self.process.communicate(timeout=30)
        self.http.close()
        stop_builtin(self.home)
        return self.process.returncode, stderr


def _ambient() -> dict[str, str]:
    """The environment without anybody's real settings."""
    ours = ("OPENAI_", "WELLSPRING_", "BATCH_", "LOG_LEVEL", "PORT")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}


def read_all(bare: socket.socket) -> bytes:
    """What comes until the other side hangs up, however it does."""
    received = b""
    try:
        while chunk := bare.recv(65_536):
            received += chunk
    except ConnectionResetError:
        pass
    return received


def status_of(answer: bytes) -> int:
    """The status of a bare answer."""
    found = re.match(rb"HTTP/1\.1 (\d{3}) ", answer)
    assert found, answer[:200]
    return int(found[1])


def problem(answer: httpx2.Response, status: int, slug: str) -> dict[str, Any]:
    """The problem that an answer tells; anything else is a defect."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    told: dict[str, Any] = answer.json()
    assert told["type"] == f"/docs#{slug}"
    assert told["status"] == status
    assert told["title"]
    assert told["detail"]
    return told


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Start servers of this test's own; what still runs at the end is stopped."""
    # A shell's background job starts with SIGINT ignored, and would hand that down.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    started: list[Server] = []

    def start(
        *options: str,
        folder: Path = tmp_path,
        limits: Mapping[str, object] | None = None,
        **env: str,
    ) -> Server:
        started.append(Server(folder, *options, limits=limits or {}, **env))
        return started[-1]

    yield start
    for server in started:
        if server.process.poll() is None:
            server.stop()


@pytest.fixture
def server(serve: Callable[..., Server]) -> Server:
    """A server of this test's own."""
    return serve()


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server for tests that mind neither what is in it nor what is added, nor how often."""
    unhurried = {"guard._BURST": 1_000_000}
    server = Server(tmp_path_factory.mktemp("shared"), limits=unhurried)
    yield server
    assert server.stop()[0] == 0


@pytest.fixture(scope="session")
def slow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The same with a service that takes a minute over a batch, so that jobs are seen to run."""
    unhurried = {"guard._BURST": 1_000_000}
    folder = tmp_path_factory.mktemp("slow")
    server = Server(folder, limits=unhurried, WELLSPRING_PACE="60")
    yield server
    assert server.stop()[0] == 0
