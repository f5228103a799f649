"""The line on top: where one is, what is going on, how fresh the numbers are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content
from textual.widget import Widget

from wellspring_tui import figures
from wellspring_tui.text import one_line
from wellspring_tui.tui.look import BAD, BUSY, QUIET, WARN

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from wellspring_tui.tui.carrier import Activity

    Doing = tuple[str, int, int | None] | None


class TopBar(Widget):
    """`Wellspring › Jobs` on the left, the freshness of the numbers on the right."""

    DEFAULT_CSS = """
    TopBar { height: 1; dock: top; padding: 0 1; background: $panel; }
    """

    def __init__(
        self,
        place: str,
        state: Callable[[], tuple[Activity, Doing]],
        clock: Callable[[], datetime],
        note: str = "",
    ) -> None:
        """`state` tells what the carrier is at; it is asked once a second.

        A `note` stands between the two, whatever the place.
        """
        super().__init__()
        self._note = note
        self._place = place
        self._state = state
        self._clock = clock

    def on_mount(self) -> None:
        """Count the seconds."""
        self.set_interval(1.0, self.refresh)

    def say(self, place: str) -> None:
        """Show another place."""
        self._place = place
        self.refresh()

    def render(self) -> Content:
        """The line, cut to the width: the place goes before the freshness does."""
        right = freshness(*self._state(), self._clock())
        if self._note:
            right = Content.assemble((f"■ {self._note}", WARN), (" · ", QUIET), right)
        room = max(0, self.size.width - right.cell_length - 2)
        place = Content.assemble(("Wellspring", "bold"), (" › ", QUIET), one_line(self._place))
        left = place.truncate(room, ellipsis=True, pad=True)
        return left + Content("  ") + right


def freshness(activity: Activity, doing: Doing, now: datetime) -> Content:
    """What is going on, how old the numbers are, and when they will be newer."""
    if doing is not None:
        what, done, total = doing
        share = f" {done * 100 // total} %" if total else ""
        return Content.styled(f"{what}{share}", BUSY)
    updated = (
        f"updated {figures.duration((now - activity.refreshed_at).total_seconds())} ago"
        if activity.refreshed_at is not None
        else "not updated yet"
    )
    if activity.troubles:
        then = _due("next try", activity.next_try_at, now)
        if activity.busy or activity.paused:
            then = "trying" if activity.busy else "paused"
        return Content.styled(_joined("▲ stale", updated, then), BAD)
    if activity.busy:
        return Content.styled(f"◐ {updated}", BUSY)
    if activity.paused:
        return Content.styled(_joined("▪ paused", updated), WARN)
    return Content.styled(_joined(updated, _due("next", activity.next_at, now)), QUIET)


def _due(what: str, moment: datetime | None, now: datetime) -> str:
    if moment is None:
        return ""
    return f"{what} in {figures.duration((moment - now).total_seconds())}"


def _joined(*facts: str) -> str:
    return " · ".join(fact for fact in facts if fact)
