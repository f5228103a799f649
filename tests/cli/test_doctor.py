"""`wellspring doctor`: what works, and what to do about what doesn't."""

from __future__ import annotations

import json
import shlex
import socket
import subprocess
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

import pytest

from tests.cli.conftest import SAMPLE
from tests.support.scripted import ScriptedService, json_reply, refusal
from tests.support.terminals import Terminal

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.cli.conftest import Shell
    from tests.support.scripted import Asked, Reply

KEY = "sk-lab-0123456789-abcdefgh-wxyz"
NO_BATCHES = {"object": "list", "data": [], "has_more": False}


def findings(shell: Shell, code: int, **variables: str) -> dict[str, dict[str, Any]]:
    """What doctor found, the worst of each check; it answered with `code`."""
    done = shell.wellspring("doctor", "--json", **variables)
    assert (done.code, done.stderr) == (code, "")
    worst: dict[str, dict[str, Any]] = {}
    for found in json.loads(done.stdout):
        states = ["ok", "note", "warning", "error"]
        before = worst.get(found["check"], found)
        worst[found["check"]] = max(before, found, key=lambda one: states.index(one["state"]))
    return worst


def lab(service: ScriptedService) -> dict[str, str]:
    """Variables that make a scripted service OpenAI's."""
    return {
        "WELLSPRING_SERVICE": "openai",
        "OPENAI_BASE_URL": service.base_url,
        "OPENAI_API_KEY": KEY,
    }


def telling(ahead: timedelta) -> Callable[[Asked], Reply]:
    """A service whose clock is that much ahead of ours."""

    def answering(_asked: Asked) -> Reply:
        date = format_datetime(datetime.now(UTC) + ahead, usegmt=True)
        return json_reply(NO_BATCHES, date=date)

    return answering


def test_all_is_well_on_the_built_in_service(shell: Shell) -> None:
    assert shell.wellspring("run", SAMPLE, "-q").code == 0

    done = shell.wellspring("doctor")

    assert (done.code, done.stderr) == (0, "")
    lines = [line for line in done.stdout.split("\n") if line and not line.startswith("    ")]
    assert {line[0] for line in lines} <= {"✓", "–"}
    assert f"✓ ledger: {shell.home / 'ledger.sqlite'}, 1 job, sound" in lines
    assert "✓ service: local, built in, needs no key: simulated answers" in lines
    assert "✓ the built-in service answers (simulated answers)" in lines
    assert f"✓ log: {shell.home / 'logs' / 'wellspring.log'}" in lines
    assert "✓ extra parquet (answers as Parquet): installed" in lines


def test_without_a_key_it_says_where_one_goes(shell: Shell) -> None:
    done = shell.wellspring("doctor", "--service", "openai")

    assert done.code == 3
    assert "✗ key: OPENAI_API_KEY is not set\n    Set it" in done.stdout
    assert "✓ the built-in service answers" in done.stdout


def test_it_tells_what_else_is_known_and_what_that_needs(shell: Shell) -> None:
    here = {"WELLSPRING_SERVICE": "local"}
    told = findings(shell, 0, **here)["services"]

    assert told["state"] == "ok"
    assert "services set up: local, openai; known too: azure " in told["what"]
    assert (
        "azure (AZURE_OPENAI_ENDPOINT and AZURE_OPENAI_API_KEY), groq (GROQ_API_KEY)"
        in (told["what"])
    )
    with_key = findings(shell, 0, **here, GROQ_API_KEY=KEY, OPENAI_API_KEY=KEY)["services"]
    assert "services set up: groq, local, openai; known too: azure " in with_key["what"]
    assert KEY not in json.dumps([told, with_key])


def test_a_service_that_is_down(shell: Shell) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v1"

    found = findings(shell, 3, WELLSPRING_SERVICE="openai", OPENAI_BASE_URL=url, OPENAI_API_KEY=KEY)

    assert found["answer"]["state"] == "error"
    assert f"no connection to {url}" in found["answer"]["what"]
    assert found["answer"]["todo"]
    assert found["built-in"]["state"] == "ok"
    assert "clock" not in found


def test_a_wrong_key_is_told_by_its_end_only(shell: Shell) -> None:
    def refusing(asked: Asked) -> Reply:
        return refusal(401, f"Incorrect API key: {asked.headers['authorization']}")

    with ScriptedService(refusing) as service:
        found = findings(shell, 3, **lab(service))
        done = shell.wellspring("doctor", **lab(service))

    assert found["key"]["state"] == "error"
    assert "refuses the API key" in found["key"]["what"]
    assert "Check the key" in found["key"]["todo"]
    assert "✓ key: OPENAI_API_KEY in the environment, ends in wxyz" in done.stdout
    for secret in (KEY[-5:], KEY[:10]):
        assert secret not in json.dumps(found) + done.stdout + done.stderr


