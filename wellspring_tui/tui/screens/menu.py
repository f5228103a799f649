"""A small menu: one key for each choice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from wellspring_tui.tui.screens.base import DialogScreen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual import events
    from textual.app import ComposeResult


@dataclass(frozen=True, slots=True)
class Choice:
    """One line of a menu."""

    key: str
    """The letter that chooses it."""
    label: str


class MenuScreen(DialogScreen[str | None]):
    """Asks for one of a few things; gives its key, or None."""

    CSS_PATH = ["dialogs.tcss", "results_dialogs.tcss"]  # noqa: RUF012 (as Textual types it)

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss(None)", "Close", show=False),
        Binding("j", "move(1)", "Down", show=False),
        Binding("k", "move(-1)", "Up", show=False),
    ]

    def __init__(self, title: str, choices: Sequence[Choice]) -> None:
        """The keys must not be `j`, `k` or `q`."""
        super().__init__()
        self._title = title
        self._choices = {choice.key: choice for choice in choices}

    def compose(self) -> ComposeResult:
        """The choices under their title."""
        with Vertical(classes="dialog menu"):
            yield Static(self._title, classes="dialog--title", markup=False)
            yield OptionList(
                *(
                    Option(
                        Content.assemble((choice.key, "bold $text-accent"), f"  {choice.label}"),
                        id=choice.key,
                    )
                    for choice in self._choices.values()
                ),
                compact=True,
            )

    def action_move(self, rows: int) -> None:
        """Move as the arrows do."""
        options = self.query_one(OptionList)
        if rows > 0:
            options.action_cursor_down()
        else:
            options.action_cursor_up()

    def on_key(self, event: events.Key) -> None:
        """A letter chooses at once."""
        if event.character in self._choices:
            event.stop()
            self.dismiss(event.character)

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(event.option_id)
