"""Dashboards to drive."""

from __future__ import annotations

import time
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from rich.cells import cell_len

from wellspring_tui.tui.app import WellspringApp
from wellspring_tui.tui.screens.jobs import JobsScreen
from wellspring_tui.tui.widgets.reader import Reader
from wellspring_tui.tui.widgets.table import Table
from wellspring_tui.wellspring import Wellspring

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from textual.pilot import Pilot

    from wellspring_tui.settings import Settings

_PATIENCE_SECONDS = 30.0


class Hand:
    """A person at a dashboard: presses keys, looks at what is there, waits until it is."""

    def __init__(self, pilot: Pilot[None], app: WellspringApp) -> None:
        self.pilot = pilot
        self.app = app

    async def press(self, *keys: str) -> None:
        """Press keys, and let the dashboard act on them."""
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def type(self, text: str) -> None:
        """Type text into the field in focus."""
        for letter in text:
            await self.pilot.press(_KEYS.get(letter, letter))
        await self.pilot.pause()

    async def until(self, seen: Callable[[], bool], what: str) -> None:
        """Wait until `seen`; a test that waits in vain fails, naming `what`."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not seen():
            assert time.monotonic() < deadline, (
                f"waited in vain for {what}; there was:\n{self.text}"
            )
            await self.pilot.pause(0.02)

    async def until_shown(self, words: str) -> None:
        """Wait until `words` stand somewhere on the screen."""
        await self.until(lambda: words in self.text, f"“{words}” to be shown")

    async def until_on(self, screen: str) -> None:
        """Wait until a screen is the one in front and has been laid out."""
        await self.until(lambda: type(self.app.screen).__name__ == screen, screen)
        await self.pilot.pause()

    async def click(self, words: str) -> None:
        """Click into the middle of `words` where they stand first on the screen."""
        await self.until_shown(words)
        lines = self.text.split("\n")
        row = next(row for row, line in enumerate(lines) if words in line)
        column = cell_len(lines[row].partition(words)[0])
        await self.pilot.click(offset=(column + cell_len(words) // 2, row))
        await self.pilot.pause()

    @property
    def text(self) -> str:
        """The screen as characters, line by line."""
        lines = self.app.screen._compositor.render_strips()
        return "\n".join(strip.text for strip in lines)

    @property
    def toasts(self) -> list[str]:
        """What the notifications say."""
        return [toast.message for toast in self.app._notifications]

    def table(self, selector: str) -> Table:
        """A table of the screen in front."""
        return self.app.screen.query_one(selector, Table)

    def reader(self, selector: str) -> Reader:
        """A reader of the screen in front."""
        return self.app.screen.query_one(selector, Reader)


_KEYS = {"/": "slash", ".": "full_stop", "-": "minus", "_": "underscore", " ": "space"}

Open = "Callable[..., AbstractAsyncContextManager[Hand]]"


@pytest.fixture
def open_dashboard(settings: Settings) -> Callable[..., AbstractAsyncContextManager[Hand]]:
    """Opens a dashboard on the test's home, as often as wanted."""

    @asynccontextmanager
    async def opening(
        size: tuple[int, int] = (80, 24), *, demo: bool = False, **changes: object
    ) -> AsyncIterator[Hand]:
        own = replace(settings, local_check_interval_seconds=0.1, **changes)  # type: ignore[arg-type]
        with Wellspring(own) as door:
            app = WellspringApp(door, demo=demo)
            async with app.run_test(size=size, notifications=True) as pilot:
                hand = Hand(pilot, app)
                # Another screen may lie on top already: the welcome of a first start.
                await hand.until(lambda: _has_jobs(app), "the jobs")
                await pilot.pause()
                yield hand

    return opening


def _has_jobs(app: WellspringApp) -> bool:
    return any(isinstance(screen, JobsScreen) for screen in app.screen_stack)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder the dashboard is started in."""
    path = tmp_path / "work"
    path.mkdir()
    monkeypatch.chdir(path)
    return path
