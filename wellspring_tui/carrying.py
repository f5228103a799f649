"""Carrying jobs: rounds over the services, watching, cancelling, sending again."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property, partial
from threading import TIMEOUT_MAX
from time import monotonic
from typing import TYPE_CHECKING

from wellspring_tui.channels import profile_of, real_time_channel, service_of
from wellspring_tui.errors import BusyError, CredentialsError, InputError, RefusedError
from wellspring_tui.jobs.model import NO_SERVICE, Job, Round
from wellspring_tui.outcomes import Outcomes
from wellspring_tui.progress import Progress
from wellspring_tui.services.connections import Connections

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import timedelta
    from decimal import Decimal
    from typing import Self

    from wellspring_tui.jobs.cleaning import Cleaner
    from wellspring_tui.jobs.conductor import Conductor
    from wellspring_tui.jobs.litter import Cleaned, Findings, Litter, Scope
    from wellspring_tui.jobs.model import Part
    from wellspring_tui.jobs.open_jobs import UnderWay
    from wellspring_tui.jobs.retrying import Retry
    from wellspring_tui.jobs.spending import Estimate
    from wellspring_tui.prompts.checking import Survey
    from wellspring_tui.service_profiles import ServiceProfile
    from wellspring_tui.settings import Settings

# A batch of a few prompts on the built-in service is over before the first full interval.
_FIRST_PAUSE_SECONDS = 0.05
_LONGER = 1.5
_LONGEST_WAIT_SECONDS = 600.0


def _unheard(_failure: Exception | None) -> None:
    """Trouble nobody wants to hear of."""


class Carrying(Outcomes):
    """The half of Wellspring that talks to services about the jobs there are."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._connections = Connections(settings)

    def close(self) -> None:
        """Close the ledger and the connections."""
        self._connections.close()
        self.ledger.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @cached_property
    def _conductor(self) -> Conductor:
        from wellspring_tui.jobs.collecting import Collector
        from wellspring_tui.jobs.conductor import Conductor

        return Conductor(
            self.ledger,
            self.settings.places,
            profile=partial(profile_of, self.settings),
            connect=self._connections.to,
            collector=Collector(self.ledger, self.settings.places, self._accounts.used),
            interval_seconds=self._interval_seconds,
            allow_finish=partial(self._keep_to_limit, now=True),
            looks_only=self.settings.read_only,
        )

    def tick(
        self,
        progress: Progress | None = None,
        *,
        only_due: bool = False,
        service: str | None = None,
    ) -> Round:
        """One round over all jobs: refresh, send what can be sent, collect what is done.

        With `only_due`, services that were asked less than their interval ago are left
        alone; with `service`, all but that one are, in batches or in real time.
        """
        if not self.ledger.open_channels():
            return Round(datetime.now(UTC))
        return self._conductor.tick(progress or Progress(), only_due=only_due, service=service)

    def watch(
        self,
        job_id: str,
        progress: Progress | None = None,
        *,
        seen: Callable[[Job], None] | None = None,
        troubled: Callable[[Exception | None], None] = _unheard,
        interval_seconds: float | None = None,
    ) -> Job:
        """Carry a job, by its id or a batch id, until its answers are on disk.

        `progress` hears the job's status and how many of its requests are done after each
        round, unless `seen` hears of the job instead. A service that can't be reached is
        asked again: `troubled` hears why, once, and None when it answers again. Rounds are
        `interval_seconds` apart, as the settings say if not given.

        Raises CredentialsError and RefusedError, which no waiting cures, InputError for a
        job whose creation is not asked for, StoppedError. The job is kept all the same.
        """
        if interval_seconds is not None and not 0 <= interval_seconds <= TIMEOUT_MAX:
            raise InputError(f"expected seconds from 0, found {interval_seconds}")
        heard = progress or Progress()
        job = self.job(job_id)
        self.ledger.creations.refuse_held(job.id)
        pauses = self._pauses(job, interval_seconds)
        failure: Exception | None = None
        while True:
            done = self.tick(heard, service=job.service)
            job = self.job(job.id)
            if seen is not None:
                seen(job)
            else:
                heard.step(job.status, job.completed + job.failed, job.requests)
            if job.collected:
                return job
            before, failure = failure, done.failure_of(job)
            if isinstance(failure, (CredentialsError, RefusedError)):
                raise failure
            if (failure is None) != (before is None):
                troubled(failure)
            heard.stopped.wait(max(next(pauses), _asked_to_wait(failure)))
            heard.check("watching")

    def carry_until(
        self,
        job_id: str,
        reached: Callable[[Sequence[Part]], bool],
        *,
        patience_seconds: float,
        progress: Progress | None = None,
    ) -> Sequence[Part]:
        """Carry a job until its parts have come as far as `reached` wants them.

        A service that does not answer is asked again for `patience_seconds`. Raises its
        failure then, at once CredentialsError and RefusedError; StoppedError.
        """
        heard, job = progress or Progress(), self.job(job_id)
        give_up_at, pause = monotonic() + patience_seconds, _FIRST_PAUSE_SECONDS
        while True:
            failure = self.tick(heard, service=job.service).failure_of(job)
            parts = self.ledger.parts(job.id)
            if reached(parts):
                return parts
            hopeless = isinstance(failure, (CredentialsError, RefusedError))
            if failure is not None and (hopeless or monotonic() >= give_up_at):
                raise failure
            heard.stopped.wait(max(pause, _asked_to_wait(failure)))
            heard.check("sending")
            pause = min(pause * _LONGER, self.check_interval_seconds(job.service))

    def _pauses(self, job: Job, interval_seconds: float | None) -> Iterator[float]:
        """Seconds between rounds; they start short where asking costs nothing."""
        pause = _FIRST_PAUSE_SECONDS
        while True:
            usual = self.check_interval_seconds(job.service)
            interval = usual if interval_seconds is None else interval_seconds
            interval = max(interval, _FIRST_PAUSE_SECONDS)
            quick = any(map(self._is_quick, self._channels(job.service)))
            yield min(pause, usual, interval) if quick else interval
            pause = min(pause * _LONGER, usual)

    def under_way(self) -> UnderWay:
        """How many jobs are not over yet, and the newest of them."""
        return self.ledger.open_jobs.under_way()

    def cancel(self, job_id: str) -> Job:
        """Ask to cancel a job, its waiting parts included. Raises InputError if it is over."""
        self.refuse_if_read_only()
        job = self.ledger.job(job_id)
        if job.collected:
            raise InputError(f"the job {job.id} is over already ({job.status})")
        self.ledger.ask_to_cancel(job.id)
        return self.ledger.job(job.id)

    def retry(
        self,
        job_id: str,
        *,
        also_hopeless: bool = False,
        now: bool = False,
        max_cost: Decimal | None = None,
        progress: Progress | None = None,
    ) -> Retry:
        """Send what has no answer again, as new parts of the same job; `tick` sends them.

        What can't get better, such as a request with a bad parameter, is left out and told,
        unless `also_hopeless`. With `now` it is answered in real time, at that price; a job
        that still runs is cancelled first, and what its batches leave goes when they are over.
        `max_cost` (dollars) is what the job may cost in all from now on; by default the limit
        that it was sent with, or else that of the settings, counts.

        Raises InputError while the job runs otherwise, or with nothing to send;
        TooExpensiveError above the limit.
        """
        from wellspring_tui.jobs.retrying import ask_to_finish, retry

        self.refuse_if_read_only()
        job = self.ledger.job(job_id)
        if job.service == NO_SERVICE:
            raise InputError(
                f"the job {job.id} was made of files, so there is no service to send it to",
                todo="Submit its file of requests as a job of its own.",
            )
        profile = self._way_to(job.service, now=now)
        self.settings.key(profile)
        if now and not job.collected and profile.answers_for is not None:
            asked = ask_to_finish(self.ledger, job.id, max_cost)
            if asked is not None:
                return replace(asked, cost=self.retry_cost(job.id, now=True))
        return retry(
            self.ledger,
            self.settings.places,
            profile,
            job.id,
            also_hopeless=also_hopeless,
            allow=lambda found: self._keep_to_limit(job, found, now=now, max_cost=max_cost),
            max_cost=max_cost,
            progress=progress or Progress(),
        )

    def retry_cost(
        self, job_id: str, *, also_hopeless: bool = False, now: bool = False
    ) -> Estimate:
        """What `retry` would cost, before anything is sent; of a large job work for a thread.

        Of a job that runs it is what would be left if nothing more were answered. Raises
        JobNotFoundError, StorageError.
        """
        from wellspring_tui.jobs.retrying import survey

        job = self.ledger.job(job_id)
        found = survey(self.ledger, self.settings.places, job.id, also_hopeless=also_hopeless)
        cost = self._cost_again(job, found, now=now)
        if job.collected:
            return cost
        # Which of them its batches have answered is known only when they are over.
        return cost.for_share(job.requests - job.completed, found.prompts)

    def _cost_again(self, job: Job, again: Survey, *, now: bool) -> Estimate:
        from wellspring_tui.jobs.spending import estimate

        free = self.settings.profile(job.service).is_local
        by = None if free else self._price_list(job.service)
        return estimate(again, self._prices, free=free, now=now, by=by)

    def _keep_to_limit(
        self, job: Job, again: Survey, *, now: bool, max_cost: Decimal | None = None
    ) -> Estimate:
        """What sending again costs. Raises TooExpensiveError when a job may cost too much so."""
        from wellspring_tui.jobs.spending import keep_retry_to

        cost = self._cost_again(job, again, now=now)
        limits = (max_cost, job.max_cost, self.settings.max_cost)
        limit = next((one for one in limits if one is not None), None)
        if limit is not None:
            keep_retry_to(limit, cost, job.id, self.usage(job_id=job.id).total.cost)
        return cost

    def litter(self, scope: Scope | None = None, progress: Progress | None = None) -> Findings:
        """What nobody needs any more, here and on services, each with why it is safe to delete.

        Nothing that an unfinished job needs, no answers or requests of a job, and nothing that
        was made elsewhere is among it. Services that can't be looked at are named. Raises
        StorageError where this disk can't be read.
        """
        from wellspring_tui.jobs.litter import Scope

        return self._cleaner.find(scope or Scope(), progress or Progress())

    def clean(self, litter: Iterable[Litter], progress: Progress | None = None) -> Cleaned:
        """Delete what `litter` found, as far as it still is litter. Raises StoppedError."""
        self.refuse_if_read_only()
        return self._cleaner.remove(litter, progress or Progress())

    def forget(self, job_id: str) -> Job:
        """Delete a job that is over, with its requests and answers on this disk, for good.

        What a service has of it stays there until it expires. Raises InputError while it runs.
        """
        self.refuse_if_read_only()
        job = self.ledger.job(job_id)
        self._cleaner.forget(job)
        return job

    @cached_property
    def _cleaner(self) -> Cleaner:
        from wellspring_tui.jobs.cleaning import Cleaner

        return Cleaner(self.ledger, self.settings.places, self._connections.to)

    def check_interval_seconds(self, service: str | None = None) -> float:
        """How long to wait between rounds, for one service or for all that are at work."""
        names = self._channels(service) if service else self.ledger.open_channels()
        return min(map(self._interval_seconds, names), default=self.settings.check_interval_seconds)

    def _channels(self, service: str) -> list[str]:
        """A service, or a channel, and the others to the same service that are at work."""
        own = service_of(service)
        return [service, *(way for way in self.ledger.open_channels() if service_of(way) == own)]

    def _interval_seconds(self, channel: str) -> float:
        usual = self.settings.check_interval_seconds
        if not self._is_quick(channel):
            return usual
        return min(usual, self.settings.local_check_interval_seconds)

    def _is_quick(self, channel: str) -> bool:
        return profile_of(self.settings, channel).is_quick

    def _way_to(self, service: str | None, *, now: bool) -> ServiceProfile:
        """The profile of a service as it is to be asked; the built-in one answers at once."""
        profile = self.settings.profile(service)
        if not now or profile.is_local:
            return profile
        return profile_of(self.settings, real_time_channel(profile.name))

    def ping(self, service: str | None = None) -> timedelta | None:
        """Ask a service for its newest batch. Raises ServiceError when that can't be had.

        What comes back is how far this machine's clock is ahead of the service's, as far as
        the service tells the time.
        """
        return self._connections.to(self.settings.profile(service).name).ping()


def _asked_to_wait(failure: Exception | None) -> float:
    if not isinstance(failure, BusyError) or failure.retry_after_seconds is None:
        return 0.0
    return min(failure.retry_after_seconds, _LONGEST_WAIT_SECONDS)
