"""The settings screen: what is set and why, changed in place, acting at once where it can."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

import pytest

from wellspring_tui.config.changing import change
from wellspring_tui.tui.screens.logs import LogsScreen
from wellspring_tui.tui.screens.settings import SettingsScreen, ValueField
from wellspring_tui.tui.widgets.table import Table

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from tests.tui.conftest import Hand

    Open = Callable[..., AbstractAsyncContextManager[Hand]]

KEY = "sk-proj-0123456789abcdefWXYZ"


async def go_to(hand: Hand, key: str) -> None:
    """Open the settings and put the cursor on one of them."""
    if not isinstance(hand.app.screen, SettingsScreen):
        await hand.press("comma")
        await hand.until_on("SettingsScreen")
    table = hand.table("#settings")
    await hand.until(lambda: table.row_count > 0, "the settings")
    await hand.pilot.pause()
    assert table.move_to(key)
    await hand.pilot.pause()


def said(hand: Hand) -> str:
    """The line that tells what came of a change."""
    return str(hand.app.screen.query_one("#said").render())


def config_of(home: Path) -> dict[str, object]:
    return tomllib.loads((home / "config.toml").read_text())


@pytest.mark.parametrize("size", [(80, 24), (160, 50)])
async def test_every_setting_is_shown_with_its_origin(
    open_dashboard: Open, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    async with open_dashboard(size) as hand:
        await hand.press("comma")
        await hand.until_shown("flag --service")
        assert "Where jobs go" in hand.text
        assert "gpt-4o-mini" in hand.text or size == (80, 24)


async def test_a_key_is_never_shown_whole_and_can_t_be_changed_here(
    open_dashboard: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_dashboard(environment={"OPENAI_API_KEY": KEY}) as hand:
        await go_to(hand, "services.openai.key")
        await hand.until_shown("…WXYZ")
        assert KEY not in hand.text
        await hand.press("enter")
        assert "OPENAI_API_KEY in the environment or in .env" in said(hand)
        assert not hand.app.screen.query_one("#edit-bar").display


async def test_a_value_is_typed_checked_and_acts_at_once(open_dashboard: Open, home: Path) -> None:
    async with open_dashboard() as hand:
        await go_to(hand, "check_interval")
        await hand.press("enter")
        assert hand.app.screen.query_one(ValueField).value == "60"
        await hand.press("ctrl+u")
        await hand.type("soon")
        await hand.press("enter")
        await hand.until(lambda: "expected a number, found “soon”" in said(hand), "the refusal")
        assert not (home / "config.toml").exists()

        await hand.press("ctrl+u")
        await hand.type("30")
        await hand.press("enter")
        await hand.until(lambda: "check_interval is 30 now." in said(hand), "the change")
        assert hand.app.door.settings.check_interval_seconds == 30
        assert config_of(home) == {"check_interval": 30}
        assert hand.table("#settings").cursor_key == "check_interval"

        await hand.press("d")
        await hand.until(lambda: "check_interval is 60 now." in said(hand), "the default")
        assert config_of(home) == {}


async def test_new_jobs_take_changed_defaults(open_dashboard: Open) -> None:
    async with open_dashboard() as hand:
        await go_to(hand, "requests.model")
        await hand.press("enter", "ctrl+u")
        await hand.type("o3")
        await hand.press("enter")
        await hand.until(lambda: "requests.model is o3 now." in said(hand), "the change")
        assert hand.app.door.request_options().model == "o3"


async def test_what_is_on_or_off_is_turned_round_by_enter(open_dashboard: Open) -> None:
    async with open_dashboard() as hand:
        await go_to(hand, "notices.bell")
        await hand.press("enter")
        await hand.until(lambda: "notices.bell is false now." in said(hand), "the change")
        assert not hand.app.door.settings.notices.bell
        await hand.press("enter")
        await hand.until(lambda: "notices.bell is true now." in said(hand), "the change back")


async def test_a_theme_is_tried_with_the_arrows_and_taken_or_not(
    open_dashboard: Open, home: Path
) -> None:
    async with open_dashboard() as hand:
        await go_to(hand, "theme")
        await hand.press("enter", "down")
        assert hand.app.theme == "textual-light"
        await hand.press("escape")
        assert hand.app.theme == "textual-dark"
        assert not (home / "config.toml").exists()

        await hand.press("enter", "up", "enter")
        await hand.until(lambda: "theme is high-contrast now." in said(hand), "the change")
        assert hand.app.theme == "high-contrast"
        assert config_of(home) == {"theme": "high-contrast"}


async def test_a_theme_chosen_in_the_palette_is_remembered(
    open_dashboard: Open, home: Path
) -> None:
    async with open_dashboard() as hand:
        hand.app.theme = "nord"  # as the palette does
        await hand.until((home / "config.toml").exists, "the theme in the file")
        assert config_of(home) == {"theme": "nord"}
    async with open_dashboard(theme="dracula") as hand:
        assert hand.app.theme == "dracula"
        await hand.pilot.pause(0.2)
        assert config_of(home) == {"theme": "nord"}  # a start writes nothing


async def test_what_waits_for_the_next_start_says_so(open_dashboard: Open) -> None:
    async with open_dashboard() as hand:
        await go_to(hand, "pace")
        assert "acts from the next start" in hand.text
        await hand.press("enter", "ctrl+u")
        await hand.type("3")
        await hand.press("enter")
        await hand.until(lambda: "pace is 3 from the next start." in said(hand), "the change")
        assert hand.app.door.settings.pace_seconds == 0


async def test_several_values_are_shown_and_edited_with_commas_between(
    open_dashboard: Open, home: Path
) -> None:
    async with open_dashboard() as hand:
        change(hand.app.door.settings, "services.local.windows", "24h,24h")
        await go_to(hand, "services.local.windows")
        await hand.until_shown("24h, 24h")
        await hand.press("enter")
        assert hand.app.screen.query_one(ValueField).value == "24h, 24h"
        await hand.press("ctrl+u")
        await hand.type("7d,24h")
        await hand.press("enter")
        await hand.until(lambda: "the shortest window, a comma" in said(hand), "the refusal")
        await hand.press("ctrl+u")
        await hand.type("24h,7d")
        await hand.press("enter")
        await hand.until(lambda: "is 24h, 7d from the next start" in said(hand), "the change")
    assert config_of(home) == {"services": {"local": {"windows": ["24h", "7d"]}}}


async def test_what_a_flag_overrides_says_so(open_dashboard: Open) -> None:
    async with open_dashboard() as hand:
        await go_to(hand, "service")
        assert "the flag --service decides: local" in hand.text
        await hand.press("enter", "ctrl+u")
        await hand.type("openai")
        await hand.press("enter")
        await hand.until(lambda: "But the flag --service says local." in said(hand), "the change")


async def test_read_only_settings_stay_as_they_are(open_dashboard: Open, home: Path) -> None:
    async with open_dashboard(read_only=True) as hand:
        assert "■ read only" in hand.text
        await go_to(hand, "notices.bell")
        await hand.press("enter")
        assert "open read only" in said(hand)
        hand.app.theme = "nord"
        await hand.pilot.pause(0.2)
        assert not (home / "config.toml").exists()


async def test_a_file_that_was_broken_meanwhile_is_told(open_dashboard: Open, home: Path) -> None:
    async with open_dashboard() as hand:
        await go_to(hand, "theme")
        (home / "config.toml").write_text("theme = \n")
        await hand.press("enter")
        await hand.type("nord")
        await hand.press("enter")
        await hand.until(lambda: "Mend that line" in said(hand), "the sentence")
        assert (home / "config.toml").read_text() == "theme = \n"


async def test_logs_and_settings_are_never_opened_twice(open_dashboard: Open) -> None:
    async with open_dashboard() as hand:
        for keys in ("l", "comma", "l", "l", "comma", "comma", "l"):
            await hand.press(keys)
            await hand.pilot.pause()
            stack = [type(screen) for screen in hand.app.screen_stack]
            assert stack.count(LogsScreen) <= 1
            assert stack.count(SettingsScreen) <= 1
        await hand.until_on("LogsScreen")
        await hand.press("escape")
        await hand.until_on("JobsScreen")


async def test_a_dialog_keeps_the_keys_to_itself(open_dashboard: Open) -> None:
    async with open_dashboard() as hand:
        await hand.press("question_mark")
        await hand.until_on("HelpScreen")
        await hand.press("l", "comma")
        assert type(hand.app.screen).__name__ == "HelpScreen"


async def test_the_settings_fit_a_narrow_screen(open_dashboard: Open) -> None:
    async with open_dashboard((80, 24)) as hand:
        await go_to(hand, "notices.command")
        assert hand.app.screen.query_one(Table).size.height > 10
        assert "without a shell" in hand.text
