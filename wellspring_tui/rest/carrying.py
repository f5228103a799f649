"""Carrying the jobs on while the server runs: one thread, round after round."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from wellspring_tui.errors import StoppedError, WellspringError
from wellspring_tui.progress import Progress
from wellspring_tui.rest.journal import place_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from wellspring_tui.jobs.model import Round
    from wellspring_tui.wellspring import Wellspring

_log = logging.getLogger(__name__)

_LEDGER = "ledger"


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a service, or the ledger, could not be asked, and since when."""

    what: str
    since: datetime


class Carrying:
    """Runs rounds in a thread of its own. `health` may be asked from any thread."""

    def __init__(self, door: Wellspring, told: Callable[[str], str]) -> None:
        """`told` makes a failure's words fit to be shown."""
        self._door = door
        self._told = told
        self._progress = Progress()
        self._wake = threading.Event()
        self._wanted: set[str] = set()
        self._asked_at: dict[str, float] = {}
        self._changing = threading.Lock()
        self._thread = threading.Thread(target=self._run, daemon=True, name="wellspring-carrying")
        self.troubles: dict[str, Trouble] = {}
        """Service → why it can't be asked; replaced, never changed."""
        self.last_round_at: datetime | None = None

    def start(self) -> None:
        """Begin with a round at once."""
        self._thread.start()

    def stop(self, patience_seconds: float) -> None:
        """End long work at its next step, and wait a little; it goes on at the next start."""
        self._progress.stopped.set()
        self._wake.set()
        self._thread.join(patience_seconds)

    @property
    def alive(self) -> bool:
        """Whether jobs are carried on."""
        return self._thread.is_alive()

    def look(self, service: str) -> None:
        """Ask a service now, whenever it was asked last."""
        with self._changing:
            self._wanted.add(service)
        self._wake.set()

    def _run(self) -> None:
        stopped = self._progress.stopped
        while not stopped.is_set():
            self._round(None)
            began = time.monotonic()
            # Looked up each time: a job that came meanwhile may be of a quicker service.
            while not stopped.is_set() and (left := began + self._pause() - time.monotonic()) > 0:
                self._wake.wait(left)
                self._wake.clear()
                for service in self._taken():
                    self._round(service)

    def _taken(self) -> set[str]:
        """The services that are to be asked now."""
        with self._changing:
            wanted, self._wanted = self._wanted, set()
        return wanted

    def _pause(self) -> float:
        try:
            return self._door.check_interval_seconds()
        except WellspringError as error:
            self._note(_LEDGER, error)
            return self._door.settings.check_interval_seconds

    def _round(self, service: str | None) -> None:
        try:
            done = self._door.tick(self._progress, only_due=service is None, service=service)
        except StoppedError:
            return
        except WellspringError as error:
            self._note(_LEDGER, error)
        except Exception as error:
            # The one place where a defect is outlived: without this thread no job goes on.
            self._note(_LEDGER, error)
        else:
            self._learn(done, service)

    def _learn(self, done: Round, service: str | None) -> None:
        self.last_round_at = done.at
        for name, error in done.failures.items():
            self._note(name, error)
        silent = self.troubles.keys() - done.failures.keys()
        over = {name for name in silent if self._was_asked(name, service)}
        if over:
            self.troubles = {name: one for name, one in self.troubles.items() if name not in over}
            _log.info("works again: %s", ", ".join(sorted(over)))
        if service is not None:
            self._asked_at[service] = time.monotonic()

    def _was_asked(self, name: str, service: str | None) -> bool:
        """Whether the silence of a round over `service`, or over all that are due, is good news."""
        if service is not None:
            return name in (service, _LEDGER)
        asked_at = self._asked_at.get(name)
        if asked_at is None:
            return True
        return time.monotonic() - asked_at >= self._door.check_interval_seconds(name)

    def _note(self, name: str, error: Exception) -> None:
        what = self._told(str(error)) if isinstance(error, WellspringError) else place_of(error)
        known = self.troubles.get(name)
        if known is not None and known.what == what:
            return
        _log.warning("%s: %s", name, what)
        since = known.since if known else datetime.now(UTC)
        self.troubles = {**self.troubles, name: Trouble(what, since)}
