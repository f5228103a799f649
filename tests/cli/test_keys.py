"""An API key in the system's keyring: kept, found where no other is, never shown."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import PROGRAM, SAMPLE, Outcome, sentence
from tests.support.file_keyring import LOCKED, variables
from tests.support.scripted import ScriptedService, refusal
from tests.support.terminals import Terminal

if TYPE_CHECKING:
    from tests.cli.conftest import Shell
    from tests.support.scripted import Asked, Reply

KEY = "sk-proj-0123456789abcdefWXYZ"
OTHER_KEY = "sk-proj-9876543210fedcbaABCD"
OPENAI = {"WELLSPRING_SERVICE": "openai"}


@pytest.fixture
def keyring(shell: Shell) -> dict[str, str]:
    """The variables of an empty keyring of the test's own."""
    return {**variables(shell.folder / "keyring.json"), **OPENAI}


def piped(shell: Shell, text: str, *arguments: str, **given: str) -> Outcome:
    """The program with `text` on its stdin."""
    done = subprocess.run(
        [*PROGRAM, *arguments],
        cwd=shell.folder,
        env=shell.environment(**given),
        input=text.encode(),
        capture_output=True,
        timeout=60,
        check=False,
    )
    return Outcome(done.returncode, done.stdout.decode(), done.stderr.decode())


def key_setting(shell: Shell, service: str, **given: str) -> dict[str, str]:
    """What `wellspring config` tells of a service's key."""
    done = shell.wellspring("config", "--json", **given)
    assert KEY not in done.stdout
    settings = {one["key"]: one for one in json.loads(done.stdout)}
    found: dict[str, str] = settings[f"services.{service}.key"]
    return found


def test_a_key_is_piped_in_and_used_and_taken_out_again(
    shell: Shell, keyring: dict[str, str]
) -> None:
    kept = piped(shell, f"{KEY}\n", "config", "set-key", **keyring)

    assert kept.code == 0
    assert sentence(kept) == (
        "the key for openai, which ends in WXYZ, is kept in the keyring (file of the test)."
    )
    assert KEY in (shell.folder / "keyring.json").read_text()
    found = key_setting(shell, "openai", **keyring)
    assert (found["value"], found["from"]) == ("…WXYZ", "keyring")

    def refusing(asked: Asked) -> Reply:
        return refusal(401, f"no such key: {asked.headers['authorization']}")

    with ScriptedService(refusing) as service:
        asked = {**keyring, "OPENAI_BASE_URL": service.base_url, "LOG_LEVEL": "debug"}
        doctor = shell.wellspring("doctor", **asked)
        sent = shell.wellspring("submit", SAMPLE, **asked)
    assert {one.headers["authorization"] for one in service.asked} == {f"Bearer {KEY}"}
    assert "✓ key: the keyring, ends in WXYZ" in doctor.stdout
    assert sent.code == 3
    for said in (doctor.stdout, doctor.stderr, sent.stdout, sent.stderr):
        assert KEY not in said
    files = [path for path in shell.home.rglob("*") if path.is_file()]
    assert "wellspring.log" in {path.name for path in files}
    assert [path for path in files if KEY.encode() in path.read_bytes()] == []

    gone = shell.wellspring("config", "unset-key", **keyring)
    assert (gone.code, sentence(gone)) == (0, "the key for openai is taken out of the keyring.")
    again = shell.wellspring("config", "unset-key", **keyring)
    assert (again.code, sentence(again)) == (0, "there was no key for openai in the keyring.")
    assert key_setting(shell, "openai", **keyring)["from"] == "default"


def test_on_a_terminal_it_is_asked_for_and_not_shown(shell: Shell, keyring: dict[str, str]) -> None:
    with Terminal(
        ["config", "set-key"], folder=shell.folder, environment=shell.environment(**keyring)
    ) as terminal:
        terminal.until_shown("API key for openai:")
        terminal.press(f"{KEY}\r")
        assert terminal.until_gone() == 0
        assert "is kept in the keyring" in terminal.text
        assert KEY not in terminal.written.decode()
    assert key_setting(shell, "openai", **keyring)["value"] == "…WXYZ"


