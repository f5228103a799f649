"""A terminal that is too small, and becomes larger again."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager

    from tests.tui.conftest import Hand


async def test_what_was_open_comes_back_when_the_terminal_is_large_enough(
    open_dashboard: Callable[..., AbstractAsyncContextManager[Hand]],
) -> None:
    async with open_dashboard(demo=True) as hand:
        await hand.press("n")
        await hand.until_on("NewJobScreen")
        await hand.pilot.resize_terminal(52, 12)
        await hand.until_on("TooSmallScreen")
        await hand.until_shown("Make it 60x15 or larger.")
        await hand.pilot.resize_terminal(50, 10)
        await hand.pilot.resize_terminal(60, 15)
        await hand.until_on("NewJobScreen")
        await hand.until_shown("garden-handbook.json")


async def test_a_dashboard_that_starts_small_opens_when_there_is_room(
    open_dashboard: Callable[..., AbstractAsyncContextManager[Hand]],
) -> None:
    async with open_dashboard() as hand:
        await hand.pilot.resize_terminal(40, 30)
        await hand.until_shown("The terminal is too small.")
        await hand.pilot.resize_terminal(80, 24)
        await hand.until_shown("No jobs yet")
