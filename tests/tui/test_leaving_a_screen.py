"""Leaving a screen whose work is not over yet."""

from __future__ import annotations

from asyncio import Event, sleep
from typing import TYPE_CHECKING

import pytest
from textual import work
from textual.screen import Screen
from textual.widgets import Static

from wellspring_tui.tui.screens.base import DashboardScreen, DialogScreen

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager

    from textual.app import ComposeResult

    from tests.tui.conftest import Hand


class _Slow(Static):
    """A widget that takes a while to go."""

    def __init__(self, going: Event) -> None:
        super().__init__("a slow one")
        self._going = going

    async def on_unmount(self) -> None:
        self._going.set()
        for _ in range(20):
            await sleep(0)


class _Work(Screen[None]):
    """Work that comes to its end just as the widgets of its screen go."""

    def __init__(self) -> None:
        super().__init__()
        self.going = Event()
        self.told: list[str] = []

    def compose(self) -> ComposeResult:
        yield Static("nothing yet", id="told")
        yield _Slow(self.going)

    def on_mount(self) -> None:
        self._tell()

    @work
    async def _tell(self) -> None:
        await self.going.wait()
        for _ in range(5):
            await sleep(0)
        self.query_one("#told", Static).update("done")
        self.told.append("done")


class _BusyScreen(_Work, DashboardScreen[None]): ...


class _BusyDialog(_Work, DialogScreen[None]): ...


@pytest.mark.parametrize("kind", [_BusyScreen, _BusyDialog])
async def test_work_ends_before_the_widgets_that_it_would_tell(
    open_dashboard: Callable[..., AbstractAsyncContextManager[Hand]], kind: type[_Work]
) -> None:
    async with open_dashboard() as hand:
        busy = kind()
        await hand.app.push_screen(busy)
        await hand.until_shown("a slow one")
        busy.dismiss()
        await hand.until_on("JobsScreen")
        await busy.going.wait()
        assert not busy.told
