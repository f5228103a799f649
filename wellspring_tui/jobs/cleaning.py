"""Keeping house: finding what nobody needs any more, deleting it, forgetting whole jobs.

Whatever is killed on the way has deleted some of it and the rest not; the next time finds
the rest.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from wellspring_tui.errors import InputError, ServiceError, WellspringError
from wellspring_tui.jobs.disk_litter import DiskLitter
from wellspring_tui.jobs.holding import alone
from wellspring_tui.jobs.litter import Cleaned, Findings
from wellspring_tui.jobs.service_litter import ServiceLitter
from wellspring_tui.log import logger
from wellspring_tui.private import reading, writing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from wellspring_tui.jobs.ledger import Ledger
    from wellspring_tui.jobs.litter import Kept, Litter, Scope
    from wellspring_tui.jobs.model import Job
    from wellspring_tui.places import Places
    from wellspring_tui.progress import Progress
    from wellspring_tui.services.client import Service

_log = logger(__name__)
_IN_USE = "it is needed again, or another process is at work on it"


class Cleaner:
    """Keeps one home, and its services, clean."""

    def __init__(self, ledger: Ledger, places: Places, connect: Callable[[str], Service]) -> None:
        """`connect` gives the connection to a service by name."""
        self._book = ledger.cleaning
        self._places = places
        self._connect = connect
        self._disk = DiskLitter(self._book, places)

    def find(self, scope: Scope, progress: Progress) -> Findings:
        """All that may go. A service that can't be looked at is named. Raises StorageError."""
        litter: list[Litter] = []
        kept: list[Kept] = []
        not_asked: dict[str, WellspringError] = {}
        if scope.disk:
            with reading(self._places.data):
                litter += self._disk.find(scope.job_id, progress)
                kept += [] if scope.job_id else self._disk.kept()
        for name in self._book.services(scope.job_id) if scope.services else ():
            if scope.service not in (None, name):
                continue
            progress.step(f"Asking {name}", 0)
            try:
                found, staying = self._on(name).find(scope.job_id, progress)
            except (ServiceError, InputError) as error:
                not_asked[name] = error
                continue
            litter += found
            kept += staying
        if scope.older_than is not None:
            before = datetime.now(UTC) - scope.older_than
            litter = [one for one in litter if one.at < before]
        return Findings(tuple(litter), tuple(kept), not_asked)

    def remove(self, litter: Iterable[Litter], progress: Progress) -> Cleaned:
        """Delete what was found, each after a second look. Raises StoppedError in between."""
        gone: list[Litter] = []
        left: list[tuple[Litter, str]] = []
        failures: dict[str, WellspringError] = {}
        services: dict[str, ServiceLitter] = {}
        listed = list(litter)
        for count, one in enumerate(listed):
            progress.step("Deleting", count, len(listed))
            if one.service in failures:
                left.append((one, str(failures[one.service])))
                continue
            try:
                if one.service is None:
                    done = self._disk.remove(one)
                else:
                    if one.service not in services:
                        services[one.service] = self._on(one.service)
                    done = services[one.service].remove(one)
            except WellspringError as error:
                failures[one.service or one.where] = error
                left.append((one, str(error)))
                continue
            if done:
                _log.info("deleted %s: %s (%s)", one.kind, one.where, one.service or "here")
                gone.append(one)
            else:
                left.append((one, _IN_USE))
        return Cleaned(tuple(gone), tuple(left), tuple(failures.values()))

    def forget(self, job: Job) -> None:
        """Delete a job that is over, from the ledger and from this disk, with its answers.

        Raises InputError when it is not over, or another process is at work on it.
        """
        if not job.collected:
            raise InputError(
                f"the job {job.id} still runs ({job.status}), so it can't be forgotten",
                todo=f"`wellspring cancel {job.id}` ends it.",
            )
        inputs = self._places.inputs(job.id)
        if inputs.is_dir():
            with writing(inputs), alone(inputs, job.id):
                self._book.forget(job.id)
        else:
            self._book.forget(job.id)
        _log.info("job %s: forgotten", job.id)
        self._disk.remove_folders(job.id)
        self._book.rest_is_gone(job.id)

    def _on(self, name: str) -> ServiceLitter:
        return ServiceLitter(self._book, self._places, name, self._connect(name))
