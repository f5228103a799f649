"""Where to write the usage that is shown; an existing file is never replaced unasked."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Input, Static

from wellspring_tui.tui.screens.base import DialogScreen

if TYPE_CHECKING:
    from textual.app import ComposeResult


class UsageExportScreen(DialogScreen[Path | None]):
    """Asks for a path: one that ends in .csv gets CSV, any other JSON."""

    CSS_PATH = ["dialogs.tcss", "usage_export.tcss"]  # noqa: RUF012 (as Textual types it)

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Cancel", show=False),
    ]

    def __init__(self, proposed: Path) -> None:
        super().__init__()
        self._proposed = proposed
        self._replace: Path | None = None
        """The existing file that has been asked about."""

    def compose(self) -> ComposeResult:
        """A path, and what is in the way."""
        with Vertical(classes="dialog"):
            yield Static("Export the usage as CSV or JSON", classes="dialog--title")
            yield Input(str(self._proposed), id="usage-path", select_on_focus=False)
            yield Static(id="usage-says", markup=False)
            with Horizontal(classes="dialog--buttons"):
                yield Button("Cancel (Esc)", id="cancel")
                yield Button("Write (Enter)", id="write", variant="primary")

    @on(Button.Pressed, "#cancel")
    def _cancelled(self) -> None:
        self.dismiss(None)

    @on(Input.Changed)
    def _changed(self) -> None:
        self._replace = None
        self._say("The name's end decides: .csv or .json.")

    @on(Input.Submitted)
    @on(Button.Pressed, "#write")
    def _wanted(self) -> None:
        path = Path(self.query_one(Input).value.strip()).expanduser()
        if path.is_dir():
            self._say("This is a folder; add a file name.")
        elif not path.parent.is_dir():
            self._say("The folder does not exist.")
        elif path.exists() and self._replace != path:
            self._replace = path
            self._say("The file exists. Press Enter again to replace it.")
        else:
            self.dismiss(path)

    def _say(self, sentence: str) -> None:
        self.query_one("#usage-says", Static).update(sentence)
