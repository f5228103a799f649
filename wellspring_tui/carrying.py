"""Carrying jobs: rounds over the services, watching, cancelling, sending again."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cached_property
from threading import TIMEOUT_MAX
from time import monotonic
from typing import TYPE_CHECKING

from wellspring_tui.errors import BusyError, CredentialsError, InputError, RefusedError
from wellspring_tui.jobs.model import NO_SERVICE, Job, Round
from wellspring_tui.outcomes import Outcomes
from wellspring_tui.progress import Progress
from wellspring_tui.services.connections import Connections

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import timedelta
    from typing import Self

    from wellspring_tui.jobs.conductor import Conductor
    from wellspring_tui.jobs.model import Part
    from wellspring_tui.jobs.open_jobs import UnderWay
    from wellspring_tui.jobs.retrying import Retry
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
            profile=self.settings.profile,
            connect=self._connections.to,
            collector=Collector(self.ledger, self.settings.places, self._accounts.used),
            interval_seconds=self._interval_seconds,
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
        alone; with `service`, all but that one are.
        """
        if not self.ledger.open_services():
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
            before, failure = failure, done.failures.get(job.service)
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
            failure = self.tick(heard, service=job.service).failures.get(job.service)
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
        local = self.settings.profile(job.service).is_local
        while True:
            usual = self.check_interval_seconds(job.service)
            interval = usual if interval_seconds is None else interval_seconds
            interval = max(interval, _FIRST_PAUSE_SECONDS)
            yield min(pause, usual, interval) if local else interval
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
        self, job_id: str, *, also_hopeless: bool = False, progress: Progress | None = None
    ) -> Retry:
        """Send what has no answer again, as new parts of the same job; `tick` sends them.

        What can't get better, such as a request with a bad parameter, is left out and told,
        unless `also_hopeless`. Raises InputError while the job runs, or with nothing to send.
        """
        from wellspring_tui.jobs.retrying import retry

        self.refuse_if_read_only()
        job = self.ledger.job(job_id)
        if job.service == NO_SERVICE:
            raise InputError(
                f"the job {job.id} was made of files, so there is no service to send it to",
                todo="Submit its file of requests as a job of its own.",
            )
        profile = self.settings.profile(job.service)
        self.settings.key(profile)
        return retry(
            self.ledger,
            self.settings.places,
            profile,
            job.id,
            also_hopeless=also_hopeless,
            progress=progress or Progress(),
        )

    def check_interval_seconds(self, service: str | None = None) -> float:
        """How long to wait between rounds, for one service or for all that are at work."""
        names = [service] if service else self.ledger.open_services()
        return min(map(self._interval_seconds, names), default=self.settings.check_interval_seconds)

    def _interval_seconds(self, service: str) -> float:
        usual = self.settings.check_interval_seconds
        if not self.settings.profile(service).is_local:
            return usual
        return min(usual, self.settings.local_check_interval_seconds)

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
