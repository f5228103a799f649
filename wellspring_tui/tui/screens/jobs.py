"""Jobs, the home screen: a live table, and the job under the cursor in full."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.containers import Container, Horizontal
from textual.widgets import Footer

from wellspring_tui.jobs.model import JobsQuery
from wellspring_tui.tui.known_jobs import known_jobs
from wellspring_tui.tui.screens import jobs_actions as actions
from wellspring_tui.tui.screens.base import DashboardScreen
from wellspring_tui.tui.screens.job_pane import JobPane
from wellspring_tui.tui.screens.jobs_rows import COLUMNS, JobRows
from wellspring_tui.tui.widgets.chips import Chip
from wellspring_tui.tui.widgets.filter_bar import FilterBar
from wellspring_tui.tui.widgets.table import Table
from wellspring_tui.tui.widgets.table_layout import lay_out
from wellspring_tui.tui.widgets.top_bar import TopBar

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from wellspring_tui.jobs.model import Job
    from wellspring_tui.tui.messages import JobsRefreshed

_OPEN = JobsQuery("is:open")
_ASCENDING = frozenset({"name", "status", "model", "service"})
"""Columns that one wants to read from A on; of the others, the most or newest first."""
_LOOK_SECONDS = 10.0


class JobsScreen(DashboardScreen[None]):
    """All jobs, as fresh as the services tell."""

    CSS_PATH = "jobs.tcss"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (110, "-wide"), (150, "-beside")]  # noqa: RUF012

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "Open", tooltip="Show the answers of the job"),
        Binding("n", "app.new_job", "New job", tooltip="Choose a prompts file"),
        Binding("slash", "filter", "Filter", key_display="/", tooltip="Show some jobs only"),
        Binding("c", "cancel", "Cancel job", tooltip="Asks first; answers that came are kept"),
        Binding("s", "sort", "Sort", tooltip="Order by the next column"),
        Binding("S", "reverse", "Reverse the order", show=False),
        Binding("R", "retry", "Send again what has no answer", show=False),
        Binding("t", "edit", "Name, tags and notes", show=False),
        Binding("C", "compare", "Set two marked jobs side by side", show=False),
        Binding("e", "export", "Export the answers", show=False),
        Binding("y", "copy", "Copy the job's id", show=False),
        Binding("Y", "copy_more", "Copy something else of the job", show=False),
        Binding("d", "detail", "To the detail and back", show=False),
        Binding("D,delete", "forget", "Forget jobs: delete them for good", show=False),
        Binding("X", "app.clean", "Clean up what nobody needs any more", show=False),
        Binding("A", "adopt", "Batches made elsewhere", show=False),
        Binding("r", "app.refresh_jobs", "Refresh now", show=False),
        Binding("P", "pause", "Pause or resume refreshing", show=False),
        Binding("escape", "back_out", "Back out of detail, filter, marks", show=False),
        Binding("q", "app.quit", "Quit"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._query = JobsQuery()
        self._was_away = False
        self._sought: str | None = None
        """The job that the cursor was on, or was brought to, when a filter was typed."""

    def compose(self) -> ComposeResult:
        """Top bar, filter, chips, table, detail, keys."""
        yield self.top_bar("Jobs")
        yield FilterBar("words, #tag, status:failed, is:open", id="filter-bar")
        with Horizontal(id="chips"):
            yield Chip(id="chip-filter", tooltip="Change the filter")
            yield Chip(id="chip-marks", tooltip="Take the marks off")
            yield Chip(id="chip-order", tooltip="Order by the next column")
            yield Chip(id="chip-offers", tooltip="Adopt or decline them")
        with Container(id="panes"):
            yield Table(COLUMNS, id="jobs")
            yield JobPane(id="detail")
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        """Show what the ledger holds at once."""
        table = self._table
        table.sort_key, table.sort_descending = self._query.order_by, self._query.descending
        self.show_jobs()
        table.focus()
        # Ages grow, and another program may submit a job between two rounds.
        self.set_interval(_LOOK_SECONDS, self._look_again)

    def on_resize(self) -> None:
        """Tell of the job in the new width, once that is known."""
        self.call_after_refresh(self._show_detail)

    @property
    def _table(self) -> Table:
        return self.query_one("#jobs", Table)

    def _say(self, chip: str, words: str) -> None:
        """Say it on a chip; without any words the line of chips takes no room."""
        self.query_one(f"#chip-{chip}", Chip).say(words)
        chips = self.query(Chip)
        self.query_one("#chips").display = any(chip.words for chip in chips)

    # -- showing -----------------------------------------------------------------

    def show_jobs(self) -> None:
        """Bring everything up to date with the ledger."""
        if not self.query("#jobs"):  # when the dashboard closes, widgets go before their screen
            return
        door, table = self.door, self._table
        rows = JobRows(door, self._query, self.dashboard.clock())
        count = door.count_jobs() if self._query.text else len(rows)
        offers = len(door.offers())
        table.empty = self._empty_words(offers)
        table.show(rows)
        found = f"{len(rows):,} of {count:,}" if self._query.text else ""
        bar = self.query_one(FilterBar)
        bar.count(found)
        kept = self._query.text and not bar.display
        self._say("filter", f"/{self._query.text} · {found}" if kept else "")
        many = "1 batch" if offers == 1 else f"{offers:,} batches"
        self._say("offers", f"{many} made elsewhere · A" if offers else "")
        self._show_order()
        running = door.count_jobs(_OPEN)
        service = door.settings.service
        self.query_one(TopBar).say(f"Jobs · {running:,} open of {count:,} · {service}")
        self._show_detail()

    def _empty_words(self, offers: int) -> str:
        if self._query.text:
            return "No job fits the filter. Press Esc to clear it."
        settings = self.door.settings
        words = "No jobs yet. Press n to choose a prompts file"
        if not settings.has_key(settings.profile()):
            words += "; without a key it runs on the built-in service"
        return f"{words}, or A to adopt what was made elsewhere." if offers else f"{words}."

    def choose(self, job_id: str) -> None:
        """Put the cursor on a job."""
        self._set_filter("")
        self._table.move_to(job_id)

    def jobs_refreshed(self, _message: JobsRefreshed) -> None:
        """A round ended: statuses, counts and ages may be others now."""
        self._look_again()

    def _look_again(self) -> None:
        if self.is_current:
            self.show_jobs()

    def on_screen_suspend(self) -> None:
        """What happens while another screen is in front is shown afterwards."""
        self._was_away = True

    def on_screen_resume(self) -> None:
        """Show what happened meanwhile."""
        if self._was_away:
            self._was_away = False
            self.show_jobs()

    @on(Table.Highlighted, "#jobs")
    def _show_detail(self) -> None:
        for pane in self.query(JobPane):
            pane.tell(self._table.cursor_key)

    # -- order ---------------------------------------------------------------------

    @on(Table.HeaderClicked, "#jobs")
    def _header_clicked(self, event: Table.HeaderClicked) -> None:
        if event.key == self._query.order_by:
            self.action_reverse()
        else:
            self._order(event.key, descending=event.key not in _ASCENDING)

    def _columns_in_view(self) -> list[str]:
        placed = lay_out(COLUMNS, self._table.scrollable_content_region.width)
        return [place.column.key for place in placed if place.column.sortable]

    @on(Chip.Pressed, "#chip-order")
    def action_sort(self) -> None:
        """Order by the next column."""
        columns = self._columns_in_view() or ["created_at"]
        now = self._query.order_by
        place = columns.index(now) if now in columns else -1
        column = columns[(place + 1) % len(columns)]
        self._order(column, descending=column not in _ASCENDING)

    def action_reverse(self) -> None:
        """Turn the order round."""
        self._order(self._query.order_by, descending=not self._query.descending)

    def _order(self, column: str, *, descending: bool) -> None:
        self._query = replace(self._query, order_by=column, descending=descending)
        table = self._table
        table.sort_key, table.sort_descending = column, descending
        self.show_jobs()

    def _show_order(self) -> None:
        """A column that has no room in the table can't show that it is the order."""
        key = self._query.order_by
        if not self._table.size.width or key in self._columns_in_view():
            self._say("order", "")
            return
        label = next(column.label for column in COLUMNS if column.key == key)
        self._say("order", f"{'▼' if self._query.descending else '▲'} by {label.lower()}")

    # -- filter and marks ----------------------------------------------------------

    @on(Chip.Pressed, "#chip-filter")
    def action_filter(self) -> None:
        """Open the filter line."""
        self._sought = self._table.cursor_key
        self.query_one(FilterBar).open()
        self._say("filter", "")

    @on(FilterBar.Changed)
    def _filter_changed(self, event: FilterBar.Changed) -> None:
        self._query = replace(self._query, text=event.text)
        self.show_jobs()
        if not self._table.move_to(self._sought or ""):
            self._table.move_to_position(0)

    @on(FilterBar.Moved)
    def _moved(self, event: FilterBar.Moved) -> None:
        self._table.action_move(event.rows)
        self._sought = self._table.cursor_key

    @on(FilterBar.Kept)
    def _filter_kept(self) -> None:
        self.query_one(FilterBar).close()
        self._table.focus()
        self.show_jobs()

    @on(FilterBar.Left)
    def _filter_left(self) -> None:
        self._set_filter("")
        self._table.move_to(self._sought or "")

    @on(Table.MarksChanged, "#jobs")
    def _marks_changed(self, event: Table.MarksChanged) -> None:
        marks = len(event.keys)
        self._say("marks", f"{marks:,} marked · Esc clears" if marks else "")

    @on(Chip.Pressed, "#chip-marks")
    def _clear_marks(self) -> None:
        self._table.clear_marks()

    def action_back_out(self) -> None:
        """Leave the detail, the filter or the marks: one thing at a time, never the screen."""
        if self.query_one(JobPane).has_focus:
            self._table.focus()
        elif self._query.text or self.query_one(FilterBar).display:
            self._set_filter("")
        else:
            self._table.clear_marks()

    def _set_filter(self, text: str) -> None:
        self._query = replace(self._query, text=text)
        bar = self.query_one(FilterBar)
        bar.set_text(text)
        bar.close()
        self._table.focus()
        self.show_jobs()

    def action_detail(self) -> None:
        """Go to the detail, or back to the table."""
        detail = self.query_one(JobPane)
        (self._table if detail.has_focus else detail).focus()

    # -- what one does with jobs ---------------------------------------------------

    def _chosen(self) -> list[Job]:
        """The marked jobs in the order of the table, or the one under the cursor."""
        table = self._table
        ids = [table.cursor_key] if table.cursor_key else []
        if table.marks:
            ids = [one for one in self.door.job_ids(self._query) if one in table.marks]
        return known_jobs(self.door, ids)

    @on(Table.Opened, "#jobs")
    def action_open(self) -> None:
        """Show the answers of the job under the cursor."""
        if self._table.cursor_key is not None:
            self.dashboard.open_results(self._table.cursor_key)

    @work(group="cancel")
    async def action_cancel(self) -> None:
        """Cancel the chosen jobs, after asking."""
        if (jobs := self._chosen()) and await actions.cancel(self, jobs):
            self._acted()

    @work(group="retry")
    async def action_retry(self) -> None:
        """Send the unanswered requests of the chosen jobs again, after asking."""
        if (jobs := self._chosen()) and await actions.retry(self, jobs):
            self._acted()

    @work(group="forget")
    async def action_forget(self) -> None:
        """Delete the chosen jobs that are over, after asking."""
        if (jobs := self._chosen()) and await actions.forget(self, jobs):
            self._acted()

    @work(group="edit")
    async def action_edit(self) -> None:
        """Change name, tags and notes of the chosen jobs."""
        if (jobs := self._chosen()) and await actions.edit(self, jobs):
            self._acted()

    @work(group="export-many")
    async def action_export(self) -> None:
        """Write the answers of the chosen jobs to files."""
        jobs = self._chosen()
        if len(jobs) == 1:
            self.dashboard.export(jobs[0].id)
        elif jobs and await actions.export(self, jobs):
            self._acted()

    def action_compare(self) -> None:
        """Show the answers of two marked jobs side by side."""
        jobs = self._chosen()
        if len(jobs) != 2:
            self.notify("Mark two jobs with space first.", severity="warning")
            return
        self.dashboard.compare(*(job.id for job in jobs))

    def _acted(self) -> None:
        if self.is_attached:
            self._table.clear_marks()
            self.show_jobs()

    def action_copy(self) -> None:
        """Copy the ids of the chosen jobs."""
        if jobs := self._chosen():
            self.app.copy_to_clipboard("\n".join(job.id for job in jobs))
            what = f"the job id {jobs[0].id}" if len(jobs) == 1 else f"{len(jobs):,} job ids"
            self.notify(f"Copied {what}", markup=False)

    @work(exclusive=True, group="copy")
    async def action_copy_more(self) -> None:
        """Choose what of the job under the cursor to copy."""
        if self._table.cursor_key is not None:
            await actions.copy_fact(self, self._table.cursor_key)

    @on(Chip.Pressed, "#chip-offers")
    @work(exclusive=True, group="adopt")
    async def action_adopt(self) -> None:
        """Adopt batches that were made elsewhere."""
        jobs = await actions.adopt(self)
        self.show_jobs()
        if jobs:
            self.choose(jobs[0].id)

    def action_pause(self) -> None:
        """Stop refreshing by itself, or go on with it."""
        carrier = self.dashboard.carrier
        if carrier.activity.paused:
            carrier.resume()
        else:
            carrier.pause()
        self.query_one(TopBar).refresh()
