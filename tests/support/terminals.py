"""A real terminal, as far as a program can tell: its bytes are kept, and what they paint."""

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
from typing import TYPE_CHECKING

import pyte

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path
    from types import TracebackType

_PATIENCE_SECONDS = 60.0
_READ_SECONDS = 0.05
_CHUNK_BYTES = 65_536

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
    """Runs the program in a pseudo terminal; what is left of it is killed at the end."""

    def __init__(
        self,
        arguments: Sequence[str],
        *,
        folder: Path,
        environment: Mapping[str, str],
        size: tuple[int, int] = (80, 24),
        program: Sequence[str] = (sys.executable, "-m", "wellspring_tui"),
    ) -> None:
        """`program` is called with `arguments`, in `folder`; `size` is columns and rows."""
        self.written = b""
        """Every byte that the program wrote."""
        self._screen = _Screen(*size)
        self._stream = pyte.ByteStream(self._screen)
        self._code: int | None = None
        self._pid, self._handle = pty.fork()
        if self._pid == 0:
            # Before it runs: it may look at its size at once.
            _set_size(0, *size)
            os.chdir(folder)
            command = [*program, *arguments]
            os.execve(command[0], command, {"TERM": "xterm-256color", **environment})
        self._modes = termios.tcgetattr(self._handle)

    def __enter__(self) -> Terminal:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: object, _trace: TracebackType | None
    ) -> None:
        if not self._has_ended():
            self.signal(signal.SIGKILL)
            os.waitpid(self._pid, 0)
        if self._handle >= 0:
            os.close(self._handle)

    def press(self, *keys: str) -> None:
        """Press keys: names of `KEYS`, or what a keyboard sends."""
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
        os.kill(self._pid, number)

    def hang_up(self) -> None:
        """Close the window."""
        os.close(self._handle)
        self._handle = -1

    @property
    def text(self) -> str:
        """What stands on the screen now."""
        return "\n".join(self._screen.display)

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
                chunk = os.read(self._handle, _CHUNK_BYTES)
            except OSError:  # as Linux tells that nobody has the other end open any more
                return
            self.written += chunk
            self._stream.feed(chunk)

    def until(self, seen: Callable[[], bool], what: str) -> None:
        """Read on until `seen`; a test that waits in vain fails, naming `what`."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not seen():
            in_time = time.monotonic() < deadline
            assert in_time, f"waited in vain for {what}; there was:\n{self.text}"
            self.read()

    def until_shown(self, *words: str) -> None:
        """Read on until all `words` stand on the screen."""
        self.until(lambda: all(word in self.text for word in words), " and ".join(words))

    def until_written(self, sequence: bytes) -> None:
        """Read on until the program has written `sequence`."""
        self.until(lambda: sequence in self.written, repr(sequence))

    def until_stopped(self) -> None:
        """Read on until the program has stopped itself, as Ctrl-Z asks."""
        self.until(lambda: os.waitpid(self._pid, os.WNOHANG | os.WUNTRACED)[0] != 0, "the stop")

    def until_gone(self) -> int:
        """Read to the end of the program; its exit code, negative for a signal."""
        self.until(self._has_ended, "the end of the program")
        self.read()
        assert self._code is not None
        return self._code

    def _has_ended(self) -> bool:
        if self._code is None:
            pid, status = os.waitpid(self._pid, os.WNOHANG)
            self._code = os.waitstatus_to_exitcode(status) if pid else None
        return self._code is not None

    def left_clean(self) -> list[str]:
        """What the program has switched on and not off again, or changed for good."""
        left = [
            name
            for name, (on, off) in SWITCHED.items()
            if self.written.rfind(on) > self.written.rfind(off)
        ]
        if termios.tcgetattr(self._handle) != self._modes:
            left.append("the terminal's modes")
        return left


def in_terminal(
    *arguments: str,
    size: tuple[int, int] = (100, 30),
    folder: Path,
    environment: Mapping[str, str] | None = None,
) -> Terminal:
    """`wellspring` with these arguments, as this process's own environment has it."""
    # What pytest's own terminal is like is of no concern to this one.
    inherited = {name: os.environ[name] for name in os.environ.keys() - {"COLUMNS", "LINES"}}
    given = {"TERM": "xterm-256color", "WELLSPRING_PACE": "0", **(environment or {})}
    return Terminal(arguments, folder=folder, environment={**inherited, **given}, size=size)
