"""The first start without a key: two ways to begin."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Button, Static

from wellspring_tui.private import create, writing
from wellspring_tui.tui import look
from wellspring_tui.tui.screens.base import DialogScreen

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from wellspring_tui.places import Places
    from wellspring_tui.service_profiles import ServiceProfile
    from wellspring_tui.wellspring import Wellspring


class WelcomeScreen(DialogScreen[bool]):
    """Offers the sample on the built-in service, and tells where a key goes. True: the sample."""

    CSS_PATH: ClassVar[list[str]] = ["dialogs.tcss", "welcome.tcss"]  # type: ignore[assignment]

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss(False)", "Look around", show=False),
        Binding("left,right", "app.focus_next", "The other button", show=False),
    ]

    def __init__(self, profile: ServiceProfile, answered_by: str) -> None:
        """`answered_by` tells who answers for the built-in service."""
        super().__init__()
        self._profile = profile
        self._answered_by = answered_by

    def compose(self) -> ComposeResult:
        """What there is to choose from."""
        name, variable = self._profile.name, self._profile.key_variable
        with Vertical(classes="dialog"):
            yield Static("Welcome to Wellspring", classes="dialog--title")
            yield Static(
                Content.assemble(
                    ("Try it without a key", "bold"),
                    "\nThe built-in service runs on this machine and costs nothing. It answers "
                    f"a sample of nine prompts with {self._answered_by}.",
                ),
                classes="welcome--way",
            )
            yield Static(
                Content.assemble(
                    (f"Or send jobs to {name}", "bold"),
                    "\nPut the API key into the environment and start again:\n",
                    (f"  export {variable}=…\n", look.BUSY),
                    f"or as a line {variable}=… into the file {look.path(Path.cwd() / '.env')}\n"
                    "or keep it in the system's keyring: wellspring config set-key",
                ),
                classes="welcome--way",
            )
            with Horizontal(classes="dialog--buttons"):
                yield Button("Look around (Esc)", id="look")
                yield Button("Try the sample (Enter)", id="try", variant="primary")

    def on_mount(self) -> None:
        """Enter tries the sample."""
        self.query_one("#try", Button).focus()

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        self.dismiss(event.button.id == "try")


def is_first_start(door: Wellspring) -> bool:
    """Whether somebody is here for the first time, with nothing to send jobs with."""
    settings = door.settings
    return not (
        settings.read_only
        or settings.has_key(settings.profile())
        or settings.places.welcomed.exists()
        or door.count_jobs()
    )


def remember(places: Places) -> None:
    """Let this have been the first start. Raises StorageError."""
    with writing(places.welcomed):
        create(places.welcomed).close()
