"""The terminal's title: what runs, for whoever looks at another window."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from wellspring_tui.tui import terminal

if TYPE_CHECKING:
    from textual.app import App

    from wellspring_tui.jobs.open_jobs import UnderWay

_NAME = "Wellspring"
_MOST_OF_A_NAME = 40


def words(now: UnderWay) -> str:
    """`Wellspring · 2 running · garden-handbook 45 %`."""
    job = now.newest
    if job is None:
        return _NAME
    name = job.name if len(job.name) <= _MOST_OF_A_NAME else f"{job.name[: _MOST_OF_A_NAME - 1]}…"
    share = (job.completed + job.failed) * 100 // max(1, job.requests)
    return f"{_NAME} · {now.count:,} running · {name} {share} %"


class TerminalTitle:
    """Sets the title while the dashboard is open; what it was before comes back."""

    def __init__(self, app: App[Any]) -> None:
        self._app = app
        self._shown: str | None = None
        self._wanted = _NAME
        self._heard = terminal.understands(os.environ)

    def show(self, now: UnderWay) -> None:
        """Set what runs as the title, unless that is there already."""
        self._wanted = words(now)
        if self._shown is not None:
            self._write()

    def take(self) -> None:
        """Keep the title that is there and set ours: at the start, and after a pause."""
        if self._heard and self._shown is None:
            terminal.write(self._app, terminal.KEEP_TITLE)
            self._write()

    def give_back(self) -> None:
        """Bring the title back that was there before."""
        if self._shown is not None:
            self._shown = None
            terminal.write(self._app, terminal.BRING_TITLE_BACK)

    def _write(self) -> None:
        if self._shown != self._wanted:
            self._shown = self._wanted
            terminal.write(self._app, terminal.title(self._wanted))
