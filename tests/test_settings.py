"""Flags, then the environment, then `.env`, then `config.toml`."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from wellspring_tui.errors import CredentialsError, SettingsError
from wellspring_tui.settings import Settings, load_settings

ACME = """
[services.acme]
base_url = "https://acme.example/v1"
key_variable = "ACME_KEY"
max_requests = 5000
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with no settings in it, in a current folder with no `.env` in it."""
    path = tmp_path / "home"
    path.mkdir()
    monkeypatch.chdir(tmp_path)
    return path


def configured(home: Path, text: str) -> Settings:
    """Settings with this in `config.toml`."""
    (home / "config.toml").write_text(text)
    return load_settings(home=home)


def test_without_any_settings_openai_is_asked_once_a_minute(home: Path) -> None:
    settings = load_settings(home=home)
    profile = settings.profile()
    assert (profile.name, profile.base_url) == ("openai", "https://api.openai.com/v1")
    assert (profile.max_requests, profile.max_bytes) == (50_000, 200_000_000)
    assert settings.check_interval_seconds == 60
    assert settings.profile("local").is_local
    assert settings.places.ledger == home / "ledger.sqlite"


def test_a_limit_to_what_a_job_may_cost_is_kept_to_the_cent(home: Path) -> None:
    assert load_settings(home=home).max_cost is None
    assert configured(home, "max_cost = 0.1").max_cost == Decimal("0.1")
    assert configured(home, "max_cost = 5").max_cost == 5
    for senseless in ("-1", "nan", '"five"'):
        with pytest.raises(SettingsError, match="max_cost"):
            configured(home, f"max_cost = {senseless}")


def test_each_source_gives_way_to_the_one_before_it(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "config.toml").write_text(
        'service = "from-config"\ncheck_interval = 4\n'
        + "".join(
            f'[services.from-{name}]\nbase_url = "http://{name}"\n'
            for name in (*("config", "dotenv", "environment", "flag"),)
        )
    )
    assert load_settings(home=home).service == "from-config"
    assert load_settings(home=home).check_interval_seconds == 4
    Path(".env").write_text("WELLSPRING_SERVICE=from-dotenv\nBATCH_CHECK_INTERVAL=3\n")
    assert load_settings(home=home).service == "from-dotenv"
    assert load_settings(home=home).check_interval_seconds == 3
    monkeypatch.setenv("WELLSPRING_SERVICE", "from-environment")
    monkeypatch.setenv("BATCH_CHECK_INTERVAL", "2")
    assert load_settings(home=home).service == "from-environment"
    assert load_settings(home=home).check_interval_seconds == 2
    assert load_settings(home=home, service="from-flag").service == "from-flag"


def test_the_home_comes_from_the_flag_or_the_environment(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WELLSPRING_HOME", str(tmp_path / "other"))
    assert load_settings().places.data == tmp_path / "other"
    assert load_settings(home=home).places.data == home


def test_the_openai_url_of_the_environment_beats_the_one_in_the_file(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = '[services.openai]\nbase_url = "http://from-file/v1"\nmax_requests = 7\n'
    assert configured(home, text).profile("openai").base_url == "http://from-file/v1"
    monkeypatch.setenv("OPENAI_BASE_URL", "http://from-environment/v1")
    profile = load_settings(home=home).profile("openai")
    assert (profile.base_url, profile.max_requests) == ("http://from-environment/v1", 7)


def test_a_service_of_the_users_own(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACME_KEY", "secret")
    settings = replace(configured(home, ACME), service="acme")
    profile = settings.profile()
    assert (profile.base_url, profile.max_requests) == ("https://acme.example/v1", 5000)
    assert settings.key(profile) == "secret"
    assert not profile.is_local


def test_request_defaults_of_the_file_hold_only_what_it_says(home: Path) -> None:
    settings = configured(home, '[requests]\nmodel = "gpt-4.1"\nmax_tokens = 5\n')
    assert settings.request_defaults == {"model": "gpt-4.1", "max_tokens": 5}
    assert load_settings(home=home / "none").request_defaults == {}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("servise = 'x'", "servise"),
        ("[requests]\ntemprature = 1", "temprature"),
        ("[services.acme]\nbase_url = 'http://x'\nmax_request = 1", "max_request"),
        ("[services.acme]\nkey_variable = 'X'", "base_url"),
        ("[services.acme]\nbase_url = 'http://x'\nmax_requests = 0", "max_requests"),
        ("[services.acme]\nbase_url = 'http://x'\nmax_bytes = -1", "max_bytes"),
        ("[services.acme]\nbase_url = 'acme.example/v1'", "base_url"),
        ("check_interval = 'soon'", "check_interval"),
        ("[requests]\noutput_expires_after = '9w'", "a time from 1h to 30d, or none"),
        ("check_interval = 0", "expected a number of seconds from 1"),
        ("pace = -1", "expected a number of seconds from 0"),
        ("pace = inf", "expected a number of seconds from 0"),
        ("check_interval = nan", "expected a number of seconds from 1"),
        ("service = ", "Invalid value"),
        ("[requests]\nmax_tokens = 'many'", "max_tokens"),
    ],
    ids=lambda value: value[-30:],
)
def test_a_mistake_in_the_file_is_named(home: Path, text: str, said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        configured(home, text)
    assert "config.toml" in str(caught.value)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_no_text_is_named(home: Path) -> None:
    (home / "config.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SettingsError, match=r"config\.toml"):
        load_settings(home=home)
    (home / "config.toml").unlink()
    (home / "config.toml").mkdir()
    with pytest.raises(SettingsError, match=r"config\.toml: it can't be read"):
        load_settings(home=home)
    (home / "config.toml").rmdir()
    Path(".env").write_bytes(b"KEY=\xff")
    with pytest.raises(SettingsError, match=r"\.env: it can't be read"):
        load_settings(home=home)


@pytest.mark.parametrize("value", ["soon", "0", "-3", "inf", "nan"])
def test_a_bad_interval_in_the_environment_is_named(
    home: Path, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("BATCH_CHECK_INTERVAL", value)
    with pytest.raises(SettingsError, match="BATCH_CHECK_INTERVAL: expected a number of seconds"):
        load_settings(home=home)


def test_an_unknown_service_is_refused_and_the_known_ones_are_listed(home: Path) -> None:
    configured(home, ACME)
    with pytest.raises(SettingsError, match=r"no service “nobody”\. Known: acme, azure, .*local"):
        load_settings(home=home, service="nobody")


def test_a_missing_key_is_asked_for_by_its_name(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = configured(home, ACME)
    profile = settings.profile("acme")
    assert not settings.has_key(profile)
    with pytest.raises(CredentialsError, match="Set ACME_KEY"):
        settings.key(profile)
    monkeypatch.setenv("ACME_KEY", "  ")
    assert not load_settings(home=home).has_key(profile)
    assert settings.has_key(settings.profile("local"))


def test_a_key_is_never_in_the_words_about_the_settings(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-very-secret")
    settings = load_settings(home=home)
    assert settings.key(settings.profile()) == "sk-very-secret"
    assert "very-secret" not in repr(settings)


def test_a_key_may_stand_in_dotenv(home: Path) -> None:
    Path(".env").write_text("OPENAI_API_KEY=sk-from-dotenv\n")
    settings = load_settings(home=home)
    assert settings.key(settings.profile("openai")) == "sk-from-dotenv"
