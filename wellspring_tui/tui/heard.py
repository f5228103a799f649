"""Progress that a screen looks at when it paints, whichever thread tells it."""

from __future__ import annotations

from wellspring_tui.progress import Progress


class Heard:
    """How far some work is; `progress` goes down with it, the rest is read from above.

    Nothing is sent to the screen: a thread that reports often must not wait for it.
    """

    def __init__(self) -> None:
        self.done = 0
        self.progress = Progress(self._hear)

    def stop(self) -> None:
        """End the work at its next step."""
        self.progress.stopped.set()

    def _hear(self, _what: str, done: int, _total: int | None) -> None:
        self.done = done
