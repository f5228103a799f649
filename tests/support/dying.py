"""Dying at a chosen moment, as in a power cut.

A moment is any act that outlives the process: a transaction of the ledger or of an index
that begins or is committed, a file that is opened for writing, gets its name or goes, a
connection that is made. They are heard from outside, through Python's audit events and
SQLite's trace, so no code that is tested knows of them. Dying BEFORE each of them in turn
is dying between any two: what has no trace outside can't tell the difference.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import sys
from functools import partial
from pathlib import Path
from typing import Any

_TRANSACTIONS = ("BEGIN", "COMMIT")


class Moments:
    """Counts this process's moments and ends it before one of them."""

    def __init__(self, home: Path, die_before: int | None = None) -> None:
        """`die_before` counts from 0; None lets the process live."""
        self.passed: list[str] = []
        self._home = str(home)
        self._die_before = die_before

    def watch(self) -> None:
        """Listen from now on, as long as the process lives."""
        sys.addaudithook(self._hear)
        reach = self._reach

        class Traced(sqlite3.Connection):
            def __init__(self, *given: Any, **named: Any) -> None:
                super().__init__(*given, **named)
                self.set_trace_callback(heard)

        def heard(statement: str) -> None:
            if statement.startswith(_TRANSACTIONS):
                reach(statement)

        setattr(sqlite3, "connect", partial(sqlite3.connect, factory=Traced))  # noqa: B010

    def _hear(self, event: str, details: tuple[object, ...]) -> None:
        match event, details:
            case "os.rename", (_, name, *_):
                self._pass("rename", name)
            case "open", (name, _, int(flags)) if flags & (os.O_WRONLY | os.O_RDWR):
                self._pass("open", name)
            case (("os.remove" | "os.rmdir"), (name, *_)):
                self._pass("remove", name)
            case "socket.connect", _:
                self._reach("connect")

    def _pass(self, what: str, name: object) -> None:
        path = os.fsdecode(name) if isinstance(name, str | bytes | Path) else ""
        if path.startswith(self._home):
            self._reach(f"{what} {Path(path).name}")

    def _reach(self, moment: str) -> None:
        if len(self.passed) == self._die_before:
            os.kill(os.getpid(), signal.SIGKILL)
        self.passed.append(moment)
