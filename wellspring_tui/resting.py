"""Short rests for long work in a thread, so that whoever types meanwhile is not held up.

Another thread of the same Python else waits up to 5 ms for its turn, at every turn.
"""

from __future__ import annotations

import time

_WORK_SECONDS = 0.001
_PAUSE_SECONDS = 0.000_05


class Rests:
    """Takes a rest after each millisecond of work: together they cost a twentieth of it."""

    def __init__(self) -> None:
        self._rested_at = time.monotonic()

    def take(self) -> None:
        """Rest, if it is time."""
        if time.monotonic() - self._rested_at > _WORK_SECONDS:
            time.sleep(_PAUSE_SECONDS)
            self._rested_at = time.monotonic()
