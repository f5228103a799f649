"""The service put together and running until it is told, or free, to stop."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec
import uvicorn

from wellspring_tui.local.app import build
from wellspring_tui.local.engine import Engine
from wellspring_tui.local.files import Files
from wellspring_tui.local.leases import Leases
from wellspring_tui.local.store import Store

if TYPE_CHECKING:
    import socket
    from collections.abc import Generator

    from wellspring_tui.local.answerer import Answerer
    from wellspring_tui.local.settings import Settings

_LAST_ANSWERS_SECONDS = 1
"""How long a download in progress may hold up the end."""
_EXPIRY_LOOK_SECONDS = 3_600


class Service(uvicorn.Server):
    """The HTTP server, the engine beside it, and their common beginning and end."""

    def __init__(self, settings: Settings, listening: socket.socket) -> None:
        self._settings = settings
        self._listening = listening
        self._store = Store(settings.database)
        self._files = Files(settings, self._store)
        self._leases = Leases()
        self._crashed = False
        self._loop = asyncio.get_running_loop()
        self._engine = Engine(settings, self._store, _answerer(settings), self._crash)
        provider = settings.provider
        password = None if provider is None else provider.password(self.base_url)
        proxies = None if provider is None else provider.proxies(os.environ)
        app = build(
            settings, self._store, self._engine, self._leases, password=password, proxies=proxies
        )
        super().__init__(
            uvicorn.Config(
                app,
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=_LAST_ANSWERS_SECONDS,
            )
        )

    @property
    def base_url(self) -> str:
        host, port = self._listening.getsockname()
        return f"http://{host}:{port}/v1"

    async def run_to_end(self) -> bool:
        """Serve until stopped; False when it was a defect that stopped it."""
        self._files.remove_leftovers()
        self._engine.start()
        chores = asyncio.create_task(self._chores())
        try:
            await self.serve(sockets=[self._listening])
        finally:
            chores.cancel()
            await asyncio.to_thread(self._engine.stop)
            self._settings.announcement.unlink(missing_ok=True)
            self._store.close()
        return not self._crashed

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self._announce()

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Stop on a signal and end with 0; uvicorn's own way raises the signal once more."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._loop.call_soon_threadsafe(self.stop))
        if self._settings.leased and hasattr(signal, "SIGHUP"):
            # The terminal it was started from may close before the last batch ends.
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
        yield
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)  # it is stopping already

    def stop(self) -> None:
        """End soon; open leases are ended, downloads get a moment."""
        self._leases.close()
        self.should_exit = True

    def _crash(self) -> None:
        self._crashed = True
        self._loop.call_soon_threadsafe(self.stop)

    def _announce(self) -> None:
        announcement = {
            "pid": os.getpid(),
            "base_url": self.base_url,
            "answerer": self._settings.answerer,
            "started_at": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        path = self._settings.announcement
        draft = path.with_suffix(".new")
        draft.write_bytes(msgspec.json.encode(announcement))
        draft.replace(path)
        print(self.base_url, flush=True)

    async def _chores(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self._remove_expired())
            if self._settings.leased:
                group.create_task(self._leases.watch(self._store, self.stop))

    async def _remove_expired(self) -> None:
        while True:
            await asyncio.to_thread(self._files.remove_expired)
            await asyncio.sleep(_EXPIRY_LOOK_SECONDS)


def _answerer(settings: Settings) -> Answerer:
    provider = settings.provider
    if settings.model_server is None and provider is None:
        from wellspring_tui.local.simulated import Simulated

        return Simulated()
    from wellspring_tui.local.model_server import ModelServer

    if provider is not None:
        return ModelServer(
            provider.base_url, provider.key, settings.line_seconds, provider=provider
        )
    assert settings.model_server is not None
    return ModelServer(
        settings.model_server,
        settings.model_server_key,
        settings.line_seconds,
        settings.model_name,
    )
