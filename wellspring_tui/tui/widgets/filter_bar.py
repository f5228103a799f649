"""The line one types a filter in; what it filters follows while one types."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input, Static

if TYPE_CHECKING:
    from textual.app import ComposeResult


class _Line(Input):
    """The field; arrows move the cursor of what is filtered."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", "Keep the filter"),
        Binding("escape", "move_off", "Clear it", key_display="esc"),
        Binding("up", "move_by(-1)", "Up", show=False),
        Binding("down", "move_by(1)", "Down", show=False),
    ]

    def action_move_off(self) -> None:
        """Leave without a filter."""
        self.post_message(FilterBar.Left())

    def action_move_by(self, rows: int) -> None:
        """Move in what is filtered."""
        self.post_message(FilterBar.Moved(rows))


class FilterBar(Horizontal):
    """`/ words  3 of 41`; hidden until it is opened."""

    DEFAULT_CSS = """
    FilterBar {
        height: 1;
        padding: 0 1;
        background: $boost;

        #filter-sign { width: 2; color: $text-accent; text-style: bold; }
        #filter { width: 1fr; }
        #filter-count { width: auto; color: $text-muted; }
    }
    """

    class Changed(Message):
        """Another text was typed."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Kept(Message):
        """Enter: the filter stays."""

    class Left(Message):
        """Esc: no filter after all."""

    class Moved(Message):
        """An arrow was pressed."""

        def __init__(self, rows: int) -> None:
            super().__init__()
            self.rows = rows

    def __init__(self, hint: str, *, id: str) -> None:  # noqa: A002 (Textual's own word)
        """`hint` stands in the empty field."""
        super().__init__(id=id)
        self._hint = hint
        self._text = ""
        self.display = False

    def compose(self) -> ComposeResult:
        """A sign, the field, the count."""
        yield Static("/", id="filter-sign")
        yield _Line(id="filter", placeholder=self._hint, compact=True)
        yield Static(id="filter-count", markup=False)

    def open(self) -> None:
        """Let one type."""
        self.display = True
        self.query_one("#filter", Input).focus()

    def close(self) -> None:
        """Hide it; the text stays for the next time."""
        self.display = False

    def set_text(self, text: str) -> None:
        """Put a text in the field that is applied already."""
        self._text = text
        self.query_one("#filter", Input).value = text

    def count(self, words: str) -> None:
        """Say how many are found."""
        self.query_one("#filter-count", Static).update(words)

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        text = event.value.strip()
        if text != self._text:
            self._text = text
            self.post_message(self.Changed(text))

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.post_message(self.Kept())
