"""The pane that tells of the job under the cursor, read from the ledger each time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import work

from wellspring_tui.errors import JobNotFoundError, WellspringError
from wellspring_tui.tui.carrier import in_thread
from wellspring_tui.tui.screens.base import DashboardScreen
from wellspring_tui.tui.screens.job_detail import JobView, detail_lines, sparkline_cells
from wellspring_tui.tui.widgets.reader import Reader

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wellspring_tui.answers.failure_kinds import FailureKind
    from wellspring_tui.jobs.model import Job

_KINDS_SHOWN = 5
_REMEMBERED = 200


class JobPane(Reader):
    """One job in full. What the ledger knows is told at once, what its answers know soon."""

    def __init__(self, *, id: str) -> None:  # noqa: A002 (Textual's own word)
        super().__init__(id=id)
        self._told: str | None = None
        self._failures: dict[tuple[str, int], Sequence[FailureKind]] = {}
        """Why requests failed, by job and how many did."""

    def tell(self, job_id: str | None) -> None:
        """Tell of a job; one who reads of it already stays where they are."""
        screen = self.screen
        assert isinstance(screen, DashboardScreen)
        door, now = screen.door, screen.dashboard.clock()
        try:
            detail = None if job_id is None else door.detail(job_id)
        except JobNotFoundError:  # another process has just forgotten it
            detail = None
        self.display = detail is not None
        if job_id is None or detail is None:
            return
        cells = sparkline_cells(detail.job, door.settings, now)
        view = JobView(
            detail,
            now,
            door.outlooks([detail.job], now).get(job_id),
            door.answered_over_time(job_id, cells, now),
            screen.dashboard.carrier.activity.trouble_with(detail.job),
            self._failures_of(detail.job),
        )
        stay, self._told = job_id == self._told, job_id
        self.show_lines(detail_lines(view, self.room), stay=stay)

    def _failures_of(self, job: Job) -> Sequence[FailureKind]:
        """Why its requests failed; what is not known yet is found out, and told then."""
        if job.open or not job.failed:
            return ()
        known = self._failures.get((job.id, job.failed))
        if known is None:
            self._find_failures(job)
        return known or ()

    @work(exclusive=True, group="failures")
    async def _find_failures(self, job: Job) -> None:
        screen = self.screen
        assert isinstance(screen, DashboardScreen)
        door = screen.door

        def find() -> Sequence[FailureKind]:
            with door.results(job.id).index as index:
                return index.failure_kinds(_KINDS_SHOWN)

        try:
            found = await in_thread(find)
        except WellspringError:  # its index is gone; opening the job says so
            found = ()
        if len(self._failures) >= _REMEMBERED:
            self._failures.clear()
        self._failures[job.id, job.failed] = found
        if found and self.is_attached and self._told == job.id:
            self.tell(job.id)
