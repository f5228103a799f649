"""An app with one table in it, and what its tests look at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len
from textual.app import App

from wellspring_tui.tui.widgets.table import Table
from wellspring_tui.tui.widgets.table_model import Column, ListRows, Row

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from textual.app import ComposeResult
    from textual.strip import Strip
    from textual.widget import Widget

COLUMNS = (
    Column("name", "Name", 12, flexible=True, sortable=True),
    Column("status", "Status", 10),
    Column("cost", "Cost", 8, align="right", priority=1, sortable=True),
)

SIZE = (60, 11)  # a header and ten rows


def jobs(numbers: Iterable[int]) -> ListRows:
    return ListRows(Row(f"j{n}", (f"Job {n}", "completed", f"${n}")) for n in numbers)


class TableApp(App[None]):
    """A table, and everything it said."""

    def __init__(
        self, rows: ListRows | None = None, columns: Sequence[Column] = COLUMNS, empty: str = ""
    ) -> None:
        super().__init__()
        self.table = Table(columns, id="jobs", empty=empty)
        self.rows = rows
        self.said: list[tuple[str, object]] = []

    def compose(self) -> ComposeResult:
        if self.rows is not None:
            self.table.show(self.rows)
        yield self.table

    def on_mount(self) -> None:
        self.table.focus()

    def on_table_highlighted(self, event: Table.Highlighted) -> None:
        self.said.append(("highlighted", event.key))

    def on_table_opened(self, event: Table.Opened) -> None:
        self.said.append(("opened", event.key))

    def on_table_marks_changed(self, event: Table.MarksChanged) -> None:
        self.said.append(("marks", event.keys))

    def on_table_header_clicked(self, event: Table.HeaderClicked) -> None:
        self.said.append(("header", event.key))

    def heard(self, what: str) -> list[object]:
        return [value for name, value in self.said if name == what]


def painted(widget: Widget) -> list[Strip]:
    """The lines of a widget as they stand on the screen."""
    return widget.render_lines(widget.outer_size.region)


def texts(widget: Widget) -> list[str]:
    return [strip.text for strip in painted(widget)]


def width_of(strip: Strip) -> int:
    """How wide the line really is, segment by segment, whatever it says of itself."""
    return sum(cell_len(segment.text) for segment in strip)


def first_shown(app: TableApp) -> str:
    return texts(app.table)[1][3:].split("  ")[0]
