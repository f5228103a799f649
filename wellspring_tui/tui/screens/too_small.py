"""What stands in a terminal that is too small for anything else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.widgets import Static

from wellspring_tui.tui.screens.base import DialogScreen

if TYPE_CHECKING:
    from textual.app import ComposeResult

LEAST_WIDTH, LEAST_HEIGHT = 60, 15


class TooSmallScreen(DialogScreen[None]):
    """Covers whatever is open until the terminal is larger again; nothing of it is lost."""

    CSS_PATH = "dialogs.tcss"

    def compose(self) -> ComposeResult:
        """What to do about it."""
        yield Static(f"The terminal is too small.\nMake it {LEAST_WIDTH}x{LEAST_HEIGHT} or larger.")
