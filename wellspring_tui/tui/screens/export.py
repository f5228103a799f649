"""Where to write the results of a job; an existing file is never replaced unasked."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Static

if TYPE_CHECKING:
    from textual.app import ComposeResult


class ExportScreen(ModalScreen[Path | None]):
    """Asks for a path."""

    CSS_PATH = "dialogs.tcss"

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
            yield Static("Export the results as JSON", classes="dialog--title")
            yield Input(str(self._proposed), id="export-path", select_on_focus=False)
            yield Static(id="export-says", markup=False)
            with Horizontal(classes="dialog--buttons"):
                yield Button("Cancel (Esc)", id="cancel")
                yield Button("Write (Enter)", id="write", variant="primary")

    @on(Button.Pressed, "#cancel")
    def _cancelled(self) -> None:
        self.dismiss(None)

    @on(Input.Changed)
    def _changed(self) -> None:
        self._replace = None
        self.query_one("#export-says", Static).update("")

    @on(Input.Submitted)
    @on(Button.Pressed, "#write")
    def _wanted(self) -> None:
        path = Path(self.query_one(Input).value.strip()).expanduser()
        says = self.query_one("#export-says", Static)
        if path.is_dir():
            says.update("This is a folder; add a file name.")
        elif not path.parent.is_dir():
            says.update("The folder does not exist.")
        elif path.exists() and self._replace != path:
            self._replace = path
            says.update("The file exists. Press Enter again to replace it.")
        else:
            self.dismiss(path)
