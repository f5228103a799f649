"""The chart: bars under one another that scroll, or columns next to each other that fit."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from wellspring_tui.tui.widgets import chart_paint as paint
from wellspring_tui.tui.widgets.cells import wrap
from wellspring_tui.tui.widgets.chart_model import ChartData

if TYPE_CHECKING:
    from rich.style import Style as RichStyle

    from wellspring_tui.tui.widgets.chart_paint import Look, LyingPlan, Piece, StandingPlan

_LEGEND_LINES = 1
_AXIS_LINES = 2
_THICK, _AIRY, _TIGHT = (2, 3), (1, 2), (1, 1)
"""How many lines a lying bar takes, and how many with the gap after it."""


class Chart(ScrollView, can_focus=True, inherit_bindings=False):
    """Bars of two parts, told apart by shade as well as by colour."""

    ALLOW_SELECT = False

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "chart--plain",
        "chart--quiet",
        "chart--first",
        "chart--second",
        "chart--warn",
    }

    DEFAULT_CSS = """
    Chart {
        height: 1fr;
        overflow-x: hidden;
        overflow-y: auto;
        scrollbar-size-vertical: 1;

        & > .chart--quiet { color: $foreground 60%; }
        & > .chart--first { color: $primary; }
        & > .chart--second { color: $accent; }
        & > .chart--warn { color: $text-warning; }
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "scroll_by(-1)", "Up", show=False),
        Binding("down,j", "scroll_by(1)", "Down", show=False),
        Binding("pageup,ctrl+u", "scroll_pages(-1)", "Page up", show=False),
        Binding("pagedown,ctrl+d", "scroll_pages(1)", "Page down", show=False),
        Binding("home,g", "scroll_home", "First", show=False),
        Binding("end,G", "scroll_end", "Last", show=False),
    ]

    def __init__(self, *, empty: str = "", id: str | None = None) -> None:  # noqa: A002
        """`empty` is what to say when there are no bars."""
        super().__init__(id=id)
        self._empty = empty
        self._data = ChartData()
        self._whole_numbers = True
        self._plan: tuple[Size, LyingPlan | StandingPlan] | None = None
        self._styles: dict[Look, RichStyle] = {}

    def show(self, data: ChartData, *, whole_numbers: bool, empty: str) -> None:
        """Draw other bars; `whole_numbers`: the axis counts things."""
        self._data, self._whole_numbers, self._empty = data, whole_numbers, empty
        self._changed()

    def on_resize(self) -> None:
        """The bars take the room there is."""
        self._changed()

    def notify_style_update(self) -> None:
        """Theme or focus changed."""
        super().notify_style_update()
        self._styles.clear()
        self.refresh()

    def action_scroll_by(self, lines: int) -> None:
        """Scroll, where there are more bars than lines."""
        self.scroll_to(y=self.scroll_y + lines, animate=False)

    def action_scroll_pages(self, pages: int) -> None:
        """Scroll by what is in view."""
        self.action_scroll_by(pages * self._lines)

    def action_scroll_home(self) -> None:
        """Back to the first bar."""
        self.scroll_to(y=0, animate=False)

    def action_scroll_end(self) -> None:
        """On to the last bar."""
        self.scroll_to(y=self.max_scroll_y, animate=False)

    # Painting

    def render_line(self, y: int) -> Strip:
        """The line `y` of the view."""
        if not self._data.bars:
            return self._words(y)
        pieces: list[Piece] = []
        below = y - (self.size.height - _AXIS_LINES)
        if y < _LEGEND_LINES:
            together = self._standing().together if self._data.standing else 1
            pieces = [(" ", "plain"), *paint.legend(self._data, together)]
        elif below >= 0:
            pieces = self._axis()[below]
        elif self._data.standing:
            row = self.size.height - _AXIS_LINES - 1 - y
            pieces = paint.standing_row(self._data, self._standing(), row)
        else:
            pieces = self._lying_line(round(self.scroll_y) + y - _LEGEND_LINES)
        return self._strip(pieces)

    def _lying_line(self, line: int) -> list[Piece]:
        thick, stride = self._thickness
        position, within = divmod(line, stride)
        if within >= thick or position >= len(self._data.bars):
            return []
        return paint.lying_bar(self._data.bars[position], self._lying(), within)

    def _axis(self) -> tuple[list[Piece], list[Piece]]:
        if self._data.standing:
            return paint.standing_axis(self._standing())
        return paint.lying_axis(self._data, self._lying())

    def _words(self, y: int) -> Strip:
        width, height = self.size
        rows = [row.rstrip() for row in wrap(self._empty, max(2, width - 4))]
        number = y - (height - len(rows)) // 2
        text = rows[number].center(width) if 0 <= number < len(rows) else ""
        return self._strip([(text, "quiet")])

    def _strip(self, pieces: list[Piece]) -> Strip:
        line = Strip(Segment(text, self._style(look)) for text, look in pieces if text)
        return line.adjust_cell_length(self.size.width, self._style("plain"))

    def _style(self, look: Look) -> RichStyle:
        if look not in self._styles:
            self._styles[look] = self.get_visual_style(f"chart--{look}").rich_style
        return self._styles[look]

    # Inside

    @property
    def _lines(self) -> int:
        return max(1, self.size.height - _LEGEND_LINES - _AXIS_LINES)

    @property
    def _thickness(self) -> tuple[int, int]:
        """Few bars take the room there is, many take a line each."""
        wanted = len(self._data.bars)
        for thick, stride in (_THICK, _AIRY):
            if wanted * stride - (stride - thick) <= self._lines:
                return thick, stride
        return _TIGHT

    def _changed(self) -> None:
        self._plan = None
        lines = 0 if self._data.standing else len(self._data.bars) * self._thickness[1]
        self.virtual_size = Size(
            0, min(lines, max(len(self._data.bars), self._lines)) + _LEGEND_LINES + _AXIS_LINES
        )
        self.refresh()

    def _lying(self) -> LyingPlan:
        size = self.scrollable_content_region.size
        if self._plan is None or self._plan[0] != size:
            plan = paint.plan_lying(self._data, size.width, whole_numbers=self._whole_numbers)
            self._plan = (size, plan)
        found = self._plan[1]
        assert isinstance(found, paint.LyingPlan)
        return found

    def _standing(self) -> StandingPlan:
        size = self.scrollable_content_region.size
        if self._plan is None or self._plan[0] != size:
            plan = paint.plan_standing(
                self._data, size.width, self._lines, whole_numbers=self._whole_numbers
            )
            self._plan = (size, plan)
        found = self._plan[1]
        assert isinstance(found, paint.StandingPlan)
        return found
