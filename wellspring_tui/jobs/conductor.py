"""One round over all jobs: look what the services say, move what can move, fetch what is done.

`tick` may be called from anywhere, at any time, by any number of processes, and be
killed at any instruction: what it was about to do stands in the ledger.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING

from wellspring_tui.channels import real_time_channel, service_of
from wellspring_tui.errors import (
    BusyError,
    GoneError,
    InputError,
    NetworkError,
    RefusedError,
    ServiceError,
    StorageError,
)
from wellspring_tui.jobs.collecting import over_since, tells_enough
from wellspring_tui.jobs.holding import new_holder
from wellspring_tui.jobs.model import ADOPTED, BEFORE_CREATION, Job, Part, Round, Step, new_token
from wellspring_tui.jobs.retrying import finish
from wellspring_tui.jobs.sending import METADATA_KEY, LookedFor, Sender
from wellspring_tui.jobs.setbacks import setback_of
from wellspring_tui.jobs.waiting import Gate, Patience
from wellspring_tui.log import logger
from wellspring_tui.progress import Progress
from wellspring_tui.services.model import BatchProblem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from wellspring_tui.jobs.collecting import Collector
    from wellspring_tui.jobs.ledger import Ledger
    from wellspring_tui.jobs.spending import Estimate
    from wellspring_tui.places import Places
    from wellspring_tui.prompts.checking import Survey
    from wellspring_tui.service_profiles import ServiceProfile
    from wellspring_tui.services.client import Service
    from wellspring_tui.services.model import Batch

_log = logger(__name__)
_HOLD_SECONDS = 120.0
_CLOCK_SLACK = timedelta(minutes=10)
"""How far a service's clock may be off ours when the listing is read back in time."""
_LONGEST_WINDOW = timedelta(days=14)
_FORGOTTEN = timedelta(days=1)
"""A batch still unknown to its service so long after its window is given up."""


