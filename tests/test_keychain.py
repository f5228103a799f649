"""Keys in the system's keyring: asked for late and once, and never told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import keyring
import pytest

from tests.support.file_keyring import LOCKED, FileKeyring
from wellspring_tui.channels import profile_of, real_time_channel
from wellspring_tui.errors import CredentialsError
from wellspring_tui.keychain import Keychain
from wellspring_tui.log_file import Redaction
from wellspring_tui.rest.discretion import Discretion
from wellspring_tui.rest.roots import Roots
from wellspring_tui.settings import load_settings, reread

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from wellspring_tui.settings import Settings

KEY = "Marker/4711+0815$and^nothing=like.others"


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The file of a keyring with a key for openai."""
    path = tmp_path / "keyring.json"
    monkeypatch.setenv("TEST_KEYRING", str(path))
    before = keyring.get_keyring()
    keyring.set_keyring(FileKeyring())
    Keychain().keep("openai", KEY)
    yield path
    keyring.set_keyring(before)


@pytest.fixture
def openai(file: Path, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings for somebody whose key is there."""
    monkeypatch.chdir(tmp_path)
    return load_settings(home=home, service="openai")


def test_a_key_is_asked_for_once(file: Path, openai: Settings) -> None:
    assert not openai.keychain.known
    assert openai.key(openai.profile()) == KEY
    file.unlink()
    assert openai.key(openai.profile()) == KEY
    assert openai.origin("services.openai.key").words == "the keyring"
    assert reread(openai).key(openai.profile()) == KEY
    assert KEY not in repr(openai)
    assert openai.keychain.known == (KEY,)


def test_a_key_found_late_is_taken_out_of_what_was_prepared_before(
    openai: Settings, tmp_path: Path
) -> None:
    redaction = Redaction.of(openai)
    discretion = Discretion(openai, Roots([tmp_path]))
    assert openai.has_key(openai.profile())

    assert redaction(f"you sent {KEY}, or so") == "you sent [key], or so"
    assert KEY not in discretion.text(f"you sent {KEY}, or so")


def test_a_key_in_the_environment_leaves_the_keyring_alone(
    file: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text(LOCKED)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-the-environment")
    settings = load_settings(home=home, service="openai")
    assert settings.key(settings.profile()) == "sk-of-the-environment"
    assert settings.origin("services.openai.key").name == "OPENAI_API_KEY"
    assert settings.keychain.trouble is None


def test_a_locked_keyring_is_named_where_a_key_is_missed(file: Path, openai: Settings) -> None:
    file.write_text(LOCKED)
    assert not openai.has_key(openai.profile())
    with pytest.raises(CredentialsError, match=r"KeyringLocked: nobody unlocked it"):
        openai.key(openai.profile())


def test_a_closed_one_holds_nothing(file: Path) -> None:
    assert Keychain(closed=True).key("openai") is None


def test_the_same_key_is_asked_for_in_real_time(openai: Settings) -> None:
    assert openai.key(profile_of(openai, real_time_channel("openai"))) == KEY


def test_nobody_is_asked_for_the_key_of_a_service_that_is_only_known(openai: Settings) -> None:
    Keychain().keep("groq", "sk-of-groq")
    openai.look_for_keys()
    assert openai.keychain.known == (KEY,)
    assert openai.key(openai.profile("groq")) == "sk-of-groq"


def test_a_service_whose_key_was_found_in_the_keyring_is_one_to_choose(openai: Settings) -> None:
    def names() -> list[str]:
        return [profile.name for profile in openai.in_use]

    Keychain().keep("groq", "sk-of-groq")
    assert names() == ["openai", "local"]
    assert openai.keychain.known == ()  # nobody was asked
    assert openai.has_key(openai.profile("groq"))
    assert names() == ["openai", "local", "groq"]
