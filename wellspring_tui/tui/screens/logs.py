"""Logs: the end of the log as it grows, newest last."""

from __future__ import annotations

from asyncio import sleep
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Footer, Input, Static

from wellspring_tui import log
from wellspring_tui.errors import WellspringError
from wellspring_tui.text import one_line
from wellspring_tui.tui import look
from wellspring_tui.tui.carrier import in_thread
from wellspring_tui.tui.log_tail import COLUMNS, LEVELS, LogRows, Tail, chosen, record_lines
from wellspring_tui.tui.screens.base import DashboardScreen
from wellspring_tui.tui.widgets.reader import Reader
from wellspring_tui.tui.widgets.table import Table

if TYPE_CHECKING:
    from textual.app import ComposeResult

_LOOK_SECONDS = 0.5
_EMPTY = "Nothing has been written yet."
_NONE_FITS = "Nothing here fits. Press Esc to see all."


class LogTable(Table):
    """A table whose rows are read."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "open", "Read")]


class LogsScreen(DashboardScreen[None]):
    """What the program did; the cursor at the end goes along with it."""

    CSS_PATH = "logs.tcss"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f", "levels", "Level"),
        Binding("slash", "find", "Find", key_display="/"),
        Binding("y", "copy", "Copy path"),
        Binding("escape,backspace", "back_out", "Back"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._levels = "all"
        self._rows = LogRows(())

    def compose(self) -> ComposeResult:
        """Where the log is, a line to search with, the records, the one under the cursor."""
        yield self.top_bar("Logs")
        yield Static(id="log-path")
        with Horizontal(id="log-find-bar"):
            yield Static("/", id="log-find-sign")
            yield Input(id="log-find", placeholder="words to find", compact=True)
        yield LogTable(COLUMNS, id="records", empty=_EMPTY)
        yield Reader(id="record")
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        """Read on and on."""
        self.query_one("#log-find-bar").display = False
        self.query_one("#record").display = False
        self.query_one("#records", Table).focus()
        self._tail = Tail(self.door.settings.places.log)
        self._tell()
        self._follow()

    @work(exclusive=True, group="tail")
    async def _follow(self) -> None:
        while True:
            try:
                is_new = await in_thread(self._tail.read)
            except WellspringError as error:
                self._tell(str(error))
            else:
                if is_new:
                    self._show()
            await sleep(_LOOK_SECONDS)

    def _show(self) -> None:
        """Show the records that are wanted; at the end, stay at the end."""
        if not self.query("#records"):  # the widgets go before their screen
            return
        table = self.query_one("#records", Table)
        was_at_end = table.cursor_position >= len(self._rows) - 1
        self._rows = LogRows(chosen(self._tail.records, self._levels, self._words))
        table.empty = _NONE_FITS if self._tail.records else _EMPTY
        table.show(self._rows)
        if was_at_end:
            table.action_last()
        self._show_record(table.cursor_key)
        self._tell()

    @property
    def _words(self) -> str:
        return self.query_one("#log-find", Input).value.strip()

    def _tell(self, trouble: str | None = None) -> None:
        """Say where the log is, how much of it is shown, and what is wrong with it."""
        shown, there = len(self._rows), len(self._tail.records)
        count = f"{shown:,} of {there:,}" if shown != there else f"{there:,}"
        only = "" if self._levels == "all" else f" · {self._levels} only"
        trouble = trouble or log.trouble()
        self.query_one("#log-path", Static).update(
            Content.assemble(
                (f"▲ {one_line(trouble)} · " if trouble else "", look.BAD),
                (f"{count}{only} · ", look.QUIET),
                look.path(self._tail.path),
            )
        )

    @on(Table.Highlighted, "#records")
    def _highlighted(self, event: Table.Highlighted) -> None:
        self._show_record(event.key)

    @on(Table.Opened, "#records")
    def _opened(self) -> None:
        self.query_one("#record", Reader).focus()

    def _show_record(self, key: str | None) -> None:
        record = None if key is None else self._rows.record(key)
        reader = self.query_one("#record", Reader)
        reader.display = record is not None
        if record is not None:
            reader.show_lines(record_lines(record))

    # -- what one does with it ---------------------------------------------------------

    def action_levels(self) -> None:
        """All records, then warnings and errors only, then errors only."""
        names = list(LEVELS)
        self._levels = names[(names.index(self._levels) + 1) % len(names)]
        self._show()

    def action_find(self) -> None:
        """Open the line to search with."""
        self.query_one("#log-find-bar").display = True
        self.query_one("#log-find", Input).focus()

    @on(Input.Changed, "#log-find")
    def _find_changed(self) -> None:
        self._show()

    @on(Input.Submitted, "#log-find")
    def _find_kept(self) -> None:
        self.query_one("#log-find-bar").display = bool(self._words)
        self.query_one("#records", Table).focus()

    def action_copy(self) -> None:
        """Copy the path of the log."""
        self.app.copy_to_clipboard(str(self._tail.path))
        self.notify(one_line(f"Copied {self._tail.path}"), markup=False)

    def action_back_out(self) -> None:
        """Leave the search, the level or the record; then the screen."""
        table = self.query_one("#records", Table)
        if self.query_one("#log-find-bar").display:
            self.query_one("#log-find", Input).value = ""
            self.query_one("#log-find-bar").display = False
            table.focus()
        elif self._levels != "all":
            self._levels = "all"
            self._show()
        elif not table.has_focus:
            table.focus()
        else:
            self.dismiss(None)
