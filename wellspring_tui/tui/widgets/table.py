"""The table: any number of rows, of which only the lines in view are fetched and painted."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.style import Style

from wellspring_tui.tui.widgets.table_layout import column_at
from wellspring_tui.tui.widgets.table_model import Column, ListRows, Pages, Rows
from wellspring_tui.tui.widgets.table_paint import Painted, Painter

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from textual import events
    from textual.strip import Strip

HEADER_LINES = 1
MARKED_AT_ONCE = 5_000
LINES_KEPT = 500


class TableMessage(Message):
    """Something the person did in a table."""

    def __init__(self, table: Table) -> None:
        super().__init__()
        self.table = table

    @property
    def control(self) -> Table:
        """The table."""
        return self.table


class Table(ScrollView, can_focus=True, inherit_bindings=False):
    """Rows under a header, with a cursor that stays on its row whatever happens around it."""

    ALLOW_SELECT = False

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "table--cursor",
        "table--empty",
        "table--header",
        "table--header-sorted",
        "table--heading",
        "table--mark",
        "table--pointer",
    }

    DEFAULT_CSS = """
    Table {
        height: 1fr;
        overflow-x: hidden;
        overflow-y: auto;
        scrollbar-size-vertical: 1;

        & > .table--header { color: $text-muted; text-style: bold; }
        & > .table--header-sorted { color: $text-accent; text-style: bold; }
        & > .table--heading { color: $text-primary; text-style: bold; }
        & > .table--empty { color: $text-muted; }
        & > .table--mark { color: $text-warning; text-style: bold; }
        & > .table--pointer { color: $foreground 40%; }
        & > .table--cursor { background: $foreground 7%; }

        &:focus > .table--pointer { color: $accent; }
        &:focus > .table--cursor { background: $primary 30%; }

        &:ansi > .table--pointer { color: ansi_default; }
        &:ansi > .table--cursor { background: ansi_default; }
        &:ansi:focus > .table--cursor { text-style: reverse; }
        &:nocolor:focus > .table--cursor { text-style: reverse; }
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", show=False),
        Binding("down,j", "move(1)", "Down", show=False),
        Binding("home,g", "first", "First", show=False),
        Binding("end,G", "last", "Last", show=False),
        Binding("pageup", "move_pages(-1)", "Page up", show=False),
        Binding("pagedown", "move_pages(1)", "Page down", show=False),
        Binding("ctrl+u", "move_pages(-0.5)", "Half a page up", show=False),
        Binding("ctrl+d", "move_pages(0.5)", "Half a page down", show=False),
        Binding("enter", "open", "Open"),
        Binding("space", "mark", "Mark", show=False),
        Binding("a", "mark_all", "Mark all", show=False),
    ]

    sort_key: reactive[str | None] = reactive(None, repaint=False)
    sort_descending: reactive[bool] = reactive(False, repaint=False)
    empty: reactive[str] = reactive("")

    class Highlighted(TableMessage):
        """The cursor came to another row; None when there are no rows any more."""

        def __init__(self, table: Table, key: str | None) -> None:
            super().__init__(table)
            self.key = key

    class Opened(TableMessage):
        """Enter, a double click, or a click on the row under the cursor or on a heading."""

        def __init__(self, table: Table, key: str) -> None:
            super().__init__(table)
            self.key = key

    class MarksChanged(TableMessage):
        """Rows were marked or unmarked, or marked rows went; `keys` are all marks now."""

        def __init__(self, table: Table, keys: frozenset[str]) -> None:
            super().__init__(table)
            self.keys = keys

    class HeaderClicked(TableMessage):
        """A click on the label of a sortable column."""

        def __init__(self, table: Table, key: str) -> None:
            super().__init__(table)
            self.key = key

    def __init__(
        self,
        columns: Sequence[Column],
        *,
        empty: str = "",
        name: str | None = None,
        id: str | None = None,  # noqa: A002 (Textual's own word)
        classes: str | None = None,
    ) -> None:
        """`empty` is what to say when there are no rows."""
        super().__init__(name=name, id=id, classes=classes)
        self.columns = tuple(columns)
        """Others may be put here; then come the rows that go with them."""
        self.set_reactive(Table.empty, empty)
        self._pages = Pages(ListRows())
        self._cursor = 0
        self._cursor_key: str | None = None
        self._marks: frozenset[str] = frozenset()
        self._painted: dict[int, Painted] = {}
        self._painter: Painter | None = None
        self._opened_by_click = False

    # What is shown

    @property
    def cursor_key(self) -> str | None:
        """The key of the row under the cursor."""
        return self._cursor_key

    @property
    def cursor_position(self) -> int:
        """Which row the cursor is on, from 0."""
        return self._cursor

    @property
    def row_count(self) -> int:
        """How many rows there are."""
        return len(self._pages)

    @property
    def marks(self) -> frozenset[str]:
        """The keys of the marked rows."""
        return self._marks

    def show(self, rows: Rows) -> None:
        """Show `rows` instead; cursor, scroll place and marks stay with their rows.

        Only lines that look different are painted again. `rows` must not change until the
        next `show`, or what changed must be told with `refresh_keys`.
        """
        top, line = self._top, self._cursor - self._top
        in_view = 0 <= line < self._lines
        anchor = None if in_view else self._pages.row(top)
        before = self._pages
        self._pages = Pages(rows)
        self._cursor = self._cursor_after(before)
        self._drop_marks_of_vanished_rows()
        self.virtual_size = Size(0, len(self._pages) + HEADER_LINES)
        # From the first row on, what comes in above is seen; further down nothing moves.
        if top and in_view:
            top = self._cursor - line
        elif top and anchor is not None:
            found = rows.position(anchor.key)
            top = top if found is None else found
        self._scroll_top_to(top)
        self._take_cursor_key()
        if in_view:
            self._scroll_to_cursor()
        self._repaint_changed()

    def refresh_keys(self, changed: Iterable[str]) -> None:
        """Fetch these rows again, and paint those of them that are in view."""
        self._pages.forget(frozenset(changed))
        self._repaint_changed()

    def move_to(self, key: str) -> bool:
        """Put the cursor on the row of that key; False when there is none."""
        position = self._pages.rows.position(key)
        if position is None:
            return False
        self.move_to_position(position)
        return True

    def move_to_position(self, position: int) -> None:
        """Put the cursor on the row at `position`, or on the nearest there is."""
        if not self.row_count:
            return
        before = self._cursor
        self._cursor = min(max(0, position), self.row_count - 1)
        self._take_cursor_key()
        self._repaint((before, self._cursor))
        self._scroll_to_cursor()

    def mark(self, keys: Iterable[str]) -> None:
        """Have these rows marked, and no others."""
        self._set_marks(frozenset(keys))

    def clear_marks(self) -> None:
        """Take all marks off."""
        self._set_marks(frozenset())

    # Keys

    def action_move(self, rows: int) -> None:
        """Move the cursor down by so many rows."""
        self.move_to_position(self._cursor + rows)

    def action_move_pages(self, pages: float) -> None:
        """Move the cursor, and the view with it, down by so many pages."""
        rows = int(pages * max(2, self._lines))
        self._scroll_top_to(self._top + rows)
        self.move_to_position(self._cursor + rows)

    def action_first(self) -> None:
        """Move the cursor to the first row."""
        self.move_to_position(0)

    def action_last(self) -> None:
        """Move the cursor to the last row."""
        self.move_to_position(self.row_count - 1)

    def action_open(self) -> None:
        """Open the row under the cursor."""
        if self._cursor_key is not None:
            self.post_message(self.Opened(self, self._cursor_key))

    def action_mark(self) -> None:
        """Mark or unmark the row under the cursor, and move on."""
        row = self._pages.row(self._cursor)
        if row is not None and not row.heading:
            self._set_marks(self._marks ^ {row.key})
        self.action_move(1)

    def action_mark_all(self) -> None:
        """Mark every row, or none when all are marked."""
        if self.row_count > MARKED_AT_ONCE:
            self.notify(
                f"No more than {MARKED_AT_ONCE:,} rows can be marked at once. Filter them first.",
                severity="warning",
                markup=False,
            )
            return
        rows = self._pages.rows.page(0, self.row_count)
        keys = frozenset(row.key for row in rows if not row.heading)
        self._set_marks(frozenset() if keys <= self._marks else keys)

    # The mouse

    def on_click(self, event: events.Click) -> None:
        """Select, open or sort."""
        offset = event.get_content_offset(self)
        if offset is None or offset.x >= self._width:
            return
        if offset.y < HEADER_LINES:
            column = column_at(self._paints().placed, offset.x)
            if column is not None and column.sortable:
                self.post_message(self.HeaderClicked(self, column.key))
            return
        position = self._top + offset.y - HEADER_LINES
        if position < self.row_count:
            self._clicked(position, chain=event.chain)

    def _clicked(self, position: int, *, chain: int) -> None:
        row = self._pages.row(position)
        if position != self._cursor:
            self._opened_by_click = False
            self.move_to_position(position)
            if row is None or not row.heading:
                return
        # The first click of a double click on the cursor's row has opened it already.
        if chain == 1 or not self._opened_by_click:
            self.action_open()
        self._opened_by_click = chain == 1

    # Painting

    def render_line(self, y: int) -> Strip:
        """The line `y` of the view."""
        painter = self._paints()
        if y < HEADER_LINES:
            return painter.header(self.sort_key, descending=self.sort_descending)
        if not self.row_count:
            return painter.empty(self.empty, max(1, self.size.height - HEADER_LINES))[
                y - HEADER_LINES
            ]
        position = self._top + y - HEADER_LINES
        row = self._pages.row(position)
        if row is None:
            return painter.blank()
        cursor, marked = position == self._cursor, row.key in self._marks
        painted = self._painted.get(position)
        if painted is None or not painted.still(row, cursor=cursor, marked=marked):
            if len(self._painted) >= LINES_KEPT:
                self._painted.clear()
            strip = painter.row(row, cursor=cursor, marked=marked)
            painted = self._painted[position] = Painted(row, cursor, marked, strip)
        return painted.strip

    def notify_style_update(self) -> None:
        """Theme or focus changed: nothing painted is good any more."""
        super().notify_style_update()
        self._painter = None
        self._painted.clear()
        self.refresh()

    def on_mount(self) -> None:
        """Tell of the row that the cursor is on from the start."""
        if self._cursor_key is not None:
            self.post_message(self.Highlighted(self, self._cursor_key))

    def on_resize(self) -> None:
        """Keep the cursor in view."""
        self._scroll_to_cursor()

    def watch_sort_key(self) -> None:
        """Paint the sign of the sort order."""
        self.refresh(Region(0, 0, self.size.width, HEADER_LINES))

    def watch_sort_descending(self) -> None:
        """Paint the sign of the sort order."""
        self.refresh(Region(0, 0, self.size.width, HEADER_LINES))

    # Inside

    @property
    def _top(self) -> int:
        return round(self.scroll_y)

    @property
    def _lines(self) -> int:
        return max(1, self.size.height - HEADER_LINES)

    @property
    def _width(self) -> int:
        return self.scrollable_content_region.width

    def _paints(self) -> Painter:
        if self._painter is None or not self._painter.paints(self.columns, self._width):
            self._painter = Painter(self.columns, self._width, self._style_of)
            self._painted.clear()
        return self._painter

    def _style_of(self, *names: str) -> Style:
        style = self.get_visual_style(*names)
        # Textual leaves this one out of a visual style.
        if any(self.get_component_styles(name).text_style.reverse for name in names):
            style += Style(reverse=True)
        return style

    def _cursor_after(self, before: Pages) -> int:
        """Where the cursor's row is in the new rows, or else the row nearest to it."""
        if self._cursor_key is None:
            return 0
        position_of = self._pages.rows.position
        found = position_of(self._cursor_key)
        if found is not None:
            return found
        below = range(self._cursor + 1, self._cursor + self._lines)
        above = range(self._cursor - 1, self._cursor - self._lines, -1)
        for position in (*below, *above):
            row = before.row(position)
            found = None if row is None else position_of(row.key)
            if found is not None:
                return found
        return max(0, min(self._cursor, len(self._pages) - 1))

    def _take_cursor_key(self) -> None:
        row = self._pages.row(self._cursor)
        key = None if row is None else row.key
        if key == self._cursor_key:
            return
        self._cursor_key = key
        if self.is_running:
            self.post_message(self.Highlighted(self, key))

    def _drop_marks_of_vanished_rows(self) -> None:
        position_of = self._pages.rows.position
        self._set_marks(frozenset(key for key in self._marks if position_of(key) is not None))

    def _set_marks(self, marks: frozenset[str]) -> None:
        if marks == self._marks:
            return
        self._marks = marks
        self.post_message(self.MarksChanged(self, marks))
        self._repaint_changed()

    def _scroll_top_to(self, top: int) -> None:
        if self.is_mounted and self.size.height:
            self.scroll_to(y=top, animate=False, force=True)

    def _scroll_to_cursor(self) -> None:
        if self._cursor < self._top:
            self._scroll_top_to(self._cursor)
        elif self._cursor >= self._top + self._lines:
            self._scroll_top_to(self._cursor - self._lines + 1)

    def _repaint_changed(self) -> None:
        """Paint again the lines in view that are no longer what was painted."""
        top = self._top
        self._repaint(
            position for position in range(top, top + self._lines) if self._looks_changed(position)
        )

    def _looks_changed(self, position: int) -> bool:
        row, painted = self._pages.row(position), self._painted.get(position)
        if row is None or painted is None:
            return not (row is None and painted is None)
        return not painted.still(
            row, cursor=position == self._cursor, marked=row.key in self._marks
        )

    def _repaint(self, positions: Iterable[int]) -> None:
        """Paint the lines of these rows again, where they are in view."""
        top, width, lines = self._top, self.size.width, self._lines
        regions = [
            Region(0, position - top + HEADER_LINES, width, 1)
            for position in positions
            if 0 <= position - top < lines
        ]
        if regions:
            self.refresh(*regions)
