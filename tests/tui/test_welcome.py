"""The first start without a key: calm, two ways to begin, and never again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wellspring_tui.wellspring import Wellspring

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from tests.tui.conftest import Hand

    Open = Callable[..., AbstractAsyncContextManager[Hand]]


async def test_without_a_key_the_sample_is_one_key_away(
    open_dashboard: Open, home: Path, folder: Path
) -> None:
    async with open_dashboard(service="openai") as hand:
        await hand.until_on("WelcomeScreen")
        assert "export OPENAI_API_KEY=…" in hand.text
        assert ".env" in hand.text
        assert hand.toasts == []

        await hand.press("enter")
        await hand.until_on("NewJobScreen")
        await hand.until_shown("9 in 3 sections")
        assert hand.table("#files").cursor_key == str(Wellspring.sample())
        await hand.press("enter")
        await hand.until_on("ReviewScreen")
        await hand.until_shown("Answers of the built-in service are simulated.")
        await hand.press("ctrl+s")
        await hand.until_on("JobsScreen")
        await hand.until_shown("● completed")


@pytest.mark.parametrize("size", [(80, 24), (160, 50)])
async def test_it_is_shown_once(open_dashboard: Open, size: tuple[int, int]) -> None:
    async with open_dashboard(size, service="openai") as hand:
        await hand.until_on("WelcomeScreen")
        await hand.press("escape")
        await hand.until_on("JobsScreen")
        assert "No jobs yet" in hand.text
        await hand.until(hand.app.door.settings.places.welcomed.exists, "the note of it")
        assert hand.app.door.settings.places.welcomed.stat().st_mode & 0o777 == 0o600
    async with open_dashboard(size, service="openai") as hand:
        await hand.until(lambda: hand.app.carrier.activity.next_at is not None, "a round")
        assert type(hand.app.screen).__name__ == "JobsScreen"


@pytest.mark.parametrize(
    "changes",
    [
        {"service": "local"},
        {"service": "openai", "environment": {"OPENAI_API_KEY": "sk-0123456789abcdef"}},
        {"service": "openai", "read_only": True},
        {"service": "openai", "demo": True},
    ],
    ids=["the built-in service", "a key", "read only", "the demo"],
)
async def test_who_has_what_it_takes_is_not_welcomed(
    open_dashboard: Open, home: Path, changes: dict[str, object]
) -> None:
    async with open_dashboard(**changes) as hand:
        await hand.until(lambda: hand.app.carrier.activity.next_at is not None, "a round")
        await hand.pilot.pause(0.2)
        assert type(hand.app.screen).__name__ == "JobsScreen"
        assert not (home / "welcomed").exists()


async def test_who_has_jobs_is_not_welcomed(
    open_dashboard: Open, wellspring: Wellspring, prompts_path: Path, home: Path
) -> None:
    wellspring.submit(prompts_path, wellspring.request_options())
    async with open_dashboard(service="openai") as hand:
        await hand.until_shown("● completed")
        assert type(hand.app.screen).__name__ == "JobsScreen"
