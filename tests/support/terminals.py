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

_PATIENCE_SECONDS = 30.0
_CHUNK_BYTES = 65_536


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
        """`program` is called with `arguments`, in `folder`."""
        columns, rows = size
        self.written = b""
        """Every byte that the program wrote."""
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)
        self._code: int | None = None
        self._pid, self._handle = pty.fork()
        if self._pid == 0:
            # Before it runs: it may look at its size at once.
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
            os.chdir(folder)
            command = [*program, *arguments]
            os.execve(command[0], command, {"TERM": "xterm-256color", **environment})

    def __enter__(self) -> Terminal:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: object, _trace: TracebackType | None
    ) -> None:
        if self._code is None:
            os.kill(self._pid, signal.SIGKILL)
            os.waitpid(self._pid, 0)
        os.close(self._handle)

    def press(self, keys: str) -> None:
        """Type keys, as bytes come from a keyboard."""
        os.write(self._handle, keys.encode())

    @property
    def text(self) -> str:
        """What stands on the screen now."""
        return "\n".join(self._screen.display)

    def until(self, seen: Callable[[], bool], what: str) -> None:
        """Read on until `seen`; a test that waits in vain fails, naming `what`."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not seen():
            in_time = time.monotonic() < deadline
            assert in_time, f"waited in vain for {what}; there was:\n{self.text}"
            self._read()

    def until_shown(self, words: str) -> None:
        """Read on until `words` stand on the screen."""
        self.until(lambda: words in self.text, f"“{words}”")

    def until_written(self, sequence: bytes) -> None:
        """Read on until the program has written `sequence`."""
        self.until(lambda: sequence in self.written, repr(sequence))

    def stop(self) -> None:
        """Wait until the program has stopped itself, as Ctrl-Z asks."""
        self.until(lambda: os.waitpid(self._pid, os.WNOHANG | os.WUNTRACED)[0] != 0, "the stop")

    def go_on(self) -> None:
        """Bring a stopped program back, as `fg` does."""
        os.kill(self._pid, signal.SIGCONT)

    def leave(self) -> int:
        """Read to the end of the program; its exit code."""
        self.until(self._has_ended, "the end of the program")
        assert self._code is not None
        return self._code

    def _has_ended(self) -> bool:
        if self._code is None:
            pid, status = os.waitpid(self._pid, os.WNOHANG)
            self._code = os.waitstatus_to_exitcode(status) if pid else None
            self._read()
        return self._code is not None

    def _read(self) -> None:
        ready, _, _ = select.select([self._handle], [], [], 0.05)
        if not ready:
            return
        try:
            chunk = os.read(self._handle, _CHUNK_BYTES)
        except OSError:  # as Linux tells that nobody has the other end open any more
            return
        self.written += chunk
        self._stream.feed(chunk)
