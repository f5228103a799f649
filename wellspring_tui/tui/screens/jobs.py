"""Jobs, the home screen: a live table, and the job under the cursor in full."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Footer, Input, Static

from wellspring_tui.errors import WellspringError
from wellspring_tui.jobs.model import JobsQuery
from wellspring_tui.text import one_line
from wellspring_tui.tui.carrier import in_thread
from wellspring_tui.tui.screens.base import DashboardScreen
from wellspring_tui.tui.screens.jobs_rows import COLUMNS, JobRows, detail_lines
from wellspring_tui.tui.widgets.reader import Reader
from wellspring_tui.tui.widgets.table import Table

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from wellspring_tui.tui.messages import JobsRefreshed

_EMPTY = "No jobs yet. Press n to choose a prompts file."
_SORTS = ("created_at", "name", "status", "completed", "input_tokens", "cost")


class JobsScreen(DashboardScreen[None]):
    """All jobs, as fresh as the services tell."""

    CSS_PATH = "jobs.tcss"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "app.new_job", "New job"),
        Binding("slash", "filter", "Filter", key_display="/"),
        Binding("r", "app.refresh_jobs", "Refresh"),
        Binding("c", "cancel", "Cancel job"),
        Binding("R", "retry", "Send again what has no answer", show=False),
        Binding("s", "sort", "Sort"),
        Binding("S", "reverse", "Reverse the order", show=False),
        Binding("e", "export", "Export the answers", show=False),
        Binding("y", "copy", "Copy the job's id", show=False),
        Binding("escape", "back_out", "Clear filter or marks", show=False),
        Binding("q", "app.quit", "Quit"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._query = JobsQuery()

    def compose(self) -> ComposeResult:
        """Top bar, filter, table, detail, keys."""
        yield self.top_bar(f"Jobs · service {self.door.settings.service}")
        with Horizontal(id="filter-bar"):
            yield Static("/", id="filter-sign")
            yield Input(id="filter", placeholder="name, id, model, status or service", compact=True)
            yield Static(id="filter-count")
        yield Table(COLUMNS, id="jobs", empty=_EMPTY)
        yield Reader(id="detail")
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        """Show what the ledger holds at once."""
        self.query_one("#filter-bar").display = False
        table = self.query_one("#jobs", Table)
        table.sort_key, table.sort_descending = self._query.order_by, self._query.descending
        self.show_jobs()
        table.focus()

    def show_jobs(self) -> None:
        """Bring the table and the pane below it up to date with the ledger."""
        rows = JobRows(self.door, self._query, self.dashboard.clock())
        table = self.query_one("#jobs", Table)
        searched = bool(self._query.text)
        table.empty = "No job fits the filter. Press Esc to clear it." if searched else _EMPTY
        table.show(rows)
        self.query_one("#filter-count", Static).update(
            f"{len(rows):,} of {self.door.count_jobs():,}" if searched else ""
        )
        self._show_detail(table.cursor_key)

    def choose(self, job_id: str) -> None:
        """Put the cursor on a job."""
        self._set_filter("")
        self.query_one("#jobs", Table).move_to(job_id)

    def jobs_refreshed(self, _message: JobsRefreshed) -> None:
        """A round ended: statuses, counts and ages may be others now."""
        if self.query("#jobs"):  # when the dashboard closes, the widgets go before their screen
            self.show_jobs()

    @on(Table.Highlighted, "#jobs")
    def _highlighted(self, event: Table.Highlighted) -> None:
        self._show_detail(event.key)

    def _show_detail(self, job_id: str | None) -> None:
        detail = self.query_one("#detail", Reader)
        detail.display = job_id is not None
        if job_id is not None:
            shown = self.door.detail(job_id)
            trouble = self.dashboard.carrier.activity.trouble_with(shown.job.service)
            detail.show_lines(detail_lines(shown, trouble and trouble.sentence))

    @on(Table.Opened, "#jobs")
    def _opened(self, event: Table.Opened) -> None:
        self.dashboard.open_results(event.key)

    # -- order and filter --------------------------------------------------------

    @on(Table.HeaderClicked, "#jobs")
    def _header_clicked(self, event: Table.HeaderClicked) -> None:
        if event.key == self._query.order_by:
            self.action_reverse()
        else:
            self._order(event.key, descending=event.key not in ("name", "status", "model"))

    def action_sort(self) -> None:
        """Order by the next column."""
        place = _SORTS.index(self._query.order_by) if self._query.order_by in _SORTS else -1
        column = _SORTS[(place + 1) % len(_SORTS)]
        self._order(column, descending=column not in ("name", "status"))

    def action_reverse(self) -> None:
        """Turn the order round."""
        self._order(self._query.order_by, descending=not self._query.descending)

    def _order(self, column: str, *, descending: bool) -> None:
        self._query = replace(self._query, order_by=column, descending=descending)
        table = self.query_one("#jobs", Table)
        table.sort_key, table.sort_descending = column, descending
        self.show_jobs()

    def action_filter(self) -> None:
        """Open the filter line."""
        self.query_one("#filter-bar").display = True
        self.query_one("#filter", Input).focus()

    @on(Input.Changed, "#filter")
    def _filter_changed(self, event: Input.Changed) -> None:
        self._query = replace(self._query, text=event.value.strip())
        self.show_jobs()

    @on(Input.Submitted, "#filter")
    def _filter_kept(self) -> None:
        self.query_one("#filter-bar").display = bool(self._query.text)
        self.query_one("#jobs", Table).focus()

    def action_back_out(self) -> None:
        """Leave the filter, the detail pane or the marks: one thing at a time."""
        table = self.query_one("#jobs", Table)
        if self.query_one("#filter-bar").display:
            self._set_filter("")
        elif not table.has_focus:
            table.focus()
        else:
            table.clear_marks()

    def _set_filter(self, text: str) -> None:
        self.query_one("#filter", Input).value = text
        self._query = replace(self._query, text=text)
        self.query_one("#filter-bar").display = bool(text)
        self.query_one("#jobs", Table).focus()
        self.show_jobs()

    # -- what one does with jobs ---------------------------------------------------

    def _chosen(self) -> list[str]:
        """The marked jobs, or the one under the cursor."""
        table = self.query_one("#jobs", Table)
        if table.marks:
            return sorted(table.marks)
        return [table.cursor_key] if table.cursor_key else []

    @work(group="cancel")
    async def action_cancel(self) -> None:
        """Cancel the chosen jobs, after asking."""
        from wellspring_tui.tui.screens.confirm import ConfirmScreen

        jobs = [self.door.job(job_id) for job_id in self._chosen()]
        running = [job for job in jobs if job.open]
        if not running:
            self.notify("Only a job that is still running can be cancelled.", severity="warning")
            return
        names = ", ".join(one_line(job.name, 30) for job in running[:3])
        more = f" and {len(running) - 3} more" if len(running) > 3 else ""
        asked = ConfirmScreen(
            f"Cancel {names}{more}?",
            "Answers that have come are kept and paid for. A cancelled job does not go on.",
            yes="Cancel the job" if len(running) == 1 else f"Cancel {len(running)} jobs",
            no="Keep it running" if len(running) == 1 else "Keep them running",
        )
        if not await self.app.push_screen_wait(asked):
            return
        for job in running:
            try:
                await in_thread(lambda job_id=job.id: self.door.cancel(job_id))  # type: ignore[misc]
            except WellspringError as error:
                self.notify(one_line(str(error)), severity="warning", markup=False)
        self.query_one("#jobs", Table).clear_marks()
        self.dashboard.carrier.refresh()

    @work(group="retry")
    async def action_retry(self) -> None:
        """Send the unanswered requests of the job under the cursor again, after asking."""
        from wellspring_tui.tui.screens.confirm import ConfirmScreen

        key = self.query_one("#jobs", Table).cursor_key
        if key is None:
            return
        job = self.door.job(key)
        unanswered = job.requests - job.completed
        if job.open or not unanswered:
            why = "still runs" if job.open else "has all its answers"
            self.notify(f"This job {why}: there is nothing to send again.", severity="warning")
            return
        asked = ConfirmScreen(
            f"Send {unanswered:,} unanswered requests of {one_line(job.name, 40)} again?",
            "Only what has no answer is sent, as a new part of the same job. Requests that "
            "can't do better, such as one with a bad parameter, stay out.",
            yes="Send again",
            no="Leave it",
        )
        if not await self.app.push_screen_wait(asked):
            return
        try:
            done = await in_thread(lambda: self.door.retry(key))
        except WellspringError as error:
            self.notify(one_line(str(error)), severity="warning", markup=False, timeout=10)
            return
        left_out = "".join(f"\nNot sent: {one_line(str(reason))}" for reason in done.left_out[:3])
        self.notify(f"{done.sent:,} requests go again.{left_out}", markup=False, timeout=10)
        self.show_jobs()
        self.dashboard.carrier.refresh()

    def action_export(self) -> None:
        """Write the answers of the job under the cursor to a file."""
        key = self.query_one("#jobs", Table).cursor_key
        if key is not None:
            self.dashboard.export(key)

    def action_copy(self) -> None:
        """Copy the ids of the chosen jobs."""
        chosen = self._chosen()
        if chosen:
            self.app.copy_to_clipboard("\n".join(chosen))
            self.notify(f"Copied {', '.join(chosen[:3])}", markup=False)
