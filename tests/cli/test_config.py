"""`wellspring config`: what is set and where it came from; setting it, but never a key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.cli.conftest import sentence

if TYPE_CHECKING:
    from tests.cli.conftest import Shell

KEY = "sk-proj-0123456789abcdefWXYZ"


def test_every_setting_is_a_line_with_its_origin(shell: Shell) -> None:
    done = shell.wellspring("config", OPENAI_API_KEY=KEY)

    assert done.code == 0
    lines = {line.split()[0]: line.split() for line in done.stdout.split("\n") if line}
    assert lines["service"] == ["service", "local", "environment", "WELLSPRING_SERVICE"]
    assert lines["requests.model"] == ["requests.model", "gpt-4o-mini", "default"]
    assert lines["services.openai.key"][1] == "…WXYZ"
    assert KEY not in done.stdout


def test_a_program_reads_the_same(shell: Shell) -> None:
    found = {one["key"]: one for one in shell.json("config")}

    assert found["pace"]["value"] == 0
    assert (found["pace"]["from"], found["pace"]["name"]) == ("environment", "WELLSPRING_PACE")
    assert found["theme"]["value"] == "textual-dark"
    assert found["requests.max_tokens"]["value"] == 2000


def test_set_and_unset(shell: Shell) -> None:
    config = shell.home / "config.toml"

    done = shell.wellspring("config", "set", "requests.model", "o3")
    assert done.code == 0
    assert done.stdout == ""
    assert done.stderr == f"wellspring: requests.model = o3 is written to {config}.\n"
    assert config.read_text() == '[requests]\nmodel = "o3"\n'
    assert {one["key"]: one for one in shell.json("config")}["requests.model"]["value"] == "o3"

    assert shell.wellspring("config", "unset", "requests.model").code == 0
    assert config.read_text() == "[requests]\n"
    assert "says so already" in shell.wellspring("config", "unset", "requests.model").stderr


def test_what_the_environment_overrides_is_told(shell: Shell) -> None:
    done = shell.wellspring("config", "set", "pace", "4")

    assert done.code == 0
    assert "But WELLSPRING_PACE in the environment says 0." in done.stderr


def test_a_key_is_refused_and_its_variable_named(shell: Shell) -> None:
    for name in ("OPENAI_API_KEY", "services.openai.api_key"):
        done = shell.wellspring("config", "set", name, KEY)
        assert done.code == 2
        assert "Set OPENAI_API_KEY in the environment" in sentence(done)
        assert KEY not in done.stderr
    assert not shell.home.exists()


def test_a_theme_that_there_is_not_is_refused_with_the_names(shell: Shell) -> None:
    done = shell.wellspring("config", "set", "theme", "nrod")

    assert done.code == 2
    assert "Known: textual-dark," in sentence(done)
    assert "high-contrast" in sentence(done)
    assert shell.wellspring("config", "set", "theme", "high-contrast").code == 0


def test_a_value_may_start_with_a_dash(shell: Shell) -> None:
    done = shell.wellspring("config", "set", "pace", "-1")

    assert done.code == 2
    assert "pace: expected a number of seconds from 0" in sentence(done)
