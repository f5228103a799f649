"""The list beside a text: a table from which the text is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType

from wellspring_tui.tui.widgets.table import Table

if TYPE_CHECKING:
    from collections.abc import Iterable

_TAKEN = ("enter", "space", "a")


def _of_table() -> Iterable[BindingType]:
    """The table's keys without those for marks: nothing is marked here."""
    return (
        binding
        for binding in Table.BINDINGS
        if isinstance(binding, Binding) and binding.key not in _TAKEN
    )


class ReadingList(Table, inherit_bindings=False):
    """A table whose rows are read and not marked; its screen scrolls the text."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *_of_table(),
        Binding("enter", "open", "Read"),
        Binding("space", "screen.scroll_text(1)", "Page down in the text", show=False),
        Binding("b", "screen.scroll_text(-1)", "Page up in the text", show=False),
    ]
