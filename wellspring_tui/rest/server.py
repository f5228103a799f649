"""The server as a process: put together, announced, and stopped cleanly."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
from dataclasses import dataclass
from typing import TYPE_CHECKING

import uvicorn

from wellspring_tui.rest import incoming, journal, listening, sessions
from wellspring_tui.rest.app import build
from wellspring_tui.rest.carrying import Carrying
from wellspring_tui.rest.desk import Desk
from wellspring_tui.rest.discretion import Discretion
from wellspring_tui.rest.endpoints.sending import INCOMING
from wellspring_tui.rest.entrance import Entrance
from wellspring_tui.rest.guard import Guard
from wellspring_tui.rest.protocol import PatientProtocol
from wellspring_tui.rest.roots import Roots
from wellspring_tui.rest.sessions import DASHBOARD, SIGN_IN
from wellspring_tui.rest.web.pages import Front
from wellspring_tui.rest.web.tabs import Tabs
from wellspring_tui.rest.webhooks import SECRET_VARIABLE, Seal, secret_bytes
from wellspring_tui.wellspring import Wellspring

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Generator, Sequence
    from pathlib import Path

    from wellspring_tui.settings import Settings

_log = logging.getLogger(__name__)

_LAST_ANSWERS_SECONDS = 3
"""How long answers under way may hold up the end."""
_LAST_ROUND_SECONDS = 3.0
_MOST_CONNECTIONS = 256
_PUBLIC = frozenset({"/health", "/webhooks/openai", DASHBOARD, SIGN_IN})


@dataclass(frozen=True, slots=True)
class ServeOptions:
    """How the server is to run."""

    host: str
    port: int
    roots: Sequence[Path]
    allowed_hosts: Sequence[str] = ()
    want_token: bool = False
    dashboard_command: Sequence[str] | None = None
    """What opens the dashboard in a browser; None leaves it out."""


@dataclass(frozen=True, slots=True)
class Ready:
    """Where a server is, now that it answers."""

    url: str
    roots: Sequence[Path]
    token_path: Path | None = None
    """The file of the token that it made."""
    dashboard_url: str | None = None
    """Signs one browser in, once."""


def run(settings: Settings, options: ServeOptions, ready: Callable[[Ready], None]) -> None:
    """Serve until SIGTERM or SIGINT; `ready` hears where, once requests are answered.

    Raises InputError for a port that is taken or a root that is none, SettingsError for a
    token or a secret that is no good, StorageError when the home can't be used.
    """
    with contextlib.ExitStack() as stack:
        socket_ = stack.enter_context(listening.listen(options.host, options.port))
        token, token_path = _token(settings, options, socket_)
        if token_path is not None:
            stack.callback(token_path.unlink, missing_ok=True)
        secret = settings.environment.get(SECRET_VARIABLE, "").strip()
        roots = Roots(options.roots)
        stack.callback(roots.close)
        discretion = Discretion(settings, roots, filter(None, (token, secret)))
        journal.keep(settings.places.logs, discretion, settings.log_level)
        incoming.sweep(settings.places.data / INCOMING)
        door = stack.enter_context(Wellspring(settings))
        desk = Desk(
            door,
            Carrying(door, discretion.text),
            roots,
            discretion,
            Seal(secret_bytes(secret)) if secret else None,
        )
        known = sessions.Sessions(token)
        server = _Server(desk, known, options, socket_)
        server.announce = lambda: ready(_where(options, socket_, roots, known, token_path))
        asyncio.run(server.run_to_end())


def _token(
    settings: Settings, options: ServeOptions, socket_: socket.socket
) -> tuple[str | None, Path | None]:
    """The token, if one is wanted, and its file if it was made here."""
    given = sessions.token_of(settings)
    open_to_all = options.dashboard_command is None and listening.is_loopback(socket_)
    if given or (open_to_all and not options.want_token):
        return given, None
    path = settings.places.data / "serve" / f"{socket_.getsockname()[1]}.token"
    return sessions.make_token(path), path


def _where(
    options: ServeOptions,
    socket_: socket.socket,
    roots: Roots,
    known: sessions.Sessions,
    token_path: Path | None,
) -> Ready:
    url = listening.url_of(socket_)
    page = f"{url}{DASHBOARD}?token={known.new_code()}" if options.dashboard_command else None
    return Ready(url, roots.folders, token_path, page)


class _Server(uvicorn.Server):
    """The HTTP server with the jobs' own thread beside it."""

    announce: Callable[[], None]

    def __init__(
        self,
        desk: Desk,
        known: sessions.Sessions,
        options: ServeOptions,
        socket_: socket.socket,
    ) -> None:
        self._desk = desk
        self._socket = socket_
        command = options.dashboard_command
        app = build(desk, Front(known, Tabs(command)) if command else None)
        entrance = Entrance(known, options.allowed_hosts, _PUBLIC)
        super().__init__(
            uvicorn.Config(
                Guard(app, entrance),
                http=PatientProtocol,
                ws="websockets-sansio",
                ws_max_size=1_000_000,
                ws_per_message_deflate=False,
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,  # a client could name another as its origin
                limit_concurrency=_MOST_CONNECTIONS,
                timeout_keep_alive=15,
                timeout_graceful_shutdown=_LAST_ANSWERS_SECONDS,
            )
        )

    async def run_to_end(self) -> None:
        """Serve until stopped."""
        self._desk.carrying.start()
        try:
            await self.serve(sockets=[self._socket])
        finally:
            await asyncio.to_thread(self._desk.carrying.stop, _LAST_ROUND_SECONDS)
            _log.info("process %d has stopped", os.getpid())

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Announced only when it answers."""
        await super().startup(sockets=sockets)
        _log.info("process %d listens", os.getpid())
        self.announce()

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Stop on a signal and end with 0; uvicorn's own way raises the signal once more."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(self.stop))
        yield
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)  # it is stopping already

    def stop(self) -> None:
        """End soon; whoever waits gets what there is."""
        self._desk.stopping.set()
        self.should_exit = True
