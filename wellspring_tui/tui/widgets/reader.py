"""The reader: one text of any length, of which only the lines in view are painted."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import on, work
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.visual import Visual
from textual.worker import get_current_worker

from wellspring_tui.text import safe
from wellspring_tui.tui.widgets import cells
from wellspring_tui.tui.widgets.hits import NO_HITS, find

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.content import Content
    from textual.timer import Timer

    from wellspring_tui.tui.widgets.markdown import Rendered

_TAB = 4
_MARGIN = 1
"""Cells between the words and the scroll bar."""
_SIDEWAYS = 8
_SETTLED_SECONDS = 0.15
"""How long a new width must last before Markdown is rendered for it."""


@dataclass(frozen=True, slots=True)
class _Look:
    """Styles by the names Rich has for what Markdown marks up, and a theme for code."""

    styles: dict[str, Style]
    code_theme: str


@dataclass(frozen=True, slots=True)
class _Order:
    """What is to be rendered; `turn` tells whether it is still wanted when it is done."""

    turn: int
    text: str
    width: int
    look: _Look
    first_lines: int


class Reader(ScrollView, can_focus=True, inherit_bindings=False):
    """A pager for an answer: plain, as Markdown, or lines that are styled already."""

    ALLOW_SELECT = False

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "reader--code",
        "reader--heading",
        "reader--hit",
        "reader--hit-current",
        "reader--link",
        "reader--quiet",
        "reader--title",
    }

    DEFAULT_CSS = """
    Reader {
        height: 1fr;
        padding: 0 0 0 1;
        overflow: auto auto;
        scrollbar-size: 1 1;

        & > .reader--title { color: $text-primary; text-style: bold underline; }
        & > .reader--heading { color: $text-primary; text-style: bold; }
        & > .reader--code { color: $text-success; }
        & > .reader--link { color: $text-accent; text-style: underline; }
        & > .reader--quiet { color: $foreground 60%; }
        & > .reader--hit { background: $warning 40%; text-style: underline; }
        & > .reader--hit-current { background: $warning; color: auto; text-style: bold; }

        &:ansi > .reader--hit { background: ansi_yellow; color: ansi_black; }
        &:ansi > .reader--hit-current { background: ansi_magenta; color: ansi_bright_white; }
        &:nocolor > .reader--hit-current { background: $foreground; color: $background; }
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "scroll_lines(-1)", "Up", show=False),
        Binding("down,j", "scroll_lines(1)", "Down", show=False),
        Binding("left", "scroll_sideways(-1)", "Left", show=False),
        Binding("right", "scroll_sideways(1)", "Right", show=False),
        Binding("home,g", "first", "Top", show=False),
        Binding("end,G", "last", "End", show=False),
        Binding("pageup,b", "scroll_pages(-1)", "Page up", show=False),
        Binding("pagedown,space", "scroll_pages(1)", "Page down", show=False),
        Binding("ctrl+u", "scroll_pages(-0.5)", "Half a page up", show=False),
        Binding("ctrl+d", "scroll_pages(0.5)", "Half a page down", show=False),
    ]

    wrap: reactive[bool] = reactive(True, init=False)
    """Whether long lines of plain text are wrapped; Markdown always is."""

    class HitsChanged(Message):
        """The hit one stands on, or how many there are, changed; `number` counts from 1."""

        def __init__(self, reader: Reader, number: int, count: int) -> None:
            super().__init__()
            self.reader = reader
            self.number = number
            self.count = count

        @property
        def control(self) -> Reader:
            """The reader."""
            return self.reader

    class _Painted(Message, bubble=False):
        """The thread has rendered some or all of the Markdown."""

        def __init__(self, turn: int, part: Rendered) -> None:
            super().__init__()
            self.turn = turn
            self.part = part

    def __init__(
        self,
        *,
        name: str | None = None,
        id: str | None = None,  # noqa: A002 (Textual's own word)
        classes: str | None = None,
    ) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self._text = ""
        self._is_markdown = False
        self._contents: tuple[Content, ...] = ()
        self._rows: list[str] = []
        """Joined they are the text shown: of a rendered row, the words; of a plain one, all."""
        self._strips: Sequence[Strip] = ()
        """The rows that are painted already, from the first on; the others are plain."""
        self._turn = 0
        self._width = 0
        self._look: _Look | None = None
        self._settling: Timer | None = None
        self._query = ""
        self._hits = NO_HITS
        self._hit = 0

    # What is shown

    @property
    def shown_text(self) -> str:
        """The words as they stand in the rows now."""
        return "".join(self._rows)

    def show_plain(self, text: str) -> None:
        """Show `text` as it is, made safe."""
        self._show(text, (), is_markdown=False)

    def show_markdown(self, text: str) -> None:
        """Show `text` at once as it is, and rendered as soon as it is."""
        self._show(text, (), is_markdown=True)

    def show_lines(self, lines: Sequence[Content], *, stay: bool = False) -> None:
        """Show lines that are styled already; long ones are wrapped.

        With `stay` the line at the top stays there: it is the same text, brought up to date.
        """
        self._show("", tuple(lines), is_markdown=False, stay=stay)

    def _show(
        self, text: str, contents: tuple[Content, ...], *, is_markdown: bool, stay: bool = False
    ) -> None:
        plain = safe(text).expandtabs(_TAB)
        if (plain, is_markdown) == (self._text, self._is_markdown) and not (
            contents or self._contents
        ):
            return
        self._text, self._contents, self._is_markdown = plain, contents, is_markdown
        top = self._top if stay else 0
        self._lay_out()
        if self.is_mounted:
            self.scroll_to(0, top, animate=False, force=True)

    # Searching

    @property
    def hit_number(self) -> int:
        """Which hit one stands on, from 1; 0 when there is none."""
        return self._hit + 1 if self._hits.rows else 0

    @property
    def hit_count(self) -> int:
        """How many hits there are."""
        return len(self._hits.rows)

    def search(self, query: str) -> int:
        """Highlight `query` whatever its case, go to the first hit from here; the number of hits.

        An empty query takes the highlights away. What is shown later is searched too.
        """
        self._query = query
        self._hits = find(query, self._rows)
        below = [hit for hit, row in enumerate(self._hits.rows) if row >= self._top]
        self._go_to_hit(below[0] if below else 0)
        return self.hit_count

    def next_hit(self) -> None:
        """Go to the next hit; after the last comes the first."""
        self._go_to_hit(self._hit + 1)

    def previous_hit(self) -> None:
        """Go to the hit before; before the first comes the last."""
        self._go_to_hit(self._hit - 1)

    def _go_to_hit(self, hit: int) -> None:
        self._hit = hit % (self.hit_count or 1)
        if self.hit_count:
            self._scroll_to_row(self._hits.rows[self._hit])
        self.post_message(self.HitsChanged(self, self.hit_number, self.hit_count))
        self.refresh()

    def _scroll_to_row(self, row: int) -> None:
        height = self.scrollable_content_region.height
        if not self._top <= row < self._top + height:
            self.scroll_to(y=row - height // 3, animate=False, force=True)
        part = next(part for part in self._hits.parts[row] if part.hit == self._hit)
        x = cell_len(self._rows[row][: part.start])
        left = round(self.scroll_x)
        if not left <= x < left + self.scrollable_content_region.width:
            self.scroll_to(x=x - _SIDEWAYS, animate=False, force=True)

    # Keys

    def action_scroll_lines(self, lines: int) -> None:
        """Scroll down by so many lines."""
        self.scroll_to(y=self._top + lines, animate=False)

    def action_scroll_pages(self, pages: float) -> None:
        """Scroll down by so many pages; a line of the last one stays in view."""
        lines = max(1, self.scrollable_content_region.height - 1)
        self.scroll_to(y=self._top + int(lines * pages), animate=False)

    def action_scroll_sideways(self, steps: int) -> None:
        """Scroll to the right by so many steps."""
        self.scroll_to(x=self.scroll_x + steps * _SIDEWAYS, animate=False)

    def action_first(self) -> None:
        """Scroll to the top."""
        self.scroll_to(y=0, animate=False)

    def action_last(self) -> None:
        """Scroll to the end."""
        self.scroll_to(y=self.max_scroll_y, animate=False)

    # Laying out

    def on_resize(self) -> None:
        """Wrap for a new width; Markdown waits until the width has settled."""
        if self.room == self._width:
            return
        is_first = not self._width
        self._width = self.room
        if self._settling is not None:
            self._settling.stop()
            self._settling = None
        if self._strips and self._is_markdown and not is_first:
            self._turn += 1
            self._settling = self.set_timer(_SETTLED_SECONDS, self._render_markdown)
        else:
            self._lay_out()

    def watch_wrap(self) -> None:
        """Wrap, or no longer."""
        self.scroll_to(x=0, animate=False, force=True)
        if not self._strips:
            self._lay_out()

    def notify_style_update(self) -> None:
        """Another theme, perhaps."""
        super().notify_style_update()
        if self._look is not None:
            # Only then the styles of the whole tree are the new ones.
            self.call_after_refresh(self._follow_theme)

    def _follow_theme(self) -> None:
        is_styled = self._is_markdown or self._contents
        if not (is_styled and self.is_attached) or self._look == self._current_look():
            return  # one that was just closed has no styles any more
        if self._is_markdown:
            self._render_markdown()
        else:
            self._lay_out()

    @property
    def _top(self) -> int:
        return round(self.scroll_y)

    @property
    def room(self) -> int:
        """How many cells a line may take before it is wrapped."""
        # The scroll bar has its column whether it is there or not, so that its coming and
        # going wraps nothing anew.
        return max(0, self.size.width - self.styles.scrollbar_size_vertical - _MARGIN)

    def _lay_out(self) -> None:
        self._turn += 1
        if not self._width:
            return
        self._look = self._current_look()
        if self._contents:
            strips = [
                cells.safe_strip(strip)
                for content in self._contents
                for strip in Visual.to_strips(self, content, self._width, None, self.visual_style)
            ]
            self._take([_words(strip) for strip in strips], strips)
            return
        self._take(self._plain(self._text), ())
        if self._is_markdown and self._text:
            self._render_markdown()

    def _plain(self, text: str) -> list[str]:
        if self.wrap or self._is_markdown:
            return cells.wrap(text, self._width)
        return cells.lines(text)

    def _take(self, rows: list[str], strips: Sequence[Strip]) -> None:
        """Show these rows, scrolled to where the words at the top are now."""
        before = list(accumulate(map(len, self._rows), initial=0))
        after = list(accumulate(map(len, rows), initial=0))
        place = before[min(self._top, len(before) - 1)] * after[-1] // max(1, before[-1])
        self._rows, self._strips = rows, strips
        is_wide = not (self.wrap or self._is_markdown or strips)
        width = max(map(cell_len, rows), default=0) if is_wide else 0
        self.virtual_size = Size(width, len(rows))
        self.scroll_to(y=max(0, bisect_right(after, place) - 1), animate=False, force=True)
        self._search_again()
        self.refresh()

    def _search_again(self) -> None:
        before = (self.hit_number, self.hit_count)
        self._hits = find(self._query, self._rows)
        self._hit = min(self._hit, max(0, self.hit_count - 1))
        if (self.hit_number, self.hit_count) != before:
            self.post_message(self.HitsChanged(self, self.hit_number, self.hit_count))

    # Markdown

    def _render_markdown(self) -> None:
        self._turn += 1
        self._look = self._current_look()
        first_lines = self._top + self.size.height
        self._render_in_thread(_Order(self._turn, self._text, self._width, self._look, first_lines))

    # When rendering fails, the text stays as it is: plain.
    @work(thread=True, exclusive=True, group="markdown", exit_on_error=False)
    def _render_in_thread(self, order: _Order) -> None:
        from wellspring_tui.tui.widgets.markdown import rendered

        worker = get_current_worker()
        parts = rendered(
            order.text,
            order.width,
            styles=order.look.styles,
            code_theme=order.look.code_theme,
            first_lines=order.first_lines,
            stopped=lambda: worker.is_cancelled,
        )
        for part in parts:
            self.post_message(self._Painted(order.turn, part))

    @on(_Painted)
    def _take_markdown(self, event: _Painted) -> None:
        if event.turn != self._turn:
            return
        strips = event.part.strips
        rest = self._text[event.part.characters :]
        if rest and strips:
            strips = (*strips, Strip([]))
        self._take([*map(_words, strips), *self._plain(rest)], strips)

    def _current_look(self) -> _Look:
        def style(name: str) -> Style:
            full = self.get_visual_style(f"reader--{name}").rich_style
            return Style(color=full.color, bold=full.bold or None, underline=full.underline or None)

        heading, quiet, link = style("heading"), style("quiet"), style("link")
        styles = {
            **{f"markdown.h{level}": heading for level in range(2, 7)},
            "markdown.h1": style("title"),
            "markdown.block_quote": quiet,
            "markdown.code": style("code"),
            "markdown.hr": quiet,
            "markdown.item.bullet": quiet,
            "markdown.item.number": quiet,
            "markdown.link": link,
            "markdown.link_url": quiet,
            "markdown.table.border": quiet,
            "markdown.table.header": heading,
        }
        return _Look(styles, "ansi_dark" if self.app.current_theme.dark else "ansi_light")

    # Painting

    def render_line(self, y: int) -> Strip:
        """The line `y` of the view."""
        row = self._top + y
        style = self.rich_style
        if row >= len(self._rows):
            return Strip.blank(self.size.width, style)
        left, width = round(self.scroll_x), self.scrollable_content_region.width
        strip = (
            self._strips[row] if row < len(self._strips) else self._plain_strip(row, left + width)
        )
        for part in self._hits.parts.get(row, ()):
            current = "-current" if part.hit == self._hit else ""
            start = cell_len(self._rows[row][: part.start])
            end = cell_len(self._rows[row][: part.end].rstrip("\n"))
            strip = _highlighted(
                strip, start, end, self.get_component_rich_style(f"reader--hit{current}")
            )
        return strip.crop(left, left + width).extend_cell_length(width).apply_style(style)

    def _plain_strip(self, row: int, width: int) -> Strip:
        words = self._rows[row][: width * cells.CHARACTERS_PER_CELL].rstrip("\n")
        return Strip([Segment(words)] if words else [])


def _words(strip: Strip) -> str:
    return f"{strip.text.rstrip()}\n"


def _highlighted(strip: Strip, start: int, end: int, style: Style) -> Strip:
    hit = Strip(
        [
            Segment(segment.text, (segment.style or style) + style)
            for segment in strip.crop(start, end)
        ]
    )
    return Strip.join([strip.crop(0, start), hit, strip.crop(end)])
