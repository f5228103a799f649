"""A question with a safe answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal, TypeAlias

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Static

from wellspring_tui.tui.carrier import in_thread
from wellspring_tui.tui.screens.base import DialogScreen

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import ComposeResult

Choice: TypeAlias = Literal["", "yes", "now"]
"""Nothing is no."""


class ConfirmScreen(DialogScreen[Choice]):
    """Asks before something that can't be undone; the answer at hand is no."""

    CSS_PATH = "dialogs.tcss"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer('yes')", "Yes", show=False),
        Binding("t", "answer('now')", "In real time", show=False),
        Binding("n,escape,q", "answer('')", "No", show=False),
        Binding("right", "app.focus_next", "The next button", show=False),
        Binding("left", "app.focus_previous", "The button before", show=False),
    ]

    def __init__(
        self,
        question: str,
        consequence: str,
        *,
        no: str,
        yes: str | None = None,
        now: str | None = None,
        price: Callable[[], str] | None = None,
    ) -> None:
        """What the buttons say; `yes` and `now` are there as far as they are offered.

        `price` says what it costs; that may take a while, and the question can be answered before.
        """
        super().__init__()
        self._question = question
        self._consequence = consequence
        self._no = no
        self._price = price
        self._offered = {"yes": (yes, "y"), "now": (now, "t")}

    def compose(self) -> ComposeResult:
        """The question, what it means, and the buttons."""
        with Vertical(classes="dialog"):
            yield Static(self._question, classes="dialog--title", markup=False)
            yield Static(self._consequence, markup=False)
            if self._price is not None:
                yield Static("What it costs is being counted…", id="price", markup=False)
            with Horizontal(classes="dialog--buttons"):
                yield Button(f"{self._no} (n)", id="no", variant="primary")
                for choice, (says, key) in self._offered.items():
                    if says is not None:
                        yield Button(f"{says} ({key})", id=choice, variant="error")

    def on_mount(self) -> None:
        """The safe button has the focus."""
        self.query_one("#no", Button).focus()
        if self._price is not None:
            self.run_worker(self._tell_price(self._price))

    async def _tell_price(self, price: Callable[[], str]) -> None:
        self.query_one("#price", Static).update(await in_thread(price))

    @on(Button.Pressed, "#no")
    def _refused(self) -> None:
        self.dismiss("")

    @on(Button.Pressed, "#yes")
    def _agreed(self) -> None:
        self.dismiss("yes")

    @on(Button.Pressed, "#now")
    def _agreed_now(self) -> None:
        self.dismiss("now")

    def action_answer(self, choice: Choice) -> None:
        """Answer by key; what is not offered is no answer."""
        if not choice or self._offered[choice][0] is not None:
            self.dismiss(choice)
