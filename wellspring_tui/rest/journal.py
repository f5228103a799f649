"""The server's log: one line a request, one a failure; no traceback and nothing private."""

from __future__ import annotations

import logging
import traceback
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import TYPE_CHECKING

from wellspring_tui.errors import StorageError
from wellspring_tui.private import make_folder

if TYPE_CHECKING:
    from io import TextIOWrapper

    from wellspring_tui.rest.discretion import Discretion

_NAME = "serve.log"
_LARGEST_BYTES = 5_000_000
_OLD_FILES = 3


def place_of(error: BaseException) -> str:
    """What an error is and where it arose, without its message: that may hold anything."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f" in {Path(frames[-1].filename).name}, line {frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{where}"


def keep(folder: Path, discretion: Discretion, level: str) -> None:
    """Log everything from here on to a file in `folder`. Raises StorageError."""
    make_folder(folder)
    path = folder / _NAME
    try:
        log = _PrivateFile(path, maxBytes=_LARGEST_BYTES, backupCount=_OLD_FILES, encoding="utf-8")
    except OSError as error:
        raise StorageError(
            f"the log can't be written ({error.strerror})",
            where=str(path),
            todo="Choose another place with --home.",
        ) from None
    log.setFormatter(_Discreet(discretion))
    known = logging.getLevelNamesMapping()
    logging.basicConfig(level=known.get(level.upper(), logging.INFO), handlers=[log], force=True)
    for chatty in ("uvicorn", "httpx2", "httpcore2", "openai", "asyncio"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


class _PrivateFile(RotatingFileHandler):
    """A log file that only its owner may read."""

    def _open(self) -> TextIOWrapper:
        Path(self.baseFilename).touch(mode=0o600)
        return super()._open()


class _Discreet(logging.Formatter):
    """One line an entry; of an exception only its kind and place."""

    def __init__(self, discretion: Discretion) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")
        self._discretion = discretion

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        line = f"{self.formatTime(record)} {record.levelname} {record.name}: {record.getMessage()}"
        if record.exc_info and record.exc_info[1] is not None:
            line = f"{line} ({place_of(record.exc_info[1])})"
        return self._discretion.text(line)