@pytest.mark.parametrize(
    ("ahead", "expected"),
    [
        (timedelta(minutes=-10), "ahead of that of openai"),
        (timedelta(days=2), "behind that of openai"),
    ],
)
def test_a_clock_that_is_off(shell: Shell, ahead: timedelta, expected: str) -> None:
    with ScriptedService(telling(ahead)) as service:
        clock = findings(shell, 0, **lab(service))["clock"]

    assert clock["state"] == "warning"
    assert expected in clock["what"]
    assert "Set it by the network" in clock["todo"]


def test_a_clock_that_is_right_and_a_service_that_has_none(shell: Shell) -> None:
    with ScriptedService(telling(timedelta(seconds=5))) as service:
        assert findings(shell, 0, **lab(service))["clock"]["state"] == "ok"
    with ScriptedService(lambda _: json_reply(NO_BATCHES, date="once upon a time")) as service:
        found = findings(shell, 0, **lab(service))
    assert found["answer"]["state"] == "ok"
    assert "clock" not in found


def test_folders_and_files_that_others_may_read_and_what_to_type(shell: Shell) -> None:
    assert shell.wellspring("run", SAMPLE, "-q").code == 0
    opened = {
        shell.home: 0o755,
        shell.home / "output": 0o750,
        shell.home / "ledger.sqlite": 0o644,
        shell.home / "logs" / "wellspring.log": 0o604,
    }
    for path, mode in opened.items():
        path.chmod(mode)

    done = shell.wellspring("doctor", "--json")

    told = [found for found in json.loads(done.stdout) if found["state"] == "warning"]
    assert done.code == 0
    assert [found["check"] for found in told] == ["home", "folder", "file", "file"]
    assert f"home: {shell.home} has mode 0755, not 0700: others may read it" == told[0]["what"]
    for found in told:
        assert subprocess.run(shlex.split(found["todo"]), check=False).returncode == 0
    assert {path.stat().st_mode & 0o077 for path in opened} == {0}
    assert "warning" not in shell.wellspring("doctor", "--json").stdout


def test_a_folder_that_is_closed_to_its_owner_is_an_error(shell: Shell) -> None:
    assert shell.wellspring("jobs").code == 0
    (shell.home / "input").mkdir(mode=0o500)

    found = findings(shell, 2)["folder"]

    assert found["state"] == "error"
    assert found["todo"] == f"chmod 700 {shell.home / 'input'}"


def test_a_broken_config_is_told_with_its_line_and_the_rest_is_looked_at(shell: Shell) -> None:
    shell.home.mkdir(mode=0o700)
    config = shell.home / "config.toml"
    config.touch(mode=0o600)
    config.write_text('service = "local"\npace = \n')

    found = findings(shell, 2)

    assert found["settings"]["state"] == "error"
    assert str(config) in found["settings"]["what"]
    assert "line 2" in found["settings"]["what"]
    assert found["disk"]["state"] == found["home"]["state"] == "ok"
    assert "extra" in found


def test_a_damaged_ledger_is_told_and_what_to_do(shell: Shell) -> None:
    assert shell.wellspring("submit", SAMPLE).code == 0
    ledger = shell.home / "ledger.sqlite"
    content = ledger.read_bytes()
    ledger.write_bytes(content[:-4096] + b"\xa5" * 4096)
    damaged = findings(shell, 2)["ledger"]
    ledger.write_bytes(b"a letter" * 1000)
    no_ledger = findings(shell, 2)["ledger"]

    for found in (damaged, no_ledger):
        assert found["state"] == "error"
        assert str(ledger) in found["what"]
        assert found["todo"]
    assert "is damaged" in damaged["what"]


def test_an_extra_that_is_missing_is_no_fault(shell: Shell) -> None:
    shell.write("sitecustomize.py", "import sys; sys.modules['pyarrow'] = None")

    done = shell.wellspring("doctor", PYTHONPATH=str(shell.folder))

    assert done.code == 0
    expected = "– extra parquet (answers as Parquet): not installed\n    pip install"
    assert expected in done.stdout
    assert "✓ extra tokens (tokens counted exactly before sending): installed" in done.stdout


def test_the_terminal_it_would_be_shown_on(shell: Shell) -> None:
    shell.home.mkdir(mode=0o700)
    there = {
        name: value
        for name, value in shell.environment(TERM="xterm-256color").items()
        if name not in ("COLUMNS", "LINES")
    }
    for size, sign in (((100, 50), "✓"), ((79, 50), "!")):
        with Terminal(["doctor"], folder=shell.folder, environment=there, size=size) as terminal:
            assert terminal.until_gone() == 0
            terminal.until_shown(f"{sign} terminal: {size[0]}x{size[1]}, xterm-256color")
