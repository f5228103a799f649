"""Long work of a screen, done in a thread: how far it is, and stopping it."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from wellspring_tui.progress import Progress
from wellspring_tui.tui.carrier import in_thread

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


class Background:
    """One piece of work at a time. Its thread writes how far it is, a screen reads it."""

    def __init__(self) -> None:
        self._progress: Progress | None = None
        self._doing = ""

    @property
    def busy(self) -> bool:
        """Whether there is work under way."""
        return self._progress is not None

    @property
    def stopping(self) -> bool:
        """Whether the work under way has been told to stop."""
        return self._progress is not None and self._progress.stopped.is_set()

    @property
    def doing(self) -> str:
        """What it is at, and how far: `Deleting 3 of 12`."""
        return self._doing

    def stop(self) -> None:
        """End the work at its next step."""
        if self._progress is not None:
            self._progress.stopped.set()

    async def run(self, work: Callable[[Progress], T], doing: str) -> T:
        """The result of `work`, which is at `doing` until it says otherwise.

        It is stopped when whoever waits for it is: when their screen is left. Raises what
        `work` raises, StoppedError among it.
        """
        progress = self._progress = Progress(self._report)
        self._doing = doing
        try:
            return await in_thread(lambda: work(progress))
        finally:
            progress.stopped.set()
            self._progress = None

    def _report(self, what: str, done: int, total: int | None) -> None:
        total_words = f" of {total:,}" if total else ""
        self._doing = f"{what} {done:,}{total_words}" if done or total else what
