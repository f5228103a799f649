"""Help: the keys of the screen one is on, taken from what is bound there now."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from wellspring_tui.tui import look
from wellspring_tui.tui.screens.base import DialogScreen
from wellspring_tui.tui.widgets.reader import Reader

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.screen import Screen


class HelpScreen(DialogScreen[None]):
    """Every key that does something on the screen behind."""

    CSS_PATH = "dialogs.tcss"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark,f1", "dismiss", "Close", show=False),
    ]

    def __init__(self, lines: list[Content]) -> None:
        super().__init__()
        self._lines = lines

    def compose(self) -> ComposeResult:
        """The list of keys."""
        with Vertical(classes="dialog"):
            yield Static("Keys on this screen · Esc closes", classes="dialog--title")
            yield Reader(id="keys")

    def on_mount(self) -> None:
        """Fill the list."""
        reader = self.query_one("#keys", Reader)
        reader.show_lines(self._lines)
        reader.focus()


def help_lines(screen: Screen[object]) -> list[Content]:
    """The live bindings of a screen: of the widget in focus, the screen and the app."""
    groups: dict[str, dict[str, list[str]]] = {}
    for active in screen.active_bindings.values():
        binding = active.binding
        if binding.system or not binding.description:
            continue
        name = type(active.node).__name__.removesuffix("Screen")
        owner = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).capitalize()
        owner = "Everywhere" if active.node is screen.app else owner
        key = screen.app.get_key_display(binding)
        groups.setdefault(owner, {}).setdefault(binding.description, []).append(key)
    lines: list[Content] = []
    for owner, keys in groups.items():
        lines += (
            [Content(""), Content.styled(owner, "bold $text-primary")]
            if lines
            else [Content.styled(owner, "bold $text-primary")]
        )
        for description, names in keys.items():
            lines.append(look.labelled("  ".join(names), description, width=22))
    return lines
