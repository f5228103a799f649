"""The file picker: a path field that completes, over a list that what is typed narrows."""

from __future__ import annotations

import asyncio
import os
from asyncio import sleep
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Static

from wellspring_tui.text import one_line
from wellspring_tui.tui import look
from wellspring_tui.tui.carrier import in_thread
from wellspring_tui.tui.completing import (
    PathSuggester,
    common_start,
    completions,
    shown_folder,
    split_typed,
    typed_path,
)
from wellspring_tui.tui.files import Listing, listings
from wellspring_tui.tui.widgets.file_rows import HEADING, FileRows, tally
from wellspring_tui.tui.widgets.table import Table
from wellspring_tui.tui.widgets.table_model import Column

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from textual.app import ComposeResult

    from wellspring_tui.tui.files import Recent

_COLUMNS = (
    Column("name", "Name", 18, flexible=True),
    Column("size", "Size", 9, align="right", priority=1),
    Column("age", "Age", 4, align="right", priority=2),
)
_LINGER_SECONDS = 0.12
"""How long typing rests before another folder is read."""
_SOON_SECONDS = 0.08
"""A folder that takes longer than this to read is said to be read."""


class PathField(Input):
    """A field for a path. Tab completes as in a shell; the arrows move in the list below."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "complete", "Complete"),
        Binding("up", "move(-1)", "Up", show=False),
        Binding("down", "move(1)", "Down", show=False),
    ]

    class Completing(Message):
        """Tab was pressed."""

    class Moving(Message):
        """An arrow was pressed: so many rows down."""

        def __init__(self, rows: int) -> None:
            super().__init__()
            self.rows = rows

    def action_complete(self) -> None:
        """Ask for the rest of the name."""
        self.post_message(self.Completing())

    def action_move(self, rows: int) -> None:
        """Ask to move in the list."""
        self.post_message(self.Moving(rows))


class Files(Table):
    """A table of which one row is chosen: nothing is marked, and headings are passed over."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """All that a table does but marking."""
        return action not in ("mark", "mark_all") and super().check_action(action, parameters)

    def action_move(self, rows: int) -> None:
        """Move the cursor down by so many rows, and on to a file or folder."""
        super().action_move(rows)
        self._leave_heading(down=rows > 0)

    def action_move_pages(self, pages: float) -> None:
        """Move the cursor down by so many pages, and on to a file or folder."""
        super().action_move_pages(pages)
        self._leave_heading(down=pages > 0)

    def action_first(self) -> None:
        """Move the cursor to the first file or folder; its heading is seen too."""
        super().action_first()
        self._leave_heading(down=True)

    def _leave_heading(self, *, down: bool) -> None:
        """Every heading has a row below it, and all but the first have one above."""
        if self.cursor_key is not None and self.cursor_key.startswith(HEADING):
            at = self.cursor_position
            self.move_to_position(at + 1 if down or at == 0 else at - 1)


class FilePicker(Vertical):
    """Folders and files to choose from. It reads no file but to see whether it holds prompts."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("backspace,left,h", "up", "Folder above"),
    ]

    class PointedAt(Message):
        """The cursor came to a file or a folder."""

        def __init__(self, path: Path, *, is_folder: bool) -> None:
            super().__init__()
            self.path = path
            self.is_folder = is_folder

    class Chosen(Message):
        """A file was chosen, which may be no prompts file, or gone."""

        def __init__(self, path: Path) -> None:
            super().__init__()
            self.path = path

    def __init__(
        self,
        folder: Path,
        *,
        recent: Recent,
        sample: Path,
        clock: Callable[[], datetime],
        first: Path | None = None,
        id: str | None = None,  # noqa: A002 (Textual's own word)
    ) -> None:
        """`first` is the file to have the cursor on at the start, if it is listed."""
        super().__init__(id=id)
        self._listing = Listing(folder)
        self._steps_of = partial(listings, recent=recent, sample=sample)
        self._clock = clock
        self._typed = ""
        """The start of a name; the list is narrowed to it."""
        self._rows = FileRows(self._listing, "", clock())
        self._wanted = first
        """What the cursor should be on when it is listed, unless the person moves it."""
        self._placed: str | None = None
        """The row the cursor was put on last."""

    def compose(self) -> ComposeResult:
        """The field, a line that tells how many files there are, the list."""
        suggester = PathSuggester(lambda: self._listing)
        yield PathField(
            id="path",
            placeholder="path of a prompts file",
            compact=True,
            select_on_focus=False,
            suggester=suggester,
        )
        yield Static(id="files-says")
        yield Files(_COLUMNS, id="files")

    def on_mount(self) -> None:
        """List the folder."""
        self._table.focus()
        self.go_to(self._listing.folder, self._wanted)

    @property
    def _table(self) -> Table:
        return self.query_one("#files", Table)

    @property
    def _field(self) -> PathField:
        return self.query_one("#path", PathField)

    def back(self) -> bool:
        """One step back: what was typed goes, the list gets the focus; False if all was so."""
        at_rest = self._table.has_focus and not self._typed
        if not at_rest:
            self._show_place()
            self._narrow("")
            self._table.focus()
        return not at_rest

    def go_to(self, folder: Path, cursor_on: Path | None = None) -> None:
        """List another folder, with the cursor on one of its entries."""
        self._listing = Listing(folder)
        self._typed, self._wanted, self._placed = "", cursor_on, None
        self._show_place()
        self._list(folder)

    def choose(self) -> None:
        """Take what is under the cursor."""
        entry = self._rows.entry(self._table.cursor_key)
        if entry is None:
            return
        path = Path(entry.path)
        if not entry.is_folder:
            self.post_message(self.Chosen(path))
            return
        shown = self._listing.folder
        self._table.focus()
        self.go_to(path, shown if path == shown.parent else None)

    def action_up(self) -> None:
        """List the folder above."""
        self.go_to(self._listing.folder.parent, self._listing.folder)

    def action_path(self) -> None:
        """Go to the path field."""
        # At once: with `focus()` the next letters typed would still be keys of the screen.
        self.screen.set_focus(self._field)

    # -- the list ------------------------------------------------------------------

    @work(exclusive=True, group="listing")
    async def _list(self, folder: Path, *, typing: bool = False) -> None:
        """Show a folder step by step. While one is typing, one that can't be read is no news."""
        if typing:
            await sleep(_LINGER_SECONDS)
        steps = self._steps_of(folder)
        step = asyncio.ensure_future(in_thread(partial(next, steps, None)))
        await asyncio.wait({step}, timeout=_SOON_SECONDS)
        if not step.done() and not typing:
            self._show_rows()
        while (listing := await step) is not None and self.is_attached:
            if typing and listing.problem is not None:
                self._say(listing.problem, look.WARN)
                return
            self._listing = listing
            self._show_rows()
            step = asyncio.ensure_future(in_thread(partial(next, steps, None)))

    def _show_rows(self) -> None:
        """Show the listing; the cursor goes where it is wanted, unless the person moved it."""
        listing, table = self._listing, self._table
        self._rows = FileRows(listing, self._typed, self._clock())
        moved = self._placed is not None and table.cursor_key != self._placed
        known = bool(listing.entries) or listing.complete or listing.problem is not None
        table.show(self._rows)
        colour = look.QUIET if listing.problem is None else look.WARN
        said = tally(self._rows, listing, self._typed) if known else "Reading the folder …"
        self._say(said, colour)
        if not moved:
            self._place_cursor()

    def _place_cursor(self) -> None:
        wanted = None if self._wanted is None else self._rows.position(str(self._wanted))
        self._table.action_first()  # so that the heading above is seen
        self._table.move_to_position(self._rows.best() if wanted is None else wanted)
        self._placed = self._table.cursor_key

    def _narrow(self, typed: str) -> None:
        if typed == self._typed:
            return
        self._typed, self._wanted, self._placed = typed, None, None
        self._show_rows()

    def _say(self, text: str, colour: str) -> None:
        self.query_one("#files-says", Static).update(Content.styled(one_line(text), colour))

    @on(Table.Highlighted, "#files")
    def _highlighted(self, event: Table.Highlighted) -> None:
        event.stop()
        entry = self._rows.entry(event.key)
        if entry is not None:
            self.post_message(self.PointedAt(Path(entry.path), is_folder=entry.is_folder))

    @on(Table.Opened, "#files")
    def _opened(self, event: Table.Opened) -> None:
        event.stop()
        self.choose()

    # -- the field -----------------------------------------------------------------

    def _show_place(self) -> None:
        """The folder stands in the field, ready for a name after it."""
        with self.prevent(Input.Changed):
            self._field.value = shown_folder(self._listing.folder)
        self._field.cursor_position = len(self._field.value)

    @on(Input.Changed, "#path")
    def _path_typed(self, event: Input.Changed) -> None:
        event.stop()
        folder, typed = split_typed(event.value, self._listing.folder)
        if folder == self._listing.folder:
            self._narrow(typed)
            return
        self._typed, self._wanted, self._placed = typed, None, None
        self._list(folder, typing=True)

    @on(PathField.Moving)
    def _moved(self, event: PathField.Moving) -> None:
        self._table.action_move(event.rows)

    @on(PathField.Completing)
    def _complete(self) -> None:
        """Write as much of a name as is certain; when nothing is, go on to the list."""
        text, listing = self._field.value, self._listing
        folder, typed = split_typed(text, listing.folder)
        found = completions(listing, typed) if folder == listing.folder else []
        rest = common_start(found)
        if len(rest) > len(typed):
            self._field.value = text[: len(text) - len(typed)] + rest
            self._field.cursor_position = len(self._field.value)
        else:
            self._table.focus()

    @on(Input.Submitted, "#path")
    def _path_entered(self, event: Input.Submitted) -> None:
        event.stop()
        self._enter(event.value.strip())

    @work(exclusive=True, group="enter")
    async def _enter(self, text: str) -> None:
        """Take the path that was typed, or else the first name that it fits."""
        shown = self._listing.folder
        path = typed_path(text, shown)
        is_folder, is_there = await in_thread(lambda: (_is_folder(path), _is_there(path)))
        if is_folder:
            self._table.focus()
            self.go_to(path)
        elif is_there:
            self.post_message(self.Chosen(path))
        elif self._rows.matches and split_typed(text, shown)[0] == shown:
            self.choose()
        else:
            self.notify(f"There is no {one_line(str(path))}.", severity="warning", markup=False)


def _is_folder(path: Path) -> bool:
    # Unlike Path.is_dir, this says no of what can't be looked at.
    return os.path.isdir(path)  # noqa: PTH112


def _is_there(path: Path) -> bool:
    return os.path.lexists(path)
