"""A dashboard in a pseudo terminal: every byte it writes, and what they do to a screen."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pyte

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

_PATIENCE_SECONDS = 60.0
_READ_SECONDS = 0.05

KEYS = {
    "enter": b"\r",
    "escape": b"\x1b",
    "ctrl+q": b"\x11",
    "ctrl+s": b"\x13",
    "ctrl+z": b"\x1a",
    "down": b"\x1b[B",
    "tab": b"\t",
}

# What a program must take back before it leaves a terminal to the shell.
SWITCHED = {
    "the alternate screen": (b"\x1b[?1049h", b"\x1b[?1049l"),
    "the hidden cursor": (b"\x1b[?25l", b"\x1b[?25h"),
    "the mouse": (b"\x1b[?1000h", b"\x1b[?1000l"),
    "the mouse's movements": (b"\x1b[?1003h", b"\x1b[?1003l"),
    "bracketed paste": (b"\x1b[?2004h", b"\x1b[?2004l"),
}


def _set_size(handle: int, width: int, height: int) -> None:
    fcntl.ioctl(handle, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))


class _Screen(pyte.Screen):
    """A screen that leaves alone what pyte does not know."""

    def report_device_status(self, mode: int, **_: object) -> None:
        """Answer nothing."""

    def set_margins(self, top: int | None = None, bottom: int | None = None, **_: object) -> None:
        """Set them; what else stands in the sequence is not for margins."""
        super().set_margins(top, bottom)


class Terminal:
    """One program in a pseudo terminal."""

    def __init__(self, pid: int, handle: int, size: tuple[int, int]) -> None:
        self.pid = pid
        self.written = b""
        """All bytes the program has written."""
        self.status: int | None = None
        """How it ended, as `os.waitpid` tells; None while it runs."""
        self.modes = termios.tcgetattr(handle)
        """The terminal's modes before the program changed them."""
        self._handle = handle
        self._screen = _Screen(*size)
        self._stream = pyte.ByteStream(self._screen)

    def press(self, *keys: str) -> None:
        """Press keys: letters, or names of `KEYS`."""
        for key in keys:
            os.write(self._handle, KEYS.get(key) or key.encode())
            self.read()
            if key == "escape":  # together with the next key it would be another key
                time.sleep(0.15)

    def resize(self, width: int, height: int) -> None:
        """Give the window another size."""
        _set_size(self._handle, width, height)
        self._screen.resize(height, width)

    def signal(self, number: signal.Signals) -> None:
        """Send the program a signal."""
        os.kill(self.pid, number)

    def hang_up(self) -> None:
        """Close the window."""
        os.close(self._handle)
        self._handle = -1

    def read(self) -> None:
        """Take in what the program writes for a moment."""
        if self._handle < 0:
            time.sleep(_READ_SECONDS)
            return
        until = time.monotonic() + _READ_SECONDS
        while (left := until - time.monotonic()) > 0:
            ready, _, _ = select.select([self._handle], [], [], left)
            if not ready:
                return
            try:
                piece = os.read(self._handle, 65_536)
            except OSError:  # the program has closed its side
                return
            self.written += piece
            self._stream.feed(piece)

    @property
    def screen(self) -> str:
        """What stands on the screen."""
        return "\n".join(self._screen.display)

    def until(self, seen: Callable[[], bool], what: str) -> None:
        """Read until `seen`."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not seen():
            assert time.monotonic() < deadline, (
                f"waited in vain for {what}; there was:\n{self.screen}"
            )
            self.read()

    def until_shown(self, *words: str) -> None:
        """Read until all `words` stand on the screen."""
        self.until(lambda: all(word in self.screen for word in words), " and ".join(words))

    def until_gone(self) -> int:
        """Read until the program has ended; its exit code, negative for a signal."""
        self.until(self._has_ended, "the program to end")
        self.read()
        assert self.status is not None
        return os.waitstatus_to_exitcode(self.status)

    def _has_ended(self) -> bool:
        if self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            self.status = status if pid else None
        return self.status is not None

    def close(self) -> None:
        """End the program if it still runs."""
        if not self._has_ended():
            self.signal(signal.SIGKILL)
            os.waitpid(self.pid, 0)
        if self._handle >= 0:
            os.close(self._handle)

    def left_clean(self) -> list[str]:
        """What the program has switched on and not off again, or changed for good."""
        left = [
            name
            for name, (on, off) in SWITCHED.items()
            if self.written.rfind(on) > self.written.rfind(off)
        ]
        if termios.tcgetattr(self._handle) != self.modes:
            left.append("the terminal's modes")
        return left


@contextmanager
def in_terminal(
    *arguments: str,
    size: tuple[int, int] = (100, 30),
    folder: Path,
    environment: Mapping[str, str] | None = None,
) -> Iterator[Terminal]:
    """`wellspring` with these arguments in a terminal of that size, started in `folder`."""
    # What pytest's own terminal is like is of no concern to this one.
    inherited = {name: os.environ[name] for name in os.environ.keys() - {"COLUMNS", "LINES"}}
    given = {"TERM": "xterm-256color", "WELLSPRING_PACE": "0", **(environment or {})}
    pid, handle = pty.fork()
    if pid == 0:
        _set_size(0, *size)
        os.chdir(folder)
        command = [sys.executable, "-m", "wellspring_tui", *arguments]
        os.execvpe(command[0], command, {**inherited, **given})
    terminal = Terminal(pid, handle, size)
    try:
        yield terminal
    finally:
        terminal.close()
