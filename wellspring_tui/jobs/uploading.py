"""Uploading an input file so that it can be given up at any moment.

A slow line, or a service that takes its time to answer, would otherwise hold whoever
cancels the job or leaves the program. The upload goes on in a thread of its own and is
watched from here; given up, it ends at its next piece, or with the program.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from wellspring_tui.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from wellspring_tui.services.client import Service
    from wellspring_tui.services.model import RemoteFile

_LOOK_SECONDS = 0.2


class CancelledError(Exception):
    """The job was cancelled while its part went up. Nobody outside this package sees it."""


def upload(
    service: Service,
    path: Path,
    name: str,
    progress: Callable[[int, int | None], None],
    cancelled: Callable[[], bool],
) -> RemoteFile:
    """Upload an input file as `name`.

    `progress` hears (bytes sent, bytes in all), also while nothing moves, and may raise
    StoppedError. Raises CancelledError once the job is `cancelled`, ServiceError as the
    upload does.
    """
    under_way = _Upload(service, path, name)
    progress(*under_way.sent)
    under_way.start()
    try:
        while not under_way.ended.wait(_LOOK_SECONDS):
            progress(*under_way.sent)
            if cancelled():
                raise CancelledError
    finally:
        under_way.give_up()
    progress(*under_way.sent)
    return under_way.result()


class _Upload(threading.Thread):
    """One upload. A daemon: the program need not wait for it."""

    def __init__(self, service: Service, path: Path, name: str) -> None:
        super().__init__(daemon=True, name="wellspring-upload")
        self.ended = threading.Event()
        self.sent: tuple[int, int | None] = (0, path.stat().st_size)
        self._service = service
        self._path = path
        self._upload_name = name
        self._heard = Progress(self._hear)
        self._file: RemoteFile | None = None
        self._failure: BaseException | None = None

    def run(self) -> None:
        """Upload; whatever comes of it is kept for whoever still waits."""
        try:
            self._file = self._service.upload(
                self._path, self._upload_name, self._heard.stage("Uploading")
            )
        except BaseException as error:
            self._failure = error
        finally:
            self.ended.set()

    def give_up(self) -> None:
        """End it at its next piece, if it has not ended."""
        self._heard.stopped.set()

    def result(self) -> RemoteFile:
        """The file on the service, or what was raised."""
        if self._failure is not None:
            raise self._failure
        assert self._file is not None
        return self._file

    def _hear(self, _what: str, done: int, total: int | None) -> None:
        self.sent = done, total
