"""Settings are shown with where they came from, changed by what a person types, and act."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from wellspring_tui.config.changing import change
from wellspring_tui.config.listing import sections
from wellspring_tui.errors import SettingsError
from wellspring_tui.settings import load_settings

if TYPE_CHECKING:
    from wellspring_tui.config.listing import Setting
    from wellspring_tui.settings import Settings

KEY = "sk-proj-0123456789abcdefWXYZ"
WINDOWS = "expected two times such as 24h, 7d: the shortest window, a comma, the longest, found “"
ENDPOINTS = "expected addresses such as /v1/chat/completions, /v1/embeddings, with commas between"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with no settings in it, in a current folder with no `.env` in it."""
    path = tmp_path / "home"
    path.mkdir()
    monkeypatch.chdir(tmp_path)
    return path


def listed(settings: Settings) -> dict[str, Setting]:
    """Every setting by its key."""
    return {one.key: one for part in sections(settings) for one in part.settings}


def origin(settings: Settings, key: str) -> str:
    return str(listed(settings)[key].origin)


def test_each_setting_tells_where_it_came_from(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "config.toml").write_text('theme = "nord"\n[requests]\nmodel = "o3"\n')
    Path(".env").write_text("LOG_LEVEL=warn\nWELLSPRING_PACE=\n")
    monkeypatch.setenv("BATCH_CHECK_INTERVAL", "30")
    settings = load_settings(home=home, service="local")

    assert origin(settings, "service") == "flag --service"
    assert origin(settings, "check_interval") == "environment BATCH_CHECK_INTERVAL"
    assert origin(settings, "log_level") == ".env LOG_LEVEL"
    assert origin(settings, "theme") == "config.toml"
    assert origin(settings, "requests.model") == "config.toml"
    assert origin(settings, "requests.window") == "default"
    assert origin(settings, "pace") == "default"
    assert origin(settings, "home") == "flag --home"
    flagged = load_settings(home=home, theme="nord", check_interval=5)
    assert origin(flagged, "theme") == "flag --theme"
    assert origin(flagged, "check_interval") == "flag --refresh"


