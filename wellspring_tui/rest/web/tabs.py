"""Browser tabs: what is typed in one goes to its dashboard, what that shows comes back."""

from __future__ import annotations

import asyncio
import json
import logging
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from starlette.websockets import WebSocketDisconnect

from wellspring_tui.errors import WellspringError
from wellspring_tui.rest.web.downloads import Download, Downloads
from wellspring_tui.rest.web.process import MESSAGE, PIECE, SCREEN, DashboardProcess

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.websockets import WebSocket

_log = logging.getLogger(__name__)

MOST_TABS = 8
"""Each is a process of its own."""
_MOST_CELLS = 1_000
_GOING_AWAY = 1001
# A link in an answer may be anything: “javascript:” would act in this server's name.
_LINKS = ("https://", "http://")


class Tabs:
    """All tabs of one server."""

    def __init__(self, command: Sequence[str]) -> None:
        """`command` opens a dashboard on the server's home."""
        self._command = command
        self._open = 0
        self.downloads = Downloads()

    @property
    def full(self) -> bool:
        """Whether one more would be too many."""
        return self._open >= MOST_TABS

    async def serve(self, socket: WebSocket, width: int, height: int) -> None:
        """Run a dashboard for a tab until either of them ends."""
        if self.full:
            await socket.close(_GOING_AWAY)
            return
        self._open += 1
        try:
            await socket.accept()
            process = await DashboardProcess.start(self._command, _cells(width), _cells(height))
            try:
                await self._join(socket, process)
            finally:
                self.downloads.forget(process)
                await process.end()
        finally:
            self._open -= 1

    async def _join(self, socket: WebSocket, process: DashboardProcess) -> None:
        """Pass on both ways until one side has ended."""
        ways = {
            asyncio.create_task(self._show(socket, process)),
            asyncio.create_task(_listen(socket, process)),
        }
        try:
            done, _ = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.wait(ways)
        for way in done:
            try:
                way.result()
            except (WebSocketDisconnect, ConnectionError):
                continue  # the tab is closed
            except (WellspringError, TimeoutError) as error:
                _log.warning("a tab ended: %s", error)

    async def _show(self, socket: WebSocket, process: DashboardProcess) -> None:
        async for kind, content in process.packets():
            if kind == SCREEN:
                await socket.send_bytes(content)
            elif kind == PIECE:
                self.downloads.put(content)
            elif kind == MESSAGE:
                message = json.loads(content)
                self._offer(message, process)
                told = for_browser(message)
                if told is not None:
                    await socket.send_json(told)
        await socket.close()

    def _offer(self, message: dict[str, Any], process: DashboardProcess) -> None:
        match message:
            case {"type": "deliver_file_start", "key": str(key), "path": str(path)}:
                purpose = message.get("name")
                self.downloads.offer(Download(key, PurePath(path).name, process, purpose))


def for_browser(message: dict[str, Any]) -> list[Any] | None:
    """What the page's script is to do about a dashboard's message, in its own words."""
    match message:
        case {"type": "open_url", "url": str(url)} if url.casefold().startswith(_LINKS):
            return ["open_url", {"url": url, "new_tab": bool(message.get("new_tab", True))}]
        case {"type": "deliver_file_start", "key": str(key)}:
            return ["deliver_file_start", key]
    return None


async def _listen(socket: WebSocket, process: DashboardProcess) -> None:
    """Pass on what a tab sends, until it is closed; what makes no sense is left out."""
    while True:
        match _read(await socket.receive_text()):
            case ["stdin", str(keys)]:
                await process.type(keys)
            case ["resize", {"width": int(width), "height": int(height)}]:
                await process.tell("resize", width=_cells(width), height=_cells(height))
            case ["focus" | "blur" as kind]:
                await process.tell(kind)
            case ["ping", moment]:
                await socket.send_json(["pong", moment])


def _read(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _cells(number: int) -> int:
    return max(1, min(number, _MOST_CELLS))
