"""Choosing another job, the likeliest first."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Static

from wellspring_tui import figures
from wellspring_tui.tui import look
from wellspring_tui.tui.screens.base import DialogScreen
from wellspring_tui.tui.widgets.table import Table
from wellspring_tui.tui.widgets.table_model import Column, ListRows, Row

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from textual.app import ComposeResult

    from wellspring_tui.jobs.model import Job

_COLUMNS = (
    Column("name", "Job", 14, flexible=True),
    Column("model", "Model", 15, flexible=True, priority=1),
    Column("done", "Done", 11, align="right"),
    Column("why", "", 9, priority=3),
    Column("age", "Age", 4, align="right", priority=2),
)
_OFFERED = 200


class ChooseJobScreen(DialogScreen[str | None]):
    """Asks for one of some jobs; gives its id, or None."""

    CSS_PATH = ["dialogs.tcss", "results_dialogs.tcss"]  # noqa: RUF012 (as Textual types it)

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss(None)", "Close", show=False),
    ]

    def __init__(self, title: str, job: Job, others: Iterable[Job], now: datetime) -> None:
        """`others` are offered to stand beside `job`, in their order."""
        super().__init__()
        self._title = title
        self._rows = [_row(job, other, now) for other in others]

    def compose(self) -> ComposeResult:
        """The jobs under the question."""
        with Vertical(classes="dialog"):
            yield Static(self._title, classes="dialog--title", markup=False)
            yield Table(_COLUMNS, id="other-jobs")

    def on_mount(self) -> None:
        """The likeliest is at hand."""
        table = self.query_one("#other-jobs", Table)
        table.show(ListRows(self._rows))
        table.focus()

    @on(Table.Opened, "#other-jobs")
    def _chosen(self, event: Table.Opened) -> None:
        self.dismiss(event.key)


def likeliest_first(job: Job, others: Iterable[Job]) -> Sequence[Job]:
    """Jobs of the same file first, then those of as many requests, the newest of each first."""

    def distance(other: Job) -> tuple[bool, bool]:
        return other.source != job.source, other.requests != job.requests

    newest_first = sorted(others, key=lambda other: other.created_at, reverse=True)
    return sorted((other for other in newest_first if other.id != job.id), key=distance)[:_OFFERED]


def _row(job: Job, other: Job, now: datetime) -> Row:
    why = ""
    if other.source == job.source:
        why = "same file"
    elif other.requests == job.requests:
        why = "same size"
    done = look.counts(other.completed, other.failed, other.requests)
    age = figures.age(other.created_at, now)
    return Row(other.id, (other.name, other.model, done, why, age))
