"""The log of a program: prepared at once, opened when there is something to write.

Importing `logging` takes longer than listing jobs does, so it waits until something
happens that is worth a line. A program that only uses the package as a library prepares
nothing: then the records go wherever it sends those of `wellspring_tui`, or nowhere.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import logging

    from wellspring_tui.log_file import LogFile
    from wellspring_tui.settings import Settings


class _Log:
    """What this process has prepared, and the file that is open for it."""

    def __init__(self) -> None:
        self._settings: Settings | None = None
        self._file: LogFile | None = None
        self._is_open = False
        self._changing = threading.Lock()

    def prepare(self, settings: Settings | None) -> None:
        with self._changing:
            self._settings = settings
            if self._is_open:
                self._open()

    def open(self) -> None:
        with self._changing:
            if not self._is_open:
                self._open()

    @property
    def trouble(self) -> str | None:
        return None if self._file is None else self._file.trouble

    def _open(self) -> None:
        from wellspring_tui.log_file import LogFile, attached

        file = None if self._settings is None else LogFile.of(self._settings)
        attached(file, instead_of=self._file)
        self._file, self._is_open = file, True


_log = _Log()


def prepare(settings: Settings) -> None:
    """Let what happens from now on be written below the home of `settings`, as they say."""
    _log.prepare(settings)


def stop() -> None:
    """Write no more."""
    _log.prepare(None)


def logger(name: str) -> logging.Logger:
    """The logger of a module. Nothing it is told ever goes to stdout or stderr."""
    import logging

    _log.open()
    return logging.getLogger(name)


def trouble() -> str | None:
    """Why the log could not be written lately; None when all is well."""
    return _log.trouble
