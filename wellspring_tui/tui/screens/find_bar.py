"""The line over the answers: which of them are listed, and the words one searches for."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Static

if TYPE_CHECKING:
    from textual import events
    from textual.app import ComposeResult

    from wellspring_tui.answers.searching import Where


class _Words(Input):
    """The words one searches for."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,down", "walk(1)", "Next hit", key_display="⏎"),
        Binding("up", "walk(-1)", "Hit before"),
    ]

    def action_walk(self, step: int) -> None:
        """Ask for the next place found, or the one before."""
        self.post_message(FindBar.Walked(step))


class FindBar(Horizontal):
    """Shown while there is a filter or a search."""

    class Asked(Message):
        """The words were changed; empty when there are none any more."""

        def __init__(self, words: str) -> None:
            super().__init__()
            self.words = words

    class Walked(Message):
        """The person wants the next place found, or the one before: `step` 1 or -1."""

        def __init__(self, step: int) -> None:
            super().__init__()
            self.step = step

    class FilterPressed(Message):
        """The words that name the filter were clicked."""

    def __init__(self) -> None:
        super().__init__()
        self._chip = Static(id="chip")
        self._words = _Words(id="find", compact=True)
        self._count = Static(id="find-count")

    def compose(self) -> ComposeResult:
        """The filter, a field, how much was found."""
        yield self._chip
        yield Static("/", id="find-sign")
        yield self._words
        yield self._count

    @property
    def is_open(self) -> bool:
        """Whether there is a field to type in."""
        return self.has_class("-open")

    def open(self, where: Where) -> None:
        """Show the field and go to it; `where` one searches."""
        self._words.placeholder = f"search all {where}"
        self.add_class("-open")
        # At once: with `focus()` the next letters typed would still be keys of the screen.
        self.screen.set_focus(self._words)

    def close(self) -> None:
        """Take the words away, and the field."""
        with self.prevent(Input.Changed):
            self._words.value = ""
        self.remove_class("-open")
        self.tell(Content(""))

    def tell(self, count: Content) -> None:
        """Say how much was found."""
        self._count.update(count)

    def say_filter(self, chip: Content | None) -> None:
        """Say which answers are listed; None when all are."""
        self.set_class(chip is not None, "-filtered")
        self._chip.update(chip or Content(""))

    def on_click(self, event: events.Click) -> None:
        """A click on the filter asks for the next one."""
        if event.widget is self._chip:
            self.post_message(self.FilterPressed())

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        self.post_message(self.Asked(event.value))
