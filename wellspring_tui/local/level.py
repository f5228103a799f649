"""How many requests at once a model server answers best: found by trying.

A server that can take more answers more in a second when it is asked more at once. So the
level is doubled as long as that pays, then tried a little higher from time to time. A
server that refuses (429, 503), does not answer in time or is gone takes the level down.
"""

from __future__ import annotations

CEILING = 256
"""A connection each: more than that, and a process runs into its limit of open files."""
_START = 8
_SAMPLE = 16
"""Fewer answers than that tell little about how quick a server is."""

_DOUBLING_PAYS = 1.15
_STEP_PAYS = 0.4
"""How much of a step up in requests has to come back as answers in a second."""
_STEP_PARTS = 4
_CAREFUL_PARTS = 16
_SHORTEST_PATIENCE = 4
_LONGEST_PATIENCE = 64
"""How many measurements lie between two tries of a higher level."""

_AFTER_A_REFUSAL = 0.8
_AFTER_SILENCE = 0.5


class Level:
    """The number of requests that may be under way, and what moves it. Times are seconds."""

    def __init__(self) -> None:
        self.at_once = _START
        self._safe = _START
        """The highest level known to be worth it."""
        self._rate = 0.0
        """Answers in a second at the safe level."""
        self._doubles = True
        self._is_careful = False
        self._patience = _SHORTEST_PATIENCE
        self._measured = 0
        self._begun = self._fell_at = float("-inf")
        self._skipped = 0
        self._answers = 0
        self._seconds = 0.0

    def answered(self, *, asked_at: float, now: float, was_full: bool) -> None:
        """Take note of an answer; `was_full` says that others waited for their turn."""
        if not was_full:
            self._measure_anew(now)
            return
        if asked_at < self._begun:
            return  # asked at another level
        if self._skipped < self.at_once:
            self._skipped += 1  # the first ones still meet the old queue
            return
        self._answers += 1
        self._seconds += now - asked_at
        if self._answers >= max(self.at_once, _SAMPLE):
            # Little's law: what is under way is the rate times the time it takes.
            self._judge(self.at_once * self._answers / max(self._seconds, 1e-6))
            self._measure_anew(now)

    def refused(self, *, asked_at: float, now: float) -> None:
        """The server says that it has too much to do."""
        self._fall(_AFTER_A_REFUSAL, asked_at, now)

    def missed(self, *, asked_at: float, now: float) -> None:
        """No answer came, in time or at all."""
        self._fall(_AFTER_SILENCE, asked_at, now)

    def _measure_anew(self, now: float) -> None:
        self._begun = now
        self._skipped = self._answers = 0
        self._seconds = 0.0

    def _judge(self, rate: float) -> None:
        self._measured += 1
        if self.at_once <= self._safe:
            self._rate = rate if self._rate == 0 else (self._rate + rate) / 2
            if self._doubles or self._measured >= self._patience:
                self._try_higher()
        elif rate >= self._rate * self._wanted():
            self._safe, self._rate = self.at_once, rate
            self._patience = _SHORTEST_PATIENCE
            self._try_higher()
        else:
            self.at_once = self._safe
            self._doubles = False
            self._patience = min(2 * self._patience, _LONGEST_PATIENCE)
            self._measured = 0

    def _wanted(self) -> float:
        """How much quicker the server has to be for the level that is tried."""
        if self._doubles:
            return _DOUBLING_PAYS
        if self._is_careful:
            return 1.0
        return 1 + _STEP_PAYS * (self.at_once / self._safe - 1)

    def _try_higher(self) -> None:
        if self._doubles:
            step = self._safe
        else:
            step = max(1, self._safe // (_CAREFUL_PARTS if self._is_careful else _STEP_PARTS))
        self.at_once = min(self._safe + step, CEILING)
        self._measured = 0

    def _fall(self, share: float, asked_at: float, now: float) -> None:
        if asked_at < self._fell_at:
            return  # the fall that answers this has been
        self._fell_at = now
        if self.at_once > self._safe:
            share = max(share, self._safe / self.at_once)
        self.at_once = self._safe = max(1, int(self.at_once * share))
        self._rate = 0.0
        self._doubles = False
        self._is_careful = True
        self._patience = 1
        self._measure_anew(now)
