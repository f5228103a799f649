"""Progress and stopping: the one small object that goes down with long work."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from wellspring_tui.errors import StoppedError

if TYPE_CHECKING:
    from collections.abc import Callable


def _silent(_what: str, _done: int, _total: int | None) -> None:
    """Progress nobody watches."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Tells a face how far work is, and the work that the user stopped it.

    `report` hears what is done ("Uploading"), how much, and of how much if known; it
    is called from the working thread, often, so it must be quick.
    """

    report: Callable[[str, int, int | None], None] = _silent
    stopped: threading.Event = field(default_factory=threading.Event)

    def step(self, what: str, done: int, total: int | None = None) -> None:
        """Say how far `what` is. Raises StoppedError once the user has stopped it."""
        self.check(what)
        self.report(what, done, total)

    def check(self, what: str = "working") -> None:
        """Raises StoppedError once the user has stopped it."""
        if self.stopped.is_set():
            raise StoppedError(f"stopped while {what[:1].lower()}{what[1:]}")

    def stage(self, what: str) -> Callable[[int, int | None], None]:
        """`step` for one thing that is done."""
        return lambda done, total: self.step(what, done, total)
