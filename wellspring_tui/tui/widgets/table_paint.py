"""How the lines of a table look: rows, headings, the header, the words for no rows."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from textual.strip import Strip
from textual.style import Style

from wellspring_tui.tui.widgets.cells import cut, fitted, shown, shown_piece, wrap
from wellspring_tui.tui.widgets.table_layout import GUTTER, MARGIN, lay_out

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from rich.style import Style as RichStyle
    from textual.content import Content

    from wellspring_tui.tui.widgets.table_layout import Placed
    from wellspring_tui.tui.widgets.table_model import Cell, Column, Row

POINTER = "▌"
MARK = "◆"
_UP, _DOWN = " ▲", " ▼"

Look = tuple[str, ...]
"""The component classes that a piece of a line wears, the last one winning."""


@dataclass(slots=True)
class Painted:
    """A line as it was last painted, to see whether it has to be painted again."""

    row: Row
    cursor: bool
    marked: bool
    strip: Strip

    def still(self, row: Row, *, cursor: bool, marked: bool) -> bool:
        """Whether this row would be painted alike."""
        return self.cursor == cursor and self.marked == marked and self.row.same_as(row)


class Painter:
    """Paints the lines of a table at one width, in one set of styles."""

    def __init__(
        self,
        columns: Sequence[Column],
        width: int,
        style_of: Callable[..., Style],
    ) -> None:
        """`style_of` gives the widget's style for component classes."""
        self.width = width
        self._columns = columns
        self.placed: tuple[Placed, ...] = lay_out(columns, width)
        self._style_of = style_of
        self._bases: dict[Look, Style] = {}
        self._rich: dict[tuple[Look, tuple[str | Style, ...]], RichStyle] = {}

    def paints(self, columns: Sequence[Column], width: int) -> bool:
        """Whether it was made for these columns and this width."""
        return self.width == width and self._columns is columns

    def row(self, row: Row, *, cursor: bool, marked: bool) -> Strip:
        """One row, exactly as wide as the table."""
        look: Look = ("table--heading",) if row.heading else ()
        if cursor:
            look += ("table--cursor",)
        line = _Line(self._style(look))
        if cursor:
            line.add(Segment(POINTER, self._style((*look, "table--pointer"))))
        else:
            line.words(" ")
        if marked:
            line.add(Segment(MARK, self._style((*look, "table--mark"))))
        else:
            line.words(" ")
        if row.heading:
            self._add_heading(line, row, look)
        else:
            self._add_cells(line, row, look)
        return line.strip(self.width)

    def header(self, sort_key: str | None, *, descending: bool) -> Strip:
        """The labels of the columns, with the sign of the sort order."""
        plain, chosen = ("table--header",), ("table--header", "table--header-sorted")
        line: list[Segment] = []
        x = 0
        for place in self.placed:
            column = place.column
            is_sorted = column.key == sort_key
            sign = (_DOWN if descending else _UP) if is_sorted else ""
            label = cut(shown(column.label, place.width), place.width - len(sign)) + sign
            line.append(Segment(" " * (place.x - x), self._style(plain)))
            line.append(
                Segment(
                    fitted(label, place.width, column.align),
                    self._style(chosen if is_sorted else plain),
                )
            )
            x = place.x + place.width
        return Strip(line).adjust_cell_length(self.width, self._style(plain))

    def blank(self) -> Strip:
        """A line without anything on it."""
        return Strip.blank(self.width, self._style(()))

    def empty(self, words: str, height: int) -> list[Strip]:
        """`height` lines with `words` in their middle."""
        room = max(1, self.width - 2)
        style = self._style(("table--empty",))
        rows = [row.rstrip() for row in wrap(shown(words, room * height), room)][:height]
        blank = Strip.blank(self.width, style)
        above = (height - len(rows)) // 2
        lines = [
            Strip([Segment(" " * ((self.width - cell_len(row)) // 2) + row, style)]) for row in rows
        ]
        below = height - len(rows) - above
        return [
            line.adjust_cell_length(self.width, style)
            for line in (*[blank] * above, *lines, *[blank] * below)
        ]

    def _add_cells(self, line: _Line, row: Row, look: Look) -> None:
        x = GUTTER - 1
        for place in self.placed:
            line.words(" " * (place.x - x))
            x = place.x + place.width
            if place.index < len(row.cells):
                right = place.column.align == "right"
                self._add_cell(line, row.cells[place.index], place.width, look, right=right)
            else:
                line.words(" " * place.width)

    def _add_heading(self, line: _Line, row: Row, look: Look) -> None:
        room = self.width - GUTTER - MARGIN
        left = row.cells[0] if row.cells else ""
        right = row.cells[1] if len(row.cells) > 1 else ""
        right_width = min(cell_len(shown(str(right), room)), room // 2)
        line.words(" ")
        if not right_width:
            self._add_cell(line, left, room, look)
            return
        self._add_cell(line, left, room - right_width - 1, look)
        line.words(" ")
        self._add_cell(line, right, right_width, look, right=True)

    def _add_cell(
        self, line: _Line, cell: Cell, width: int, look: Look, *, right: bool = False
    ) -> None:
        if isinstance(cell, str):
            line.words(_words(cell, width, right=right))
            return
        pieces = self._cut_pieces(cell, width, look)
        padding = " " * (width - sum(cell_len(piece.text) for piece in pieces))
        if right:
            line.words(padding)
        for piece in pieces:
            line.add(piece)
        if not right:
            line.words(padding)

    def _cut_pieces(self, content: Content, width: int, look: Look) -> list[Segment]:
        pieces = [
            Segment(safe_text, self._style(look, styles))
            for text, styles in _pieces(content)
            if (safe_text := shown_piece(text))
        ]
        # Measured piece by piece, as they are painted: a character may join its neighbour.
        if sum(cell_len(piece.text) for piece in pieces) <= width:
            return pieces
        kept: list[Segment] = []
        left = width - 1
        for piece in pieces:
            if cell_len(piece.text) > left:
                return [*kept, Segment(f"{set_cell_size(piece.text, left)}…", piece.style)]
            kept.append(piece)
            left -= cell_len(piece.text)
        return kept

    def _style(self, look: Look, styles: tuple[str | Style, ...] = ()) -> RichStyle:
        found = self._rich.get((look, styles))
        if found is not None:
            return found
        base = self._bases.get(look)
        if base is None:
            base = self._bases[look] = self._style_of(*look)
        for style in styles:
            base += Style.parse(style) if isinstance(style, str) else style
        self._rich[look, styles] = base.rich_style
        return base.rich_style


class _Line:
    """A line in the making; plain neighbours become one segment, which paints faster."""

    def __init__(self, style: RichStyle) -> None:
        self._style = style
        self._segments: list[Segment] = []
        self._plain = ""

    def words(self, text: str) -> None:
        """Add words in the style of the line."""
        self._plain += text

    def add(self, segment: Segment) -> None:
        """Add a piece in a style of its own."""
        self._end_plain()
        self._segments.append(segment)

    def strip(self, width: int) -> Strip:
        """The line, filled up or cut to `width`."""
        self._end_plain()
        return Strip(self._segments).adjust_cell_length(width, self._style)

    def _end_plain(self) -> None:
        if self._plain:
            self._segments.append(Segment(self._plain, self._style))
            self._plain = ""


def _words(cell: str, width: int, *, right: bool) -> str:
    if len(cell) <= width and cell.isascii() and cell.isprintable():
        return cell.rjust(width) if right else cell.ljust(width)
    return fitted(shown(cell, width), width, "right" if right else "left")


def _pieces(content: Content) -> Iterator[tuple[str, tuple[str | Style, ...]]]:
    """The text between any two borders of spans, with the styles that cover it."""
    text, spans = content.plain, content.spans
    if not spans:
        yield text, ()
        return
    if len(spans) == 1 and spans[0].start == 0 and spans[0].end >= len(text):
        yield text, (spans[0].style,)
        return
    borders = {0, len(text)}
    for span in spans:
        borders.update((min(span.start, len(text)), min(span.end, len(text))))
    ordered = sorted(borders)
    for start, end in pairwise(ordered):
        yield (
            text[start:end],
            tuple(span.style for span in spans if span.start <= start and end <= span.end),
        )
