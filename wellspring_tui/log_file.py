"""The file behind the log: private, without keys, of limited size, shared by processes."""

from __future__ import annotations

import logging
import os
import re
import time
from itertools import pairwise
from typing import TYPE_CHECKING

from wellspring_tui.errors import StorageError
from wellspring_tui.private import make_folder
from wellspring_tui.text import safe

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from wellspring_tui.keychain import Keychain
    from wellspring_tui.settings import Settings

MOST_BYTES = 2_000_000
"""A file that has grown beyond is put aside before the next record."""
KEPT = 3
"""So many files are kept beside the one that is written."""

_OWN = "wellspring_tui"
_HIDDEN = "[key]"
_INDENT = "\n    "
_LONG_KEY = 8
_SECRETS = (
    # OpenAI's keys, and those of most services that speak its protocol, start with "sk-".
    (re.compile(r"\bsk-[\w*.-]{6,}"), _HIDDEN),
    (re.compile(r"(\bbearer\s+)(?!\[key\])[^\s\"',;]+", re.IGNORECASE), rf"\1{_HIDDEN}"),
    (re.compile(r"(\bapi[ _-]?key[\"']?\s*[:=]\s*[\"']?)(?!\[key\])[^\s\"',;]+", re.IGNORECASE),
     rf"\1{_HIDDEN}"),
    (re.compile(r"(://)[^/\s@]+@"), rf"\1{_HIDDEN}@"),
)  # fmt: skip


class Redaction:
    """Takes keys out of a text: those that are known, and what looks like one."""

    def __init__(self, keys: Iterable[str], keychain: Keychain | None = None) -> None:
        """`keychain` may come to know more keys later on."""
        self._keychain = keychain
        longest_first = sorted({key.strip() for key in keys} - {""}, key=len, reverse=True)
        self._known = [_pattern(key) for key in longest_first]

    @classmethod
    def of(cls, settings: Settings) -> Redaction:
        """For every key that the settings know of."""
        variables = {profile.key_variable for profile in settings.services.values()}
        keys = (settings.environment.get(name, "") for name in variables)
        return cls(keys, settings.keychain)

    def __call__(self, text: str) -> str:
        """`text` with a sign in place of every key."""
        found = () if self._keychain is None else map(_pattern, self._keychain.known)
        for pattern in (*self._known, *found):
            text = pattern.sub(_HIDDEN, text)
        for pattern, instead in _SECRETS:
            text = pattern.sub(instead, text)
        return text


def _pattern(key: str) -> re.Pattern[str]:
    # A stand-in such as "x" for a service that wants none is no reason to blot out every x.
    whole = re.escape(key)
    return re.compile(whole if len(key) >= _LONG_KEY else rf"(?<!\w){whole}(?!\w)")


class _Line(logging.Formatter):
    """`2026-01-27T12:00:00.123Z WARNING 4711 what happened`; more lines stand indented."""

    def __init__(self, redaction: Redaction) -> None:
        super().__init__("%(asctime)s.%(msecs)03dZ %(levelname)-7s %(process)d %(message)s")
        self.datefmt = "%Y-%m-%dT%H:%M:%S"
        self.converter = time.gmtime
        self._redaction = redaction

    def format(self, record: logging.LogRecord) -> str:
        """One record, safe to show."""
        return _INDENT.join(safe(self._redaction(super().format(record))).rstrip().split("\n"))

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's own name
        """The first line; records of other packages tell whose they are."""
        if not record.name.startswith(_OWN):
            record.message = f"{record.name}: {record.message}"
        return super().formatMessage(record)


class LogFile(logging.Handler):
    """Appends each record with a single write, so that processes may share the file."""

    def __init__(self, path: Path, level: str, redaction: Redaction) -> None:
        """`level` is the least that is written; of other packages, never less than warnings."""
        super().__init__(level)
        self.setFormatter(_Line(redaction))
        self.trouble: str | None = None
        """Why the last record could not be written."""
        self._path = path

    @classmethod
    def of(cls, settings: Settings) -> LogFile:
        """The log that the settings ask for."""
        return cls(settings.places.log, settings.log_level, Redaction.of(settings))

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record."""
        try:
            self._append(f"{self.format(record)}\n".encode("utf-8", "replace"))
            self.trouble = None
        except OSError as error:
            self.trouble = f"{self._path}: it can't be written ({error.strerror})"
        except StorageError as error:
            self.trouble = str(error)
        except (TypeError, ValueError) as error:  # words that do not go with their values
            self.trouble = f"a record could not be put into words ({error})"

    def _append(self, line: bytes) -> None:
        make_folder(self._path.parent)
        self._rotate_if_large()
        # Opened for each record: another process may have put the file aside since the last.
        handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(handle, line)
        finally:
            os.close(handle)

    def _rotate_if_large(self) -> None:
        if not self._is_large():
            return
        from filelock import FileLock, Timeout

        try:
            with FileLock(self._path.with_suffix(".lock"), timeout=0, mode=0o600):
                if self._is_large():  # not if another process was quicker
                    self._rotate()
        except Timeout:
            return  # another process is at it; this record goes wherever the name leads

    def _is_large(self) -> bool:
        return self._path.exists() and self._path.stat().st_size > MOST_BYTES

    def _rotate(self) -> None:
        aside = [self._path, *map(self._aside, range(1, KEPT + 1))]
        for younger, older in reversed(list(pairwise(aside))):
            if younger.exists():
                younger.replace(older)

    def _aside(self, number: int) -> Path:
        return self._path.with_name(f"{self._path.name}.{number}")


def attached(file: LogFile | None, *, instead_of: LogFile | None) -> None:
    """Let all records go to `file`: the package's own as it says, those of others from warnings on.

    Without a file nothing is written, least of all to stderr as `logging` would.
    """
    root, own = logging.getLogger(), logging.getLogger(_OWN)
    if not own.handlers:
        own.addHandler(logging.NullHandler())
    if instead_of is not None:
        root.removeHandler(instead_of)
    if file is not None:
        root.addHandler(file)
        own.setLevel(file.level)
    elif instead_of is not None:
        own.setLevel(logging.NOTSET)
