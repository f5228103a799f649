"""Usage: tokens and money over jobs, or of one, as a chart and as a table."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Footer, Static

from wellspring_tui.errors import WellspringError
from wellspring_tui.jobs.usage_files import write_report
from wellspring_tui.progress import Progress
from wellspring_tui.text import one_line
from wellspring_tui.tui import look
from wellspring_tui.tui.carrier import in_thread
from wellspring_tui.tui.screens.base import DashboardScreen
from wellspring_tui.tui.screens.usage_rows import (
    NAMES,
    ORDERS,
    Measure,
    UsageRows,
    chart,
    columns,
    total_lines,
)
from wellspring_tui.tui.widgets.chart import Chart
from wellspring_tui.tui.widgets.chart_model import ChartData
from wellspring_tui.tui.widgets.table import Table
from wellspring_tui.tui.widgets.table_model import ListRows

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from wellspring_tui.jobs.usage_report import By, UsageReport
    from wellspring_tui.tui.messages import JobsRefreshed

_OVER_JOBS: tuple[By, ...] = ("job", "day", "model", "section", "service")
_OF_ONE_JOB: tuple[By, ...] = ("section", "type", "model", "day")
_TIMES: tuple[int | None, ...] = (7, 30, 90, None)
_SUMMING = "Summing up …"


@dataclass(frozen=True, slots=True)
class _Question:
    """What is asked for."""

    by: By = "job"
    days: int | None = 30
    """So many days back; None for all."""
    job_id: str | None = None

    @property
    def headings(self) -> tuple[By, ...]:
        """What it can be told by."""
        return _OVER_JOBS if self.job_id is None else _OF_ONE_JOB


def _of_job(job_id: str) -> _Question:
    return _Question("section", None, job_id)


class UsageScreen(DashboardScreen[None]):
    """What was used and what it cost, under headings that a key changes."""

    CSS_PATH = "usage.tcss"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("b", "by(1)", "By", tooltip="By job, day, model, section or service"),
        Binding("B", "by(-1)", "By the one before", show=False),
        Binding("t", "measure", "Tokens/cost"),
        Binding("d", "days", "Days", tooltip="The last 7, 30 or 90 days, or all"),
        Binding("v", "switch", "Chart/table"),
        Binding("tab,shift+tab", "switch", "To the other of chart and table", show=False),
        Binding("o", "scope", "All jobs, or this one", show=False),
        Binding("s", "sort", "Sort the table", show=False),
        Binding("S", "reverse", "Reverse the order", show=False),
        Binding("e", "export", "Export"),
        Binding("r", "app.refresh_jobs", "Refresh", show=False),
        Binding("escape,backspace", "back_out", "Back", key_display="Esc"),
    ]

    def __init__(self, job_id: str | None = None) -> None:
        """`job_id` is the job whose sections are shown first; without one, all jobs are."""
        super().__init__()
        self._question = _of_job(job_id) if job_id else _Question()
        self._this_job = job_id
        self._before: _Question | None = None
        """What Esc goes back to, when a job was chosen among all."""
        self._measure: Measure = "tokens"
        self._sort = ("total", True)
        self._report: UsageReport | None = None

    def compose(self) -> ComposeResult:
        """Head, chart, table, total, keys."""
        yield self.top_bar("Usage")
        yield Static(id="usage-head")
        yield Chart(id="usage-chart", empty=_SUMMING)
        yield Table((), id="usage-table", empty=_SUMMING)
        yield Static(id="usage-total")
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        """Ask; what is asked for stands there at once."""
        self.query_one(Chart).focus()
        self._ask(self._question)

    def show_job(self, job_id: str) -> None:
        """Show the sections of a job that was chosen among all."""
        self._this_job, self._before = job_id, self._question
        self._ask(_of_job(job_id))

    def jobs_refreshed(self, message: JobsRefreshed) -> None:
        """Answers may have come that count."""
        told = self._question.job_id in message.done.changed
        if (told or message.done.ended) and self.query("#usage-head"):
            self._ask(self._question)

    # -- asking --------------------------------------------------------------------

    def _ask(self, question: _Question) -> None:
        self._question = question
        self._show_head(busy=_SUMMING)
        self._load(question)

    @work(exclusive=True, group="usage")
    async def _load(self, question: _Question) -> None:
        """Sum up in a thread; what was shown stays until the sums are there."""
        today = self._today()
        since = today - timedelta(days=question.days - 1) if question.days else None
        progress = Progress(
            lambda what, done, _total: self.app.call_from_thread(
                self._show_head, busy=f"{what} {done:,}"
            )
        )
        try:
            report = await in_thread(
                lambda: self.door.usage(
                    question.by, since, None, question.job_id, progress=progress
                )
            )
        except WellspringError as error:
            self._show_failure(one_line(str(error)))
            return
        if not self.query("#usage-head"):  # the screen was left meanwhile
            return
        if self._report is None or self._report.by != report.by:
            self._sort = ("label", True) if report.by == "day" else ("total", True)
        self._report = report
        self._show()

    def _show_failure(self, sentence: str) -> None:
        if self.query("#usage-head"):
            self._report = None
            self._show_head()
            self.query_one(Chart).show(ChartData(), whole_numbers=True, empty=f"× {sentence}")
            table = self.query_one(Table)
            table.empty = f"× {sentence}"
            table.show(ListRows())
            self.query_one("#usage-total", Static).update("")

    def _today(self) -> date:
        return self.dashboard.clock().astimezone().date()

    # -- showing -------------------------------------------------------------------

    def _show(self) -> None:
        report = self._report
        if report is None:
            return
        self._show_head()
        data, words = chart(report, self._measure, self._today()), self._empty_words(report)
        if self._measure == "cost" and report.rows and not any(bar.whole for bar in data.bars):
            data = replace(data, bars=())
            words = "Nothing was paid. Press t for tokens."
            if report.total.cost.unknown_requests:
                words = "No price is known for the models that answered. Press t for tokens."
        whole_numbers = self._measure == "tokens"
        self.query_one(Chart).show(data, whole_numbers=whole_numbers, empty=words)
        self._show_table(report)
        self.query_one("#usage-total", Static).update(total_lines(report))

    def _show_table(self, report: UsageReport) -> None:
        table, (key, descending) = self.query_one(Table), self._sort
        before, table.columns = table.columns[:1], columns(report)
        table.notify_style_update()  # other columns: nothing painted is good any more
        table.empty = self._empty_words(report)
        table.sort_key, table.sort_descending = key, descending
        table.show(UsageRows(report, key, descending=descending))
        if before != table.columns[:1]:
            table.move_to_position(0)

    def _show_head(self, *, busy: str = "") -> None:
        question = self._question
        head = next(iter(self.query("#usage-head").results(Static)), None)
        if head is None:  # the screen was left meanwhile
            return
        scope = Content.styled("all jobs", "bold")
        if question.job_id is not None:
            scope = Content.styled(one_line(self.door.job(question.job_id).name, 40), "bold")
        days = f"last {question.days} days" if question.days else "all time"
        told = Content.assemble(
            scope,
            (" · by ", look.QUIET),
            (NAMES[question.by], "bold $text-accent"),
            (" · ", look.QUIET),
            (days, "bold $text-accent"),
            (" · ", look.QUIET),
            (self._measure, "bold $text-accent"),
        )
        if busy:
            told += Content.styled(f"  ◐ {busy}", look.BUSY)
        head.update(told)

    def _empty_words(self, report: UsageReport) -> str:
        if report.since is not None and self.door.count_jobs():
            return "Nothing was used in this time. Press d for a longer one."
        if report.job_id is not None:
            return "No answers of this job have been collected yet."
        return (
            "No answers have been collected yet. Send a job with n on the jobs screen; "
            "what it uses is told here once its answers are there."
        )

    # -- keys ----------------------------------------------------------------------

    def action_by(self, step: int) -> None:
        """Tell it by the next heading."""
        headings = self._question.headings
        place = (headings.index(self._question.by) + step) % len(headings)
        self._ask(replace(self._question, by=headings[place]))

    def action_days(self) -> None:
        """The last 7, 30 or 90 days, or all."""
        place = (_TIMES.index(self._question.days) + 1) % len(_TIMES)
        self._ask(replace(self._question, days=_TIMES[place]))

    def action_scope(self) -> None:
        """Between all jobs and the one that was looked at."""
        if self._question.job_id is not None:
            self._before = None
            self._ask(_Question())
            return
        job_id = self._this_job or (
            self.query_one(Table).cursor_key if self._question.by == "job" else None
        )
        if job_id is None:
            self.notify("Choose a job in the table first.", severity="warning")
        else:
            self.show_job(job_id)

    def action_measure(self) -> None:
        """Draw tokens, or what they cost."""
        self._measure = "cost" if self._measure == "tokens" else "tokens"
        self._show()

    def action_switch(self) -> None:
        """To the table or back to the chart; on a wide screen both stand there."""
        here, there = self.query_one(Chart), self.query_one(Table)
        to_table = not there.has_focus
        self.set_class(to_table, "-table")
        (there if to_table else here).focus()

    def action_sort(self) -> None:
        """Order the table by its next column."""
        keys = list(ORDERS)
        self._order(keys[(keys.index(self._sort[0]) + 1) % len(keys)])

    def action_reverse(self) -> None:
        """Turn the order of the table round."""
        self._order(self._sort[0])

    @on(Table.HeaderClicked, "#usage-table")
    def _header_clicked(self, event: Table.HeaderClicked) -> None:
        self._order(event.key)

    def _order(self, key: str) -> None:
        before, descending = self._sort
        self._sort = (key, not descending if key == before else key != "label")
        if self._report is not None:
            self._show_table(self._report)

    @on(Table.Opened, "#usage-table")
    def _opened(self, event: Table.Opened) -> None:
        if self._report is not None and self._report.by == "job":
            self.show_job(event.key)

    def action_back_out(self) -> None:
        """From one job to all jobs, from there to the screen before."""
        before, self._before = self._before, None
        if before is not None:
            self._ask(before)
        else:
            self.dismiss()

    @work(group="export")
    async def action_export(self) -> None:
        """Write what is shown to a file that the person names."""
        from wellspring_tui.tui.screens.usage_export import UsageExportScreen

        report = self._report
        if report is None:
            return
        proposed = Path.cwd() / f"usage-by-{report.by}-{self._today():%Y-%m-%d}.csv"
        path = await self.app.push_screen_wait(UsageExportScreen(proposed))
        if path is None:
            return
        try:
            written = await in_thread(lambda: write_report(report, path))
        except WellspringError as error:
            self.notify(one_line(str(error)), severity="error", markup=False)
        else:
            self.notify(one_line(f"Wrote {written}"), markup=False)