class Conductor:
    """Carries every job of a ledger one round further."""

    def __init__(
        self,
        ledger: Ledger,
        places: Places,
        *,
        profile: Callable[[str], ServiceProfile],
        connect: Callable[[str], Service],
        collector: Collector,
        interval_seconds: Callable[[str], float],
        allow_finish: Callable[[Job, Survey], Estimate],
        looks_only: bool = False,
    ) -> None:
        """`profile` and `connect` give the profile and the connection of a channel by name.

        `interval_seconds` tells how often a service is asked, `allow_finish` what it costs to
        ask in real time what a job's batches have left, or raises what speaks against it. One
        that `looks_only` tells what the services say and fetches what is done, but sends and
        cancels nothing.
        """
        self._ledger = ledger
        self._places = places
        self._profile = profile
        self._connect = connect
        self._collector = collector
        self._interval_seconds = interval_seconds
        self._allow_finish = allow_finish
        self._looks_only = looks_only
        self._asked_at: dict[str, float] = {}
        self._patience: defaultdict[str, Patience] = defaultdict(Patience)

    def tick(
        self, progress: Progress, *, only_due: bool = False, service: str | None = None
    ) -> Round:
        """One round over all services that have something to do, those that are due, or one.

        A service that can't be asked is named in the round's `failures`; the others go on.
        One that failed before is left alone for a while, longer each time; when `only_due`
        is not set, only as long as it asked for itself.
        """
        changed: set[str] = set()
        ended: list[str] = []
        failures: dict[str, Exception] = {}
        open_channels = self._ledger.open_channels()
        names = [name for name in open_channels if service in (None, service_of(name))]
        for name in names:
            patience = self._patience[name]
            rests = only_due and not self._is_due(name)
            if patience.failure and (rests or patience.seconds_left(insisting=not only_due) > 0):
                failures[name] = patience.failure
                continue
            if rests:
                continue
            self._asked_at[name] = monotonic()
            try:
                self._serve(name, progress, changed, ended)
            except (ServiceError, StorageError) as error:
                patience.failed(error, self._profile(name).backoff_seconds)
                _tell_failure(name, error, patience.seconds_left(insisting=False))
                failures[name] = error
            else:
                if patience.failure:
                    _log.info("service %s: answers again", name)
                patience.succeeded()
        next_tries = {name: self._seconds_to_next_try(name) for name in failures}
        return Round(datetime.now(UTC), frozenset(changed), tuple(ended), failures, next_tries)

    def _seconds_to_next_try(self, name: str) -> float:
        """How long until a service that failed is asked again unless somebody insists."""
        asked_at = self._asked_at.get(name, 0.0)
        due = asked_at + self._interval_seconds(name) - monotonic()
        return max(0.0, due, self._patience[name].seconds_left(insisting=False))

    def _is_due(self, name: str) -> bool:
        asked_at = self._asked_at.get(name)
        if asked_at is None:
            return True
        # A timer may wake a little early; what is due within a tenth is due.
        return monotonic() - asked_at >= 0.9 * self._interval_seconds(name)

    def _serve(self, name: str, progress: Progress, changed: set[str], ended: list[str]) -> None:
        service, profile = self._connect(name), self._profile(name)
        looked_for, first_failure = self._refresh(name, service, changed)
        sender = Sender(self._ledger, self._places, service, profile, looked_for)
        for part in self._ledger.open_parts(name):
            progress.check()
            try:
                moved = self._move(part, profile, sender, progress)
            except (ServiceError, StorageError) as error:
                # The next part may fare better; what stopped this one is told at the end.
                first_failure = first_failure or error
                changed.add(part.job_id)
                continue
            if moved:
                changed.add(part.job_id)
                job = self._ledger.job(part.job_id)
                if job.collected:
                    ended.append(part.job_id)
                    _tell_end(job)
        for job_id in self._ledger.finishing.due(name):
            self._finish(job_id, progress, changed, ended)
        first_failure = first_failure or service.trouble()
        if first_failure is not None:
            raise first_failure

    def _finish(self, job_id: str, progress: Progress, changed: set[str], ended: list[str]) -> None:
        """Ask in real time what a job's batches have left, if nobody else is about to."""
        if self._looks_only:
            return
        job = self._ledger.job(job_id)
        profile = self._profile(real_time_channel(job.service))
        allow = partial(self._allow_finish, job)
        try:
            finish(self._ledger, self._places, profile, job_id, allow=allow, progress=progress)
        except InputError as error:
            _log.info("job %s: not finished yet: %s", job_id, error)
            return
        changed.add(job_id)
        job = self._ledger.job(job_id)
        if job.collected:
            ended.append(job_id)
            _tell_end(job)

    # -- refresh -----------------------------------------------------------------

    def _refresh(
        self, name: str, service: Service, changed: set[str]
    ) -> tuple[LookedFor, ServiceError | StorageError | None]:
        """Bring all parts up to date from ONE listing, read back no further than needed.

        Tells which attempts to create a batch were looked for in it, and what was amiss
        with a batch that the listing leaves out.
        """
        parts = self._ledger.open_parts(name)
        running = {part.batch_id: part for part in parts if part.batch_id and not part.ended}
        doubtful = {part.token: part for part in parts if part.step is Step.CREATING}
        looked_for = frozenset((part.id, part.attempted_at) for part in doubtful.values())
        if not running and not doubtful:
            return looked_for, None
        passed: list[Batch] = []
        for batch in self._listing(service, [*running.values(), *doubtful.values()]):
            part = running.pop(batch.id, None) or self._claimed(batch, doubtful)
            if part is None:
                passed.append(batch)
                continue
            doubtful.pop(part.token, None)
            if self._ledger.steps.observe(part, batch):
                changed.add(part.job_id)
            if not running and not doubtful:
                break
        if self._profile(name).answers_for is None:  # what else runs there is not ours to adopt
            self._ledger.offers.note(name, passed)
        failure: ServiceError | None = None
        for batch_id, part in running.items():
            try:
                news = self._look_up(service, batch_id, part)
            except GoneError as error:
                failure = error
                continue
            if news:
                changed.add(part.job_id)
        self._ledger.history.looked(name)
        return looked_for, failure

    def _listing(self, service: Service, wanted: Iterable[Part]) -> Iterable[Batch]:
        """The service's batches, newest first, back to the oldest that is wanted."""
        times = [part.attempted_at for part in wanted if part.attempted_at]
        oldest = min(times, default=datetime.now(UTC)) - _CLOCK_SLACK
        for batch in service.batches():
            if batch.created_at is not None and batch.created_at < oldest:
                return
            yield batch

    def _look_up(self, service: Service, batch_id: str, part: Part) -> bool:
        """Ask for a batch that the listing leaves out.

        Raises GoneError when the service does not know it. That alone ends nothing: with
        the key of another project, every running batch is unknown. It ends when the
        user cancels the job, or a day after its window.
        """
        try:
            return self._ledger.steps.observe(part, service.retrieve(batch_id))
        except GoneError as error:
            asked = part.attempted_at or datetime.now(UTC)
            window_ends = part.expires_at or asked + _LONGEST_WINDOW
            cancel = self._ledger.job(part.job_id).cancel_asked
            if not cancel and datetime.now(UTC) < window_ends + _FORGOTTEN:
                raise GoneError(
                    f"{error.what}: batch {batch_id}",
                    todo="Is this the key of the project it was made in? Cancel it to give it up.",
                ) from None
            status = "cancelled" if cancel else "failed"
            self._ledger.steps.end_unsent(part, status, [BatchProblem(error.what, "batch_gone")])
            return True

    # -- advance and collect -------------------------------------------------------

    def _move(
        self, part: Part, profile: ServiceProfile, sender: Sender, progress: Progress
    ) -> bool:
        """Move one part as far as it goes now; whether it moved."""
        if self._looks_only and not part.ended:
            return False
        cancel = self._ledger.job(part.job_id).cancel_asked
        runs = part.step is Step.CREATED and not part.ended
        if runs and not (cancel and part.status != "cancelling"):
            return False
        rests = part.not_before is not None and part.not_before > datetime.now(UTC)
        if rests and not cancel:
            return False
        # Threads of one program are as strange to each other as processes are.
        holder = new_holder()
        held = self._ledger.holds.take(part.id, holder, _HOLD_SECONDS)
        if held is None or held.step is Step.COLLECTED:
            return False
        try:
            return self._move_held(held, profile, sender, self._holding(held, holder, progress))
        finally:
            self._ledger.holds.release(part.id, holder)

    def _move_held(
        self, part: Part, profile: ServiceProfile, sender: Sender, keep_hold: Progress
    ) -> bool:
        cancel = self._ledger.job(part.job_id).cancel_asked
        if cancel and _never_sent(part, sender):
            self._ledger.steps.end_unsent(part, "cancelled")
            return True
        if part.step in BEFORE_CREATION:
            wait = Gate(self._ledger, profile).closed_for(part)
            if wait is not None:
                return self._ledger.steps.wait(part, wait.reason, wait.until)
        if part.step is not Step.CREATED:
            return sender.send(part, keep_hold)
        if part.ended:
            return self._end(part, profile, keep_hold, cancel=cancel)
        if not cancel or part.status == "cancelling":
            return False  # another process has sent it since it was looked at
        return self._cancel(part, self._connect(profile.name))

    def _end(
        self, part: Part, profile: ServiceProfile, progress: Progress, *, cancel: bool
    ) -> bool:
        """Collect a part whose batch is over, or send it again when its failure passes."""
        service = self._connect(profile.name)
        if not tells_enough(part):
            part = self._told_more(part, service)
            gone = part.status == "failed" or over_since(part, profile.gone_after_seconds)
            if not tells_enough(part) and not gone:
                raise NetworkError(
                    f"the batch {part.batch_id} is {part.status}, but does not name its files yet",
                    todo="Wellspring will look again.",
                )
        if not part.ended:
            return True  # the second look says that it is not over after all
        job = self._ledger.job(part.job_id)
        # A batch made elsewhere is not ours to send again unasked.
        ours = job.kind != ADOPTED or part.number > 1
        setback = setback_of(part) if ours and not cancel else None
        if setback is None:
            self._collector.collect(part, service, progress, profile.gone_after_seconds)
            return True
        pause = timedelta(seconds=profile.backoff_seconds * setback.wait_factor)
        until = datetime.now(UTC) + pause
        self._ledger.steps.set_back(part, setback, token=new_token(part.id), until=until)
        return True

    def _told_more(self, part: Part, service: Service) -> Part:
        """A part that is over, after a second look at its batch alone.

        Some services name files and reasons a while after the end, or not in a listing.
        """
        try:
            batch = service.retrieve(str(part.batch_id))
        except GoneError:
            return part  # deleted since: what was seen of it is all there is
        self._ledger.steps.observe(part, batch)
        return self._ledger.part(part.id)

    def _cancel(self, part: Part, service: Service) -> bool:
        try:
            batch = service.cancel(str(part.batch_id))
        except RefusedError:
            # It ended in the meantime: what it is now says the rest.
            batch = service.retrieve(str(part.batch_id))
        return self._ledger.steps.observe(part, batch)

    def _claimed(self, batch: Batch, doubtful: dict[str, Part]) -> Part | None:
        """The part that `batch` was made for: by our token, or by the input file only we have."""
        part = doubtful.get(batch.metadata.get(METADATA_KEY, ""))
        if part is not None:
            return part
        by_file = {part.input_file_id: part for part in doubtful.values() if part.input_file_id}
        part = by_file.get(batch.input_file_id or "")
        return None if part is None or self._ledger.steps.was_given_up(batch.id) else part

    def _holding(self, part: Part, holder: str, progress: Progress) -> Progress:
        """`progress` that also renews the hold on `part` while long work goes on."""
        renewed_at = datetime.now(UTC)

        def report(what: str, done: int, total: int | None) -> None:
            nonlocal renewed_at
            now = datetime.now(UTC)
            if (now - renewed_at).total_seconds() > _HOLD_SECONDS / 4:
                self._ledger.holds.take(part.id, holder, _HOLD_SECONDS)
                renewed_at = now
            progress.report(what, done, total)

        return Progress(report, progress.stopped)


def _tell_failure(service: str, error: Exception, seconds: float) -> None:
    passes = isinstance(error, (NetworkError, BusyError))
    tell = _log.warning if passes else _log.error
    tell("service %s: %s Next try in %.0f s.", service, f"{str(error).rstrip('.')}.", seconds)


def _tell_end(job: Job) -> None:
    tell = _log.info if job.all_answered else _log.warning
    tell(
        "job %s: ended as %s, with %d answered, %d failed and %d missing",
        *(job.id, job.status, job.completed, job.failed, job.missing),
    )


def _never_sent(part: Part, sender: Sender) -> bool:
    """Whether no batch exists for a part, and none can turn up."""
    if part.step is Step.CREATING:
        return not sender.may_still_appear(part)
    return part.step in BEFORE_CREATION
