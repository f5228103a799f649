"""Turns at a model server: so many at once as it takes, shared fairly between batches."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wellspring_tui.local.level import Level

_Lane = str | None


class Turns:
    """Lets requests through, those of the batch with the fewest under way first."""

    def __init__(self, level: Level) -> None:
        self._level = level
        self._under_way: Counter[_Lane] = Counter()
        self._total = 0
        self._waiting: dict[_Lane, deque[asyncio.Future[None]]] = {}
        self._held_until = 0.0
        self._grants_later: asyncio.TimerHandle | None = None

    @property
    def somebody_waits(self) -> bool:
        """Whether the server gets all that the level allows."""
        return bool(self._waiting)

    async def take(self, lane: _Lane) -> None:
        """Wait for a turn. Raises CancelledError when the lane is dismissed."""
        turn = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(lane, deque()).append(turn)
        self._grant()
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.give_back(lane)
            else:
                self._forget(lane, turn)
            raise

    def give_back(self, lane: _Lane) -> None:
        """End a turn."""
        self._total -= 1
        self._under_way[lane] -= 1
        if not self._under_way[lane]:
            del self._under_way[lane]
        self._grant()

    def hold(self, seconds: float) -> None:
        """Give no turn for so long."""
        loop = asyncio.get_running_loop()
        self._held_until = max(self._held_until, loop.time() + seconds)
        if self._grants_later is not None:
            self._grants_later.cancel()
        self._grants_later = loop.call_at(self._held_until, self._grant)

    def dismiss(self, lane: _Lane) -> None:
        """Send away all who wait in a lane."""
        for turn in self._waiting.pop(lane, ()):
            turn.cancel()

    def _forget(self, lane: _Lane, turn: asyncio.Future[None]) -> None:
        waiting = self._waiting.get(lane)
        if waiting is None or turn not in waiting:
            return
        waiting.remove(turn)
        if not waiting:
            del self._waiting[lane]

    def _grant(self) -> None:
        if asyncio.get_running_loop().time() < self._held_until:
            return
        while self._waiting and self._total < self._level.at_once:
            lane = min(self._waiting, key=self._under_way.__getitem__)
            turn = self._waiting[lane].popleft()
            if not self._waiting[lane]:
                del self._waiting[lane]
            if turn.done():
                continue  # its batch was cancelled just now
            self._total += 1
            self._under_way[lane] += 1
            turn.set_result(None)
