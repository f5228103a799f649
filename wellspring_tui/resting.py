"""Short rests for long work in a thread, so that whoever types meanwhile is not held up.

The main thread else waits up to 5 ms for its turn in Python, at every turn.
"""

from __future__ import annotations

import threading
import time

_WORK_SECONDS = 0.001
_PAUSE_SECONDS = 0.000_05


class Rests:
    """Takes a rest after each millisecond of work: together they cost a twentieth of it."""

    def __init__(self) -> None:
        """In the main thread, as on the command line, nobody is waiting and none is taken."""
        self._wanted = threading.current_thread() is not threading.main_thread()
        self._rested_at = time.monotonic()

    def take(self) -> None:
        """Rest, if it is time."""
        if self._wanted and time.monotonic() - self._rested_at > _WORK_SECONDS:
            time.sleep(_PAUSE_SECONDS)
            self._rested_at = time.monotonic()
