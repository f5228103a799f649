"""Starting the built-in service, and keeping it while it is used.

It is a program of its own, spoken to over HTTP only. A face that uses it holds a
lease, an open connection that the system closes even if the face is killed. The
service stops by itself when no lease is held and no batch is unfinished, so a job
is answered to its end after the terminal was closed.
"""

from __future__ import annotations

import http.client
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

import msgspec

from wellspring_tui.errors import (
    BusyError,
    CredentialsError,
    NetworkError,
    RefusedError,
    ServiceError,
)
from wellspring_tui.private import make_folder
from wellspring_tui.text import one_line

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from wellspring_tui.service_profiles import ServiceProfile
    from wellspring_tui.services.provider import Provider

_START_SECONDS = 20.0
_NO_ANSWERER = 4
"""What it ends with when who is to answer can't be had: its last word says why."""
_SAYS = "wellspring local: "
_CALL_SECONDS = 5.0
_LOOK_SECONDS = 0.02
_AGAIN_SECONDS = 0.2
_PROXY_FAILED = "proxy_failed"
_NO_WAY = frozenset({_PROXY_FAILED, "model_server_unreachable"})
_FOR_ANYBODY = "built-in"

T = TypeVar("T")


class _Running(msgspec.Struct):
    """What a running service writes down about itself, in `service.json`."""

    pid: int
    base_url: str
    answerer: str | None = None
    """Who answers; None from a service of an older version."""


class _Health(msgspec.Struct):
    """What it says of itself to whoever asks."""

    pid: int
    key_refused: bool = False


class _Said(msgspec.Struct):
    message: str
    code: str | None = None


class _Trouble(msgspec.Struct):
    """What keeps it from answering."""

    error: _Said | None = None
    proxies: str | None = None
    """Stands for those that it asks through; None from a service of an older version."""
    under_way: int = 0
    """How many requests its provider is just answering."""


def answering_options(profile: ServiceProfile) -> list[str]:
    """What the built-in service is told about who answers."""
    options = []
    if profile.small_model is not None:
        options += ["--model", profile.small_model]
    if profile.model_server is not None:
        options += ["--model-server", profile.model_server]
    if profile.model_server_key_variable is not None:
        options += ["--model-server-key-variable", profile.model_server_key_variable]
    return options


def refuse_without_model(profile: ServiceProfile) -> None:
    """Raises RefusedError when a small model is to answer that is not installed here."""
    if profile.small_model is None:
        return
    command = [sys.executable, "-m", "wellspring_tui.local.small_model", "--find"]
    found = subprocess.run(
        [*command, profile.small_model], capture_output=True, text=True, check=False
    )
    if found.returncode:
        raise RefusedError(one_line(found.stderr, 300))