def test_a_key_is_shown_by_its_end_or_asked_for_by_name(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = listed(load_settings(home=home))["services.openai.key"]
    assert (key.text, key.editable) == ("not set: export OPENAI_API_KEY=…", False)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    key = listed(load_settings(home=home))["services.openai.key"]
    assert (key.text, str(key.origin)) == ("…WXYZ", "environment OPENAI_API_KEY")
    monkeypatch.setenv("OPENAI_API_KEY", "short")
    assert "short to show" in listed(load_settings(home=home))["services.openai.key"].text


def test_the_password_in_a_base_url_is_not_shown(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "https://me:secret@lab.example/v1")
    shown = listed(load_settings(home=home))["services.openai.base_url"]
    assert shown.text == "https://lab.example/v1"


def test_limits_hardly_anyone_sets_are_shown_once_they_are_set(home: Path) -> None:
    assert "services.openai.backoff_seconds" not in listed(load_settings(home=home))
    change(load_settings(home=home), "services.openai.backoff_seconds", "5")
    assert listed(load_settings(home=home))["services.openai.backoff_seconds"].text == "5"


@pytest.mark.parametrize(
    ("key", "typed", "value"),
    [
        ("check_interval", "2.5", 2.5),
        ("requests.max_tokens", "100", 100),
        ("requests.system", "Be brief: no “lists”.", "Be brief: no “lists”."),
        ("notices.bell", "off", False),
        ("notices.bell", "YES", True),
        ("notices.command", "notify-send 'a job ended'", ("notify-send", "a job ended")),
        ("log_level", "debug", "DEBUG"),
        ("theme", "nord", "nord"),
    ],
)
def test_what_is_typed_acts_at_once(home: Path, key: str, typed: str, value: object) -> None:
    before = load_settings(home=home)

    done = change(before, key, typed)

    assert done.written
    assert done.sentence(key).endswith(" now.")
    assert listed(done.settings)[key].value == value
    assert listed(load_settings(home=home))[key].value == value
    assert origin(done.settings, key) == "config.toml"


@pytest.mark.parametrize(
    ("key", "typed"), [("pace", "3"), ("service", "local"), ("services.openai.max_requests", "9")]
)
def test_the_rest_waits_for_the_next_start_and_says_so(home: Path, key: str, typed: str) -> None:
    before = load_settings(home=home)

    done = change(before, key, typed)

    assert done.sentence(key) == f"{key} is {typed} from the next start."
    assert listed(done.settings)[key].value == listed(before)[key].value
    assert listed(load_settings(home=home))[key].text == typed


@pytest.mark.parametrize(
    ("name", "typed", "values"),
    [
        ("windows", "24h,7d", ("24h", "7d")),
        ("windows", " 24h , 24h ", ("24h", "24h")),
        ("endpoints", "/v1/responses", ("/v1/responses",)),
        ("endpoints", "/v1/a, /v1/b,/v1/c", ("/v1/a", "/v1/b", "/v1/c")),
    ],
)
def test_several_values_are_typed_with_commas_between(
    home: Path, name: str, typed: str, values: tuple[str, ...]
) -> None:
    key = f"services.openai.{name}"
    assert key not in listed(load_settings(home=home))

    done = change(load_settings(home=home), key, typed)

    after = load_settings(home=home)
    assert getattr(after.profile("openai"), name) == values
    shown = listed(after)[key]
    assert shown.text == shown.typed == ", ".join(values)
    assert done.sentence(key) == f"{key} is {shown.text} from the next start."
    assert not change(after, key, shown.typed).written
    assert change(after, key, None).written


def test_what_another_place_overrides_says_so(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOG_LEVEL", "warning")
    done = change(load_settings(home=home), "log_level", "debug")
    assert done.sentence("log_level").endswith("But LOG_LEVEL in the environment says WARNING.")
    assert done.settings.log_level == "WARNING"
    flagged = load_settings(home=home, check_interval=7)
    done = change(flagged, "check_interval", "9")
    assert done.sentence("check_interval").endswith("But the flag --refresh says 7.")
    assert done.settings.check_interval_seconds == 7


def test_taking_a_value_out_brings_the_default_back(home: Path) -> None:
    settings = change(load_settings(home=home), "requests.model", "o3").settings
    done = change(settings, "requests.model", None)
    assert done.sentence("requests.model") == "requests.model is gpt-4o-mini now."
    assert done.settings.request_defaults == {}
    again = change(done.settings, "requests.model", None)
    assert not again.written


def test_settings_of_a_test_or_a_program_survive_a_change_of_others(home: Path) -> None:
    own = replace(load_settings(home=home), pace_seconds=0.0)
    assert change(own, "theme", "nord").settings.pace_seconds == 0.0


@pytest.mark.parametrize(
    ("key", "typed", "said"),
    [
        ("check_interval", "soon", "check_interval: expected a number, found “soon”"),
        ("check_interval", "0", "check_interval: expected a number of seconds from 1"),
        ("requests.temperature", "3", "expected a number from 0 to 2, found “3”"),
        ("requests.max_tokens", "2.5", "expected a whole number from 1"),
        ("requests.model", " ", "expected some text"),
        ("notices.desktop", "loud", "expected one of off, osc9, osc777, auto"),
        ("notices.bell", "perhaps", "expected true or false"),
        ("services.x.base_url", "acme.example", "starts with http:// or https://"),
        ("log_level", "loud", "expected one of DEBUG, INFO, WARNING, ERROR"),
        ("theme", "nrod", "there is no theme “nrod”. Known: nord, dracula."),
        ("servise", "x", "there is no setting “servise”"),
        ("requests", "x", "there is no setting “requests”"),
        ("services.openai.key_variable", "lower case", "the name of a variable"),
        *(("services.openai.windows", typed, WINDOWS) for typed in ("24h", "1h,2h,3h", "1h,")),
        *(("services.openai.windows", typed, WINDOWS) for typed in ("7d,24h", "a, b", "0h,1h")),
        *(("services.openai.endpoints", typed, ENDPOINTS) for typed in (" ", "chat", "/a,,/b")),
        ("services.openai.endpoints", "/a /b", ENDPOINTS),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_sentence(
    home: Path, key: str, typed: str, said: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        change(load_settings(home=home), key, typed, ("nord", "dracula"))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not (home / "config.toml").exists()


@pytest.mark.parametrize(
    ("key", "typed"),
    [
        ("OPENAI_API_KEY", "anything"),
        ("api_key", "anything"),
        ("services.openai.key", "anything"),
        ("services.openai.api_key", "anything"),
        ("requests.model", KEY),
        ("requests.system", f"Use {KEY}."),
        ("services.openai.base_url", "https://me:secret@lab.example/v1"),
        ("services.openai.key_variable", "d41d8cd98f00b204e9800998ecf8427e"),
    ],
)
def test_a_key_is_never_written(
    home: Path, monkeypatch: pytest.MonkeyPatch, key: str, typed: str
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with pytest.raises(SettingsError) as caught:
        change(load_settings(home=home), key, typed)
    assert typed not in str(caught.value)
    assert not (home / "config.toml").exists()


def test_the_refusal_of_a_key_names_its_variable(home: Path) -> None:
    with pytest.raises(SettingsError, match=r"Set OPENAI_API_KEY in the environment or in \.env"):
        change(load_settings(home=home), "services.openai.key", "anything")
