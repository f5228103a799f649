"""What is to be expected of an open job, by what ended jobs like it have gone through."""

from __future__ import annotations

import threading
from math import inf, log
from operator import itemgetter
from time import monotonic
from typing import TYPE_CHECKING

from wellspring_tui.jobs.model import Outlook

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    from wellspring_tui.jobs.history import Ended, History, Running
    from wellspring_tui.jobs.model import Job

_FEWEST = 3
"""With fewer ended jobs nothing is said."""
_FEW = 10
"""With fewer, shortest and longest are those of all; from here on, of eight in ten."""
_MOST = 30
_FARTHEST = log(4)
"""A like job has at most four times the requests, or a quarter of them."""
_LITTLE = 10
"""Requests that make no odds: 1 and 9 take the same time."""
_QUIET_SECONDS = 600.0
_QUIET_SECONDS_QUICK = 30.0
_SLACK_SECONDS = 2.0
"""As long as this, or a tenth longer than all others, is not late yet."""
_LIFE_SECONDS = 15.0


class Outlooks:
    """Tells them for many jobs at once; usable from any thread."""

    def __init__(self, history: History, is_quick: Callable[[str], bool]) -> None:
        """`is_quick` tells whether a service runs on this machine, and so is asked often."""
        self._history = history
        self._is_quick = is_quick
        self._ended: dict[tuple[str, bool], tuple[float, list[Ended]]] = {}
        self._lock = threading.Lock()

    def of(self, jobs: Iterable[Job], now: datetime) -> dict[str, Outlook]:
        """By job id; jobs that are over or of which nothing honest can be said are left out."""
        still_open = [job for job in jobs if job.open]
        if not still_open:
            return {}
        running = self._history.running(job.id for job in still_open)
        found = {
            job.id: outlook(
                job,
                like(job, self._ended_on_its_way(job)),
                running.get(job.id),
                now,
                is_quick=job.real_time_parts > 0 or self._is_quick(job.service),
            )
            for job in still_open
        }
        return {job_id: one for job_id, one in found.items() if one is not None}

    def _ended_on_its_way(self, job: Job) -> list[Ended]:
        way = job.service, job.real_time_parts > 0
        with self._lock:
            read_at, ended = self._ended.get(way, (-inf, []))
            if monotonic() - read_at > _LIFE_SECONDS:
                ended = self._history.ended(job.service, real_time=job.real_time_parts > 0)
                self._ended[way] = monotonic(), ended
            return ended


def like(job: Job, ended: Sequence[Ended]) -> list[Ended]:
    """The ended jobs that are most like one: of its model if there are enough, near its size."""
    size = log(job.requests + _LITTLE)
    by_distance = ((abs(log(other.requests + _LITTLE) - size), other) for other in ended)
    near = [found for found in by_distance if found[0] <= _FARTHEST]
    own_model = [found for found in near if found[1].model == job.model]
    enough = own_model if len(own_model) >= _FEW else near
    return [other for _, other in sorted(enough, key=itemgetter(0))[:_MOST]]


def outlook(
    job: Job,
    alike: Sequence[Ended],
    running: Running | None,
    now: datetime,
    *,
    is_quick: bool = False,
) -> Outlook | None:
    """What is to be expected of an open job; None with fewer than three like it.

    A job has stalled when, by the last word of its service, nothing of it has changed for
    longer than nine in ten like jobs were ever quiet, and for ten minutes at least (half a
    minute where it `is_quick`: asked often, and told of answer by answer). How long a like job
    was quiet is what was seen of it; where nobody looked, all of its time counts, so a stall is
    rather told late than wrongly. Time in which the service was not asked is not silence, and a
    job that waits for its turn, or is being cancelled, is not expected to change.
    """
    if len(alike) < _FEWEST:
        return None
    shortest, longest = _range([other.seconds for other in alike])
    if running is None or job.cancel_asked or job.status == "cancelling":
        return Outlook(len(alike), shortest, longest, None, None)
    elapsed = max(0.0, (now - running.since).total_seconds())
    at_most = longest if elapsed < longest else longest + max(_SLACK_SECONDS, longest / 10)
    left = None
    if elapsed < at_most:
        left = max(0.0, shortest - elapsed), max(1.0, at_most - elapsed)
    _, usual_silence = _range([other.quiet_seconds for other in alike])
    at_least = _QUIET_SECONDS_QUICK if is_quick else _QUIET_SECONDS
    silent = _silent_seconds(job, running, now)
    stalled = silent > max(at_least, usual_silence)
    return Outlook(len(alike), shortest, longest, left, silent if stalled else None)


def _silent_seconds(job: Job, running: Running, now: datetime) -> float:
    if job.news_at is None or running.looked_at is None:
        return 0.0
    return (min(running.looked_at, now) - job.news_at).total_seconds()


def _range(values: Sequence[float]) -> tuple[float, float]:
    """The 10th and the 90th percentile; of few, the least and the most."""
    ordered = sorted(values)
    spared = len(ordered) // 10 if len(ordered) >= _FEW else 0
    return ordered[spared], ordered[-1 - spared]