def test_each_service_has_its_own(shell: Shell, keyring: dict[str, str]) -> None:
    shell.home.mkdir()
    (shell.home / "config.toml").write_text('[services.lab]\nbase_url = "http://127.0.0.1:9/v1"\n')

    assert piped(shell, KEY, "config", "set-key", "--service", "lab", **keyring).code == 0

    assert key_setting(shell, "lab", **keyring)["from"] == "keyring"
    assert key_setting(shell, "openai", **keyring)["from"] == "default"
    assert "takes no key" in sentence(
        piped(shell, KEY, "config", "set-key", "--service", "local", **keyring)
    )


def test_the_environment_and_dotenv_come_first(shell: Shell, keyring: dict[str, str]) -> None:
    exported = {**keyring, "OPENAI_API_KEY": OTHER_KEY}

    kept = piped(shell, KEY, "config", "set-key", **exported)

    assert "But OPENAI_API_KEY in the environment is used before it." in kept.stderr
    assert key_setting(shell, "openai", **exported)["value"] == "…ABCD"
    shell.write(".env", f"OPENAI_API_KEY={OTHER_KEY}\n")
    assert key_setting(shell, "openai", **keyring)["from"] == ".env"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("", "no key was given"),
        (" \n", "no key was given"),
        ("one\ntwo", "no API key"),
        ("schlüssel", "no API key"),
        ("x" * 20_000, "no API key"),
    ],
    ids=["nothing", "blank", "two lines", "not ASCII", "a file"],
)
def test_what_is_no_key_is_not_kept(
    shell: Shell, keyring: dict[str, str], given: str, expected: str
) -> None:
    done = piped(shell, given, "config", "set-key", **keyring)

    assert done.code == 2
    assert expected in sentence(done)
    assert not (shell.folder / "keyring.json").exists()


def test_without_the_package_it_says_how_to_get_it(shell: Shell) -> None:
    shell.write("keyring.py", "raise ImportError('hidden by the test')")

    done = piped(shell, KEY, "config", "set-key", **OPENAI)

    assert done.code == 2
    assert "pip install 'wellspring-tui[keyring]' installs it" in sentence(done)
    sent = shell.wellspring("submit", SAMPLE, **OPENAI)
    assert sent.code == 3
    assert "there is no API key for the service openai. Set OPENAI_API_KEY" in sentence(sent)


@pytest.mark.parametrize(
    ("backend", "code", "expected"),
    [
        ("keyring.backends.fail.Keyring", 2, "no keyring that could be used"),
        ("keyring.backends.null.Keyring", 2, "did not keep the key"),
        ("nowhere.Keyring", 2, "the keyring can't be used (ModuleNotFoundError"),
    ],
)
def test_without_a_backend_it_says_so(shell: Shell, backend: str, code: int, expected: str) -> None:
    done = piped(shell, KEY, "config", "set-key", PYTHON_KEYRING_BACKEND=backend, **OPENAI)

    assert done.code == code
    assert expected in sentence(done)


def test_a_locked_keyring_is_told_where_a_key_is_missed(
    shell: Shell, keyring: dict[str, str]
) -> None:
    shell.write("keyring.json", LOCKED)

    sent = shell.wellspring("submit", SAMPLE, **keyring)

    assert sent.code == 3
    assert "the keyring can't be used (KeyringLocked: nobody unlocked it)" in sentence(sent)
    assert shell.wellspring("jobs", **keyring).code == 0


def test_the_keyring_is_left_alone_where_no_key_is_missed(shell: Shell) -> None:
    look = (
        "import sys; from wellspring_tui.cli.app import main\n"
        "try: main(['config'])\n"
        "finally: print('keyring' in sys.modules, file=sys.stderr)"
    )
    for key, expected in ((KEY, "False"), ("", "True")):
        done = subprocess.run(
            [sys.executable, "-c", look],
            cwd=shell.folder,
            env=shell.environment(OPENAI_API_KEY=key),
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stderr == f"{expected}\n"
