"""How much one client may ask for, and how soon again."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

LARGEST_BODY_BYTES = 1_000_000
BODY_SECONDS = 20.0
"""How long a client may take to send a body."""
MOST_REQUESTS = 64
"""Under way at once; streams of events are among them."""
_KNOWN_CLIENTS = 1_000


class Buckets:
    """A bucket of tokens for each client: `burst` at once, then `per_second`."""

    def __init__(
        self, burst: int, per_second: float, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._burst = burst
        self._per_second = per_second
        self._now = now
        self._filled: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._changing = threading.Lock()

    def wait_seconds(self, client: str) -> float:
        """Take a token and return 0, or how long until there is one."""
        now = self._now()
        with self._changing:
            tokens, at = self._filled.pop(client, (float(self._burst), now))
            tokens = min(self._burst, tokens + (now - at) * self._per_second)
            taken = 1.0 if tokens >= 1 else 0.0
            self._filled[client] = (tokens - taken, now)
            while len(self._filled) > _KNOWN_CLIENTS:
                self._filled.popitem(last=False)
        return 0.0 if taken else (1 - tokens) / self._per_second
