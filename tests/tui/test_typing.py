"""Whoever types on after a key that opens a field types into the field."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from textual import events
from textual.widgets import Input

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from tests.tui.conftest import Hand
    from wellspring_tui.wellspring import Wellspring

# Each of these letters is a key of one of the screens.
WORDS = "secondary"


@pytest.mark.parametrize("screen", ["JobsScreen", "ResultsScreen", "LogsScreen"])
async def test_letters_that_follow_the_slash_at_once_are_searched_for(
    open_dashboard: Callable[..., AbstractAsyncContextManager[Hand]],
    wellspring: Wellspring,
    prompts_path: Path,
    screen: str,
) -> None:
    job = wellspring.submit(prompts_path, wellspring.request_options())
    async with open_dashboard() as hand:
        await hand.until_shown("● completed")
        if screen == "ResultsScreen":
            hand.app.open_results(job.id)
        elif screen == "LogsScreen":
            await hand.press("l")
        await hand.until_on(screen)
        for letter in ("slash", *WORDS):
            hand.app.post_message(events.Key(letter, "/" if letter == "slash" else letter))
        await hand.until(
            lambda: getattr(hand.app.focused, "value", None) == WORDS, "the letters in the field"
        )
        assert isinstance(hand.app.focused, Input)
        await hand.until_on(screen)
