"""A dashboard in tmux: keys go in as from a keyboard, the screen comes out as a person sees it."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

_PATIENCE_SECONDS = 60.0
_LOOK_AGAIN_SECONDS = 0.1


class Tmux:
    """One program in a tmux server of its own."""

    def __init__(self, server: str) -> None:
        self._server = server

    def __call__(self, *arguments: str) -> str:
        """Run a tmux command; what it prints."""
        done = subprocess.run(
            ["tmux", "-L", self._server, *arguments], capture_output=True, text=True, check=True
        )
        return done.stdout

    def press(self, *keys: str) -> None:
        """Press keys by their tmux names: `n`, `Enter`, `C-s`, `Escape`, `Down`."""
        for key in keys:
            self("send-keys", key)
            # Textual waits this long to see whether an Escape begins a longer sequence.
            time.sleep(0.15 if key == "Escape" else 0.02)

    def type(self, text: str) -> None:
        """Type text as it is."""
        self("send-keys", "-l", text)

    @property
    def screen(self) -> str:
        """What stands on the screen."""
        return self("capture-pane", "-p")

    @property
    def alive(self) -> bool:
        """Whether the program still runs."""
        return self("list-panes", "-F", "#{pane_dead}").strip() == "0"

    def until(self, seen: Callable[[str], bool], what: str) -> str:
        """Wait until `seen` of the screen; the screen then."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not seen(screen := self.screen):
            assert time.monotonic() < deadline, f"waited in vain for {what}; there was:\n{screen}"
            time.sleep(_LOOK_AGAIN_SECONDS)
        return screen

    def until_shown(self, *words: str) -> str:
        """Wait until all `words` stand on the screen; the screen then."""
        return self.until(lambda screen: all(word in screen for word in words), " and ".join(words))

    def until_gone(self) -> None:
        """Wait until the program has ended."""
        self.until(lambda _: not self.alive, "the program to end")


@contextmanager
def in_tmux(
    *arguments: str, size: tuple[int, int], folder: Path, environment: Mapping[str, str]
) -> Iterator[Tmux]:
    """`wellspring` with these arguments in a terminal of that size, started in `folder`."""
    if shutil.which("tmux") is None:
        pytest.skip("tmux is not installed")
    tmux = Tmux(f"wellspring-{uuid4().hex[:8]}")
    width, height = size
    variables = [f"{name}={value}" for name, value in environment.items()]
    tmux(
        *("-f", "/dev/null", "new-session", "-d", "-x", str(width), "-y", str(height)),
        *("-c", str(folder), "env", *variables, sys.executable, "-m", "wellspring_tui", *arguments),
        *(
            ";",
            "set-option",
            "-g",
            "remain-on-exit",
            "on",
            ";",
            "set-option",
            "-g",
            "status",
            "off",
        ),
    )
    try:
        yield tmux
    finally:
        tmux("kill-server")
