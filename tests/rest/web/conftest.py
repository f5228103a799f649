"""A browser tab without a browser: it speaks textual.js's words, and a terminal shows the bytes."""

from __future__ import annotations

import json
import os
import time
from contextlib import AbstractContextManager, ExitStack
from typing import TYPE_CHECKING, Any

import pyte
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from tests.rest.conftest import Server
from tests.support.files import visual

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

WIDTH, HEIGHT = 100, 30
_PATIENCE_SECONDS = 30.0


class Tab:
    """One tab that has opened the dashboard."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._screen = pyte.Screen(WIDTH, HEIGHT)
        self._stream = pyte.ByteStream(self._screen)
        self.told: list[Any] = []
        """What the page's script was told to do."""

    @property
    def text(self) -> str:
        """What a person sees."""
        return "\n".join(self._screen.display)

    def type(self, keys: str) -> None:
        """Press keys."""
        self.send(["stdin", keys])

    def send(self, what: object) -> None:
        """Say something as the page's script would."""
        self._socket.send(json.dumps(what))

    def until(self, reached: Callable[[], bool], what: str) -> None:
        """Watch until something is reached; fails naming it, with what is seen instead."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not reached():
            assert time.monotonic() < deadline, f"waited in vain for {what}:\n{self.text}"
            self._look(0.2)

    def sees(self, words: str) -> None:
        """Watch until these words are on the screen."""
        self.until(lambda: words in self.text, repr(words))

    def is_closed(self) -> bool:
        """Whether the server has hung up."""
        try:
            self._look(0.2)
        except ConnectionClosed:
            return True
        return False

    def close(self) -> None:
        """Close the tab."""
        self._socket.close()

    def _look(self, seconds: float) -> None:
        try:
            message = self._socket.recv(seconds)
        except TimeoutError:
            return
        if isinstance(message, bytes):
            self._stream.feed(message)
        else:
            self.told.append(json.loads(message))


def cookie(server: Server, token: str | None = None) -> dict[str, str]:
    """What a browser that has signed in sends with everything."""
    answer = server.http.get("/dashboard", params={"token": token or server.token})
    assert answer.status_code == 303, answer.text
    server.http.cookies.clear()
    name, _, rest = answer.headers["set-cookie"].partition("=")
    return {"cookie": f"{name}={rest.partition(';')[0]}"}


def children(pid: int) -> list[int]:
    """The processes that a process has started and that still run."""
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as listed:  # noqa: PTH123
        return [int(child) for child in listed.read().split() if not is_gone(int(child))]


def is_gone(pid: int) -> bool:
    """Whether a process has ended."""
    try:
        os.kill(pid, 0)
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as about:  # noqa: PTH123
            return about.read().rpartition(")")[2].split()[0] == "Z"
    except (ProcessLookupError, FileNotFoundError):
        return True


@pytest.fixture(scope="session")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with the dashboard on it."""
    server = Server(
        tmp_path_factory.mktemp("web"), "--dashboard", limits={"guard._BURST": 1_000_000}
    )
    server.write("garden.json", visual())
    yield server
    assert server.stop()[0] == 0


def line_to(
    server: Server, headers: dict[str, str], origin: str | None
) -> AbstractContextManager[ClientConnection]:
    """A terminal's line; enter it to have it opened. Raises InvalidStatus when it is refused."""
    size = f"width={WIDTH}&height={HEIGHT}"
    return connect(
        f"ws://{server.host}:{server.port}/dashboard/ws?{size}",
        origin=None if origin is None else Origin(origin),
        additional_headers=headers,
        compression=None,
        max_size=None,
        proxy=None,
    )


@pytest.fixture
def open_tab(web: Server) -> Iterator[Callable[..., Tab]]:
    """Open tabs, signed in; all are closed at the end."""
    with ExitStack() as opened:

        def open_one(server: Server = web) -> Tab:
            return Tab(opened.enter_context(line_to(server, cookie(server), server.url)))

        yield open_one