class BuiltinService:
    """The built-in service of one home: found when it runs, started when it doesn't."""

    def __init__(
        self,
        data: Path,
        pace_seconds: float,
        profile: ServiceProfile | None = None,
        environment: Mapping[str, str] | None = None,
        *,
        provider: Provider | None = None,
    ) -> None:
        """`profile` says who answers; `environment` holds the key of who does.

        With a `provider` it is that who answers, and no profile is asked.
        """
        self._data = data
        self._answering = [] if profile is None else answering_options(profile)
        self._answerer = None if profile is None or provider else profile.answerer
        self._provider = provider
        named = os.environ if environment is None else environment
        # A key that was given to one object stands under a name that no variable can have.
        self._environment = {name: value for name, value in named.items() if "=" not in name}
        if provider is not None:
            self._answering = ["--provider"]
            self._environment |= provider.variables
        self._pace_seconds = pace_seconds
        self._lease: http.client.HTTPConnection | None = None
        self._base_url: str | None = None

    def base_url(self) -> str:
        """Where the service answers; it is started when it does not run.

        Raises NetworkError when it can't be started, RefusedError when who is to answer is not
        installed, BusyError while one runs that somebody else answers for.
        """
        if self._base_url is not None and _answers(self._base_url):
            return self._base_url
        self.release()
        running = self.running()
        if running is not None:
            self._refuse_other(running)
        if running is None or not self._take_lease(running):
            running = self._start()
        self._base_url = running.base_url
        return running.base_url

    def password(self, base_url: str) -> str:
        """What the service at `base_url` wants to hear as an API key."""
        return _FOR_ANYBODY if self._provider is None else self._provider.password(base_url)

    def trouble(self) -> ServiceError | None:
        """What keeps its provider from answering now; None too for one that nobody pays."""
        if self._provider is None or self._base_url is None:
            return None
        said = self._trouble(self._base_url)
        if said is None or said.error is None:
            return None
        sentence = one_line(said.error.message, 300)
        if said.error.code == "invalid_api_key":
            todo = "Nothing is lost or paid twice: with another key the job goes on."
            return CredentialsError(sentence, todo=todo)
        waits = "What has no answer yet waits and is asked again."
        if said.error.code == _PROXY_FAILED:
            waits += " Another HTTPS_PROXY, or the host in NO_PROXY, counts from the next start."
        return NetworkError(sentence, todo=waits)

    def _trouble(self, base_url: str) -> _Trouble | None:
        answer = self._asked(base_url, "/wellspring/trouble")
        return None if answer is None else _understood(answer[1], _Trouble)

    def running(self) -> _Running | None:
        """The service that runs in this home now, if one does."""
        try:
            written = (self._data / "service.json").read_bytes()
            found = msgspec.json.decode(written, type=_Running)
        except (OSError, msgspec.DecodeError):
            return None
        return found if _answers(found.base_url) else None

    def _refuse_other(self, running: _Running) -> None:
        """Jobs made for one answerer are never given to another."""
        if None in (running.answerer, self._answerer) or running.answerer == self._answerer:
            return
        raise BusyError(
            f"the built-in service is still at work with other answers ({running.answerer})",
            todo=f"Those of {self._answerer} come when its batches have ended and no program "
            "uses it any more.",
        )

    def release(self) -> None:
        """Let go of the lease. The service stops once nobody holds one and all is done."""
        if self._lease is not None:
            self._lease.close()
            self._lease = None
        self._base_url = None

    def _take_lease(self, running: _Running) -> bool:
        """Whether it stays for us now. Raises BusyError when it serves another key."""
        connection = _connection(running.base_url)
        try:
            connection.request("GET", "/wellspring/lease", headers=self._headers(running.base_url))
            answer = connection.getresponse()
        except (OSError, http.client.HTTPException):
            connection.close()
            return False
        if answer.status == http.client.OK:
            if not self._is_cut_off(running):
                self._lease = connection
                return True
            _end(running)
        connection.close()
        if answer.status == http.client.UNAUTHORIZED:
            self._relieve(running)
        return False

    def _relieve(self, running: _Running) -> None:
        """End a service with another key, if that is refused and so nothing is under way.

        What it has answered is on disk, and the one that follows goes on from there.
        """
        answer = self._asked(running.base_url, "/wellspring/health")
        health = None if answer is None else _understood(answer[1], _Health)
        if health is None:
            return
        if not health.key_refused or health.pid != running.pid:
            raise BusyError(
                "the built-in service is answering with another API key of this provider",
                todo="It ends when its jobs do and nobody has them open; then this goes on.",
            )
        _end(running)

    def _is_cut_off(self, running: _Running) -> bool:
        """Whether it gets no way to its provider where we would take another, by our proxies.

        Only while nothing is under way, which might be paid twice: what is answered is on disk.
        """
        if self._provider is None:
            return False
        said = self._trouble(running.base_url)
        if said is None or said.error is None or said.error.code not in _NO_WAY or said.under_way:
            return False
        return said.proxies not in (None, self._provider.proxies(self._environment))

    def _headers(self, base_url: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.password(base_url)}"}

    def _asked(self, base_url: str, path: str) -> tuple[int, bytes] | None:
        """Status and body of an answer; None when there is none."""
        return _asked(base_url, path, self._headers(base_url))

    def _start(self) -> _Running:
        make_folder(self._data)
        log_path = self._data / "service.log"
        process = self._spawn(log_path)
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            # Another face may have been first: then ours ends, and its service is taken.
            running = self.running()
            if running is not None:
                self._refuse_other(running)
            if running is not None and self._take_lease(running):
                return running
            time.sleep(_LOOK_SECONDS)
            if process.poll() == _NO_ANSWERER:
                raise RefusedError(_last_line(log_path).removeprefix(_SAYS))
            if process.poll() is not None and self.running() is None:
                # Ours gave way to one that was just stopping.
                time.sleep(_AGAIN_SECONDS)
                process = self._spawn(log_path)
        process.terminate()
        raise NetworkError(
            f"the built-in service did not start in {_START_SECONDS:.0f} s",
            where=str(log_path),
            todo=_last_line(log_path) or "Its log says why.",
        )

    def _spawn(self, log_path: Path) -> subprocess.Popen[bytes]:
        command = [
            *(sys.executable, "-m", "wellspring_tui.local", "--data", str(self._data)),
            *("--port", "0", "--pace", str(self._pace_seconds), "--leased"),
            *self._answering,
        ]
        # A session of its own: Ctrl-C in the face's terminal must not end a batch.
        with log_path.open("ab") as log:
            log_path.chmod(0o600)
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
                start_new_session=True,
                env=self._environment,
            )
        # It may end long before this program does: somebody has to take note, or it stays a zombie.
        threading.Thread(target=process.wait, daemon=True).start()
        return process


def _end(running: _Running) -> None:
    """Stop a service; what is under way gets a moment."""
    with suppress(ProcessLookupError):
        os.kill(running.pid, signal.SIGTERM)


def _connection(base_url: str) -> http.client.HTTPConnection:
    address = urlsplit(base_url)
    return http.client.HTTPConnection(
        address.hostname or "127.0.0.1", address.port, timeout=_CALL_SECONDS
    )


def _answers(base_url: str) -> bool:
    answer = _asked(base_url, "/wellspring/health", {})
    return answer is not None and answer[0] == http.client.OK


def _asked(base_url: str, path: str, headers: Mapping[str, str]) -> tuple[int, bytes] | None:
    connection = _connection(base_url)
    try:
        connection.request("GET", path, headers=dict(headers))
        answer = connection.getresponse()
        return answer.status, answer.read()
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def _understood(body: bytes, kind: type[T]) -> T | None:
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def _last_line(path: Path) -> str:
    lines = path.read_text(encoding="utf-8", errors="replace").strip().rsplit("\n", 1)
    return one_line(lines[-1], 200)
