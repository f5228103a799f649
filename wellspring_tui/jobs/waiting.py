"""Waiting well: for room on a service, and after a failure to reach it."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import TYPE_CHECKING

from wellspring_tui.errors import BusyError
from wellspring_tui.jobs.model import Step

if TYPE_CHECKING:
    from wellspring_tui.jobs.ledger import Ledger
    from wellspring_tui.jobs.model import Part
    from wellspring_tui.service_profiles import ServiceProfile

_HOUR = timedelta(hours=1)
_DOUBLINGS = 8


@dataclass(frozen=True, slots=True)
class Wait:
    """What a part waits for; `until` is None when something else tells."""

    reason: str
    until: datetime | None = None


CREATION = Wait("its creation to be asked for")
"""What a part waits for that was only to be uploaded."""


def has_room(queue: int, enqueued: int, tokens: int) -> bool:
    """Whether a part goes into a queue of tokens that holds some already.

    Alone it goes whatever its estimate says: the service counts better than we do.
    """
    return not enqueued or enqueued + tokens <= queue


class Gate:
    """Lets parts of one service through as far as its limits allow."""

    def __init__(self, ledger: Ledger, profile: ServiceProfile) -> None:
        self._ledger = ledger
        self._profile = profile

    def closed_for(self, part: Part) -> Wait | None:
        """What `part` has to wait for before it is sent; None when it may go."""
        if part.creation_held:
            # Its file may go up however full the queue is: only batches count there.
            return CREATION if part.step is Step.UPLOADED else None
        return self._no_room(part) or self._too_many(part)

    def _no_room(self, part: Part) -> Wait | None:
        limits = self._ledger.limits
        queue = limits.queue(self._profile, part.model)
        if queue is None:
            return None
        enqueued = limits.enqueued_tokens(self._profile.name, part.model, besides=part.id)
        if has_room(queue, enqueued, part.tokens):
            return None
        return Wait(f"room in the queue: {enqueued:,} of {queue:,} tokens of {part.model}")

    def _too_many(self, part: Part) -> Wait | None:
        if part.attempts:
            return None  # it has been counted already
        most = self._profile.creations_per_hour
        oldest = self._ledger.limits.nth_creation(self._profile.name, most)
        if oldest is None or datetime.now(UTC) - oldest >= _HOUR:
            return None
        return Wait(f"the hour to pass: {most:,} batches were created in it", oldest + _HOUR)


class Patience:
    """When a service that failed to answer is asked again: later each time, never in step."""

    def __init__(self) -> None:
        self.failure: Exception | None = None
        self.succeeded()

    def seconds_left(self, *, insisting: bool) -> float:
        """How long still to wait; one who insists need only keep to what the service said."""
        until = self._told_not_before if insisting else self._not_before
        return max(0.0, until - monotonic())

    def succeeded(self) -> None:
        """The service answers: nothing is remembered."""
        self.failure = None
        self._failures = 0
        self._not_before = 0.0
        self._told_not_before = 0.0

    def failed(self, error: Exception, backoff_seconds: float) -> None:
        """Wait from a fifteenth of the back-off up to ten times of it, or as the service says."""
        self.failure = error
        delay = min(
            backoff_seconds / 15 * 2 ** min(self._failures, _DOUBLINGS), backoff_seconds * 10
        )
        self._failures += 1
        told = error.retry_after_seconds if isinstance(error, BusyError) else None
        # Many clients that failed together must not come back together.
        self._not_before = monotonic() + max(delay * random.uniform(0.8, 1.2), told or 0.0)
        self._told_not_before = monotonic() + (told or 0.0)
