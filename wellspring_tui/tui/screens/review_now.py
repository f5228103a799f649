"""The switch of the review with which a few prompts need not wait for a batch."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from textual.containers import Horizontal
from textual.widgets import Label

from wellspring_tui import figures
from wellspring_tui.jobs.at_once import FEW_PROMPTS, has_real_time
from wellspring_tui.tui.widgets.tick_box import TickBox

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from wellspring_tui.tui.readings import Reading


class NowSwitch(Horizontal):
    """A box, with both prices beside it; not there where it makes no sense."""

    def __init__(self) -> None:
        super().__init__(id="now-field", classes="field")
        self.display = False
        self._box = TickBox("", id="now", compact=True)

    def compose(self) -> ComposeResult:
        """Label and box, as the fields have them."""
        yield Label("Answer now")
        yield self._box

    def offer_for(self, reading: Reading) -> None:
        """Offer it for a file of few prompts, with what that costs."""
        cost, found = reading.cost, reading.found
        self.display = (
            0 < found.prompts <= FEW_PROMPTS
            and not cost.free
            and has_real_time(found.endpoint or "")
        )
        now, batch = figures.money(cost.real_time), figures.money(cost.batch)
        self._box.label = f"in real time: ≈ {now} · as a batch ≈ {batch}"

    def toggle(self) -> None:
        """Tick the box, or take the tick away."""
        self._box.toggle()

    def applied_to(self, reading: Reading) -> Reading:
        """The same as it is sent with the switch as it stands."""
        now = self.display and self._box.value
        return replace(reading, cost=replace(reading.cost, now=now))
