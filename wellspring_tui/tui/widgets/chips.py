"""Chips: short words on one line that tell what is set, and can be clicked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from wellspring_tui.text import one_line

if TYPE_CHECKING:
    from textual import events
    from textual.geometry import Size


class Chip(Widget):
    """One chip; without words it takes no room."""

    DEFAULT_CSS = """
    Chip {
        width: auto;
        height: 1;
        max-width: 60%;
        padding: 0 1;
        margin: 0 1 0 0;
        color: $text-accent;
        background: $boost;

        &:hover { text-style: underline; }
        &:ansi { text-style: bold; }
    }
    """

    class Pressed(Message):
        """The chip was clicked."""

        def __init__(self, chip: Chip) -> None:
            super().__init__()
            self.chip = chip

        @property
        def control(self) -> Chip:
            """The chip."""
            return self.chip

    def __init__(self, *, id: str, tooltip: str | None = None) -> None:  # noqa: A002 (Textual's)
        super().__init__(id=id)
        self._words = ""
        self.display = False
        if tooltip is not None:
            self.tooltip = tooltip

    @property
    def words(self) -> str:
        """What it says."""
        return self._words

    def say(self, words: str) -> None:
        """Show other words, from wherever they come; none hides it."""
        words = one_line(words)
        if words == self._words:
            return
        self._words = words
        self.display = bool(words)
        self.refresh(layout=True)

    def get_content_width(self, container: Size, viewport: Size) -> int:  # noqa: ARG002
        """As wide as its words."""
        return cell_len(self._words)

    def render(self) -> Content:
        """The words."""
        return Content(self._words).truncate(max(1, self.size.width), ellipsis=True)

    def on_click(self, event: events.Click) -> None:
        """Tell that it was clicked."""
        event.stop()
        self.post_message(self.Pressed(self))
