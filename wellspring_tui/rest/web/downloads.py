"""Files that a dashboard hands to its browser: the server asks for a piece, then the next."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from wellspring_tui.rest.web.process import DashboardProcess

_PIECE_BYTES = 64 * 1024
_PIECE_SECONDS = 10.0
_WAITING_FILES = 20


@dataclass(slots=True)
class Download:
    """One file on its way."""

    key: str
    file_name: str
    process: DashboardProcess
    purpose: str | None = None
    """What the dashboard calls it; it wants that back with every wish."""
    pieces: asyncio.Queue[bytes] = field(default_factory=lambda: asyncio.Queue(1))

    @property
    def disposition(self) -> str:
        """A header that has it saved, never shown: it may be a page with a script."""
        return f"attachment; filename*=UTF-8''{quote(self.file_name)}"

    async def content(self) -> AsyncIterator[bytes]:
        """The file, piece by piece."""
        while True:
            await self.process.tell(
                "deliver_chunk_request", key=self.key, size=_PIECE_BYTES, name=self.purpose
            )
            async with asyncio.timeout(_PIECE_SECONDS):
                piece = await self.pieces.get()
            if not piece:
                return
            yield piece


class Downloads:
    """The files that browsers may fetch, each once."""

    def __init__(self) -> None:
        self._waiting: dict[str, Download] = {}
        self._running: dict[str, Download] = {}

    def offer(self, download: Download) -> None:
        """A browser will come for it."""
        self._waiting[download.key] = download
        while len(self._waiting) > _WAITING_FILES:
            del self._waiting[next(iter(self._waiting))]

    def take(self, key: str) -> Download | None:
        """The file of that key, if it was offered and not fetched yet."""
        download = self._waiting.pop(key, None)
        if download is not None:
            self._running[key] = download
        return download

    def put(self, packed: bytes) -> None:
        """A piece has come from a dashboard."""
        name, key, piece = unpacked(packed)
        download = self._running.get(key.decode())
        if name != b"deliver_chunk" or download is None or download.pieces.full():
            return
        download.pieces.put_nowait(piece)
        if not piece:
            del self._running[download.key]

    def forget(self, process: DashboardProcess) -> None:
        """A dashboard has ended, and its files with it."""
        for known in (self._waiting, self._running):
            for download in [one for one in known.values() if one.process is process]:
                del known[download.key]


def unpacked(packed: bytes) -> list[bytes]:
    """The texts in a packet: `t`, each as `s<length>:…` or `<length>:…`, `e`.

    Raises ValueError for anything else.
    """
    if packed[:1] != b"t" or packed[-1:] != b"e":
        raise ValueError("expected a tuple")
    found: list[bytes] = []
    at = 1
    while at < len(packed) - 1:
        colon = packed.index(b":", at)
        begin = colon + 1
        at = begin + int(packed[at:colon].removeprefix(b"s"))
        found.append(packed[begin:at])
    return found
