"""A key in the system's keyring is as good as one in the environment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import keyring
import pytest

from tests.support.file_keyring import FileKeyring
from wellspring_tui.keychain import Keychain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from tests.tui.conftest import Hand

    Open = Callable[..., AbstractAsyncContextManager[Hand]]

KEY = "sk-proj-0123456789abcdefWXYZ"


@pytest.fixture(autouse=True)
def _keyring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A keyring with a key for openai."""
    monkeypatch.setenv("TEST_KEYRING", str(tmp_path / "keyring.json"))
    before = keyring.get_keyring()
    keyring.set_keyring(FileKeyring())
    Keychain().keep("openai", KEY)
    yield
    keyring.set_keyring(before)


async def test_who_has_a_key_in_the_keyring_is_not_welcomed(
    open_dashboard: Open, home: Path
) -> None:
    async with open_dashboard(service="openai") as hand:
        await hand.until(lambda: hand.app.carrier.activity.next_at is not None, "a round")
        await hand.until(lambda: hand.app.door.settings.keychain.known == (KEY,), "the key")
        await hand.pilot.pause(0.2)
        assert type(hand.app.screen).__name__ == "JobsScreen"
        assert "No jobs yet. Press n to choose a prompts file." in hand.text
        assert not (home / "welcomed").exists()


async def test_the_settings_tell_that_the_key_is_there(open_dashboard: Open) -> None:
    async with open_dashboard((160, 50)) as hand:
        await hand.press("comma")
        await hand.until_shown("…WXYZ")
        row = next(line for line in hand.text.split("\n") if "…WXYZ" in line)
        assert "keyring" in row
        assert KEY not in hand.text
