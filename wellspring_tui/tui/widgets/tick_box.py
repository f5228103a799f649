"""A box to tick."""

from __future__ import annotations

from textual.widgets import Checkbox


class TickBox(Checkbox):
    """A box that is empty until it is ticked; Textual's own tells its states by colour alone."""

    BUTTON_INNER = " "

    def watch_value(self) -> None:
        """Tick it, or take the tick away."""
        self.BUTTON_INNER = "X" if self.value else " "
        super().watch_value()
