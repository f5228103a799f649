"""One dashboard for one browser tab: a process of its own, on the same home.

It runs on Textual's web driver, which speaks in packets over the pipes: a letter for the
kind (D for what a terminal would get, M for a message in JSON, P for a piece of a file),
four bytes of length, and that many bytes.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
from asyncio.subprocess import DEVNULL, PIPE
from contextlib import suppress
from typing import TYPE_CHECKING

from wellspring_tui.errors import WellspringError
from wellspring_tui.rest.sessions import TOKEN_VARIABLE
from wellspring_tui.rest.webhooks import SECRET_VARIABLE

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import AsyncIterator, Sequence

_log = logging.getLogger(__name__)

SCREEN, MESSAGE, PIECE = b"D", b"M", b"P"
QUIT_SECONDS = 5.0
"""How long a dashboard may take to leave before it is ended."""
_START_SECONDS = 30.0
_READY_LINE = b"__GANGLION__\n"
_LINES_BEFORE_READY = 10
_LARGEST_PACKET_BYTES = 64 * 1024 * 1024


class DashboardError(WellspringError):
    """The dashboard did not start, or says what makes no sense."""


class DashboardProcess:
    """Started by `start`; `end` must be awaited, whatever happens."""

    def __init__(self, process: Process) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._process = process
        self._input = process.stdin
        self._output = process.stdout

    @classmethod
    async def start(cls, command: Sequence[str], width: int, height: int) -> DashboardProcess:
        """A new process whose terminal has that many cells."""
        # What is the server's own is none of the dashboard's business.
        own = {TOKEN_VARIABLE, SECRET_VARIABLE}
        environment = {name: value for name, value in os.environ.items() if name not in own}
        environment |= {
            "TEXTUAL_DRIVER": "textual.drivers.web_driver:WebDriver",
            "TEXTUAL_COLOR_SYSTEM": "truecolor",
            "TERM_PROGRAM": "textual",
            "COLUMNS": str(width),
            "ROWS": str(height),
        }
        process = await asyncio.create_subprocess_exec(
            *command, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, env=environment
        )
        return cls(process)

    async def packets(self) -> AsyncIterator[tuple[bytes, bytes]]:
        """Kind and content of each packet until it ends. Raises DashboardError."""
        async with asyncio.timeout(_START_SECONDS):
            await self._until_ready()
        while True:
            try:
                head = await self._output.readexactly(5)
                size = int.from_bytes(head[1:], "big")
                if size > _LARGEST_PACKET_BYTES:
                    raise DashboardError("the dashboard says more than anybody could read")
                yield head[:1], await self._output.readexactly(size)
            except asyncio.IncompleteReadError:
                return

    async def _until_ready(self) -> None:
        for _ in range(_LINES_BEFORE_READY):
            line = await self._output.readline()
            if line == _READY_LINE:
                return
            if not line:
                break
        raise DashboardError("the dashboard did not start")

    async def type(self, keys: str) -> None:
        """Give it what a terminal would send."""
        await self._send(SCREEN, keys.encode("utf-8", "ignore"))

    async def tell(self, kind: str, **others: object) -> None:
        """Give it a message: a new size, the focus, a wish for the next piece of a file."""
        await self._send(MESSAGE, json.dumps({"type": kind, **others}).encode())

    async def _send(self, kind: bytes, content: bytes) -> None:
        with suppress(ConnectionError):  # it has ended, and `packets` says so
            self._input.write(kind + len(content).to_bytes(4, "big") + content)
            await self._input.drain()

    async def end(self) -> None:
        """Let it leave; end it when it does not in time."""
        try:
            async with asyncio.timeout(QUIT_SECONDS):
                await self.tell("quit")
                await self._drained()
                await self._process.wait()
        except TimeoutError:
            _log.warning("a dashboard did not leave by itself")
        finally:
            if self._process.returncode is None:
                self._process.kill()
        _log.info("dashboard %d ended with %s", self._process.pid, await self._process.wait())

    async def _drained(self) -> None:
        """A full pipe would keep it from leaving."""
        while await self._output.read(65_536):
            pass
