"""What all screens of the dashboard share."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from textual import on
from textual.messages import Prune
from textual.screen import ModalScreen, Screen

from wellspring_tui.tui.widgets.top_bar import TopBar

if TYPE_CHECKING:
    from wellspring_tui.tui.app import WellspringApp
    from wellspring_tui.tui.messages import JobsRefreshed
    from wellspring_tui.wellspring import Wellspring

T = TypeVar("T")


class _WorkingScreen(Screen[T]):
    """A screen that work may be under way for."""

    @on(Prune)
    def _end_work(self) -> None:
        """Being left ends the screen's work before its widgets are taken away.

        Textual ends it only afterwards: work that came to its end in between would look for
        widgets that are gone.
        """
        for node in self.walk_children(with_self=True):
            self.workers.cancel_node(node)


class DialogScreen(ModalScreen[T], _WorkingScreen[T]):
    """A dialog on top of a screen."""


class DashboardScreen(_WorkingScreen[T]):
    """A screen of the dashboard: it knows the one door and the carrier."""

    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (110, "-wide")]  # noqa: RUF012 (as Textual types it)
    VERTICAL_BREAKPOINTS = [(0, "-short"), (36, "-tall")]  # noqa: RUF012

    @property
    def dashboard(self) -> WellspringApp:
        """The app, as what it is."""
        from wellspring_tui.tui.app import WellspringApp

        assert isinstance(self.app, WellspringApp)
        return self.app

    @property
    def door(self) -> Wellspring:
        """The one door to everything inside."""
        return self.dashboard.door

    def jobs_refreshed(self, message: JobsRefreshed) -> None:
        """A round over the jobs ended; a screen that shows one of them says what that changes."""

    @property
    def shown_job_id(self) -> str | None:
        """The job that this screen is about; None when it is about all or none."""
        return None

    def top_bar(self, place: str) -> TopBar:
        """The line on top, fed by the carrier."""
        carrier = self.dashboard.carrier
        note = "read only" if self.door.settings.read_only else ""
        return TopBar(place, lambda: (carrier.activity, carrier.doing), self.dashboard.clock, note)
