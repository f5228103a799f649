"""Real shells complete what is typed: commands, flags, jobs, services, settings, files."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import SAMPLE
from tests.support.terminals import Terminal
from wellspring_tui.settings import load_settings
from wellspring_tui.wellspring import Wellspring

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.cli.conftest import Shell

_TAB = "\t"
_ASK = """
source script.bash
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
_wellspring_completion wellspring
printf '%s\\n' "${COMPREPLY[@]}"
"""
_STARTS = {
    "bash": ("--norc", "--noprofile", "-i"),
    "zsh": ("-i",),
    "fish": ("-i",),
}
_PREPARE = {
    "bash": 'eval "$(wellspring completion bash)"',
    "zsh": 'autoload -U compinit; compinit -u -D; eval "$(wellspring completion zsh)"',
    "fish": "wellspring completion fish | source",
}


@dataclass(frozen=True, slots=True)
class Bash:
    """A bash that has read the script, and finds `wellspring` in its path."""

    shell: Shell
    variables: Mapping[str, str]

    def __call__(self, *words: str, **variables: str) -> list[str]:
        """What it offers for the last of these words; nothing else may be said."""
        done = subprocess.run(
            ["bash", "--norc", "-c", _ASK, "bash", "wellspring", *words],
            cwd=self.shell.folder,
            env={**self.variables, **variables},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        assert done.stderr == ""
        return [word for word in done.stdout.split("\n") if word]


@pytest.fixture
def variables(shell: Shell) -> dict[str, str]:
    """An environment in which the program is called `wellspring`."""
    program = shell.folder / "bin" / "wellspring"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m wellspring_tui "$@"\n')
    program.chmod(0o755)
    path = f"{program.parent}{os.pathsep}{os.environ['PATH']}"
    nobodys = dict.fromkeys(("ZDOTDIR", "XDG_CONFIG_HOME", "XDG_DATA_HOME"), str(shell.folder))
    return {**shell.environment(), **nobodys, "PATH": path, "PS1": "> "}


@pytest.fixture
def complete(shell: Shell, variables: dict[str, str]) -> Bash:
    """Asks bash."""
    script = shell.wellspring("completion", "bash")
    assert (script.code, script.stderr) == (0, "")
    shell.write("script.bash", script.stdout)
    return Bash(shell, variables)


@pytest.fixture
def job_ids(shell: Shell) -> list[str]:
    """Three jobs, the newest first."""
    with Wellspring(load_settings(home=shell.home, service="local")) as door:
        made = [door.submit(SAMPLE, name=name).id for name in ("first", "second", "third")]
    return made[::-1]


def test_commands_and_flags(complete: Bash) -> None:
    commands = complete("")
    assert commands[:3] == ["demo", "check", "run"]
    assert "completion" in commands
    assert complete("re") == ["results", "retry"]
    assert complete("config", "set") == ["set", "set-key"]
    assert "--max-cost" in complete("run", "--")
    assert complete("--read") == ["--read-only"]
    assert complete("nonsense", "") == commands  # as click does; above all it is no error


def test_values_of_flags(complete: Bash) -> None:
    assert complete("results", "--format", "") == [
        *("json", "jsonl", "csv", "markdown", "html", "parquet"),
    ]
    assert complete("results", "--format", "=", "js") == ["json", "jsonl"]
    assert complete("results", "--format", "=") == complete("results", "--format", "")
    assert complete("usage", "--by", "mo") == ["model"]
    assert "nord" in complete("--theme", "no")


def test_jobs_newest_first(complete: Bash, job_ids: list[str]) -> None:
    for command in ("watch", "status", "results", "search", "edit", "cancel", "retry"):
        assert complete(command, "") == job_ids
    assert complete("compare", job_ids[0], "") == job_ids
    assert complete("usage", "--job", "") == job_ids
    newest = job_ids[0]
    assert complete("watch", newest[:5]) == [one for one in job_ids if one[:5] == newest[:5]]
    assert complete("watch", newest, "") == []


def test_jobs_of_another_home(complete: Bash, job_ids: list[str], shell: Shell) -> None:
    other = str(shell.folder / "other")
    assert complete("--home", str(shell.home), "watch", "", WELLSPRING_HOME=other) == job_ids
    assert complete("watch", "--home", str(shell.home), "", WELLSPRING_HOME=other) == job_ids
    assert complete("watch", "", WELLSPRING_HOME=other) == []


def test_services_and_settings(complete: Bash, shell: Shell) -> None:
    assert complete("jobs", "--service", "")[:3] == ["openai", "local", "azure"]
    assert complete("jobs", "--service", "gr") == ["groq"]
    shell.home.mkdir()
    (shell.home / "config.toml").write_text(
        'theme = "nord"\n[services.lab]\nbase_url = "http://127.0.0.1:9/v1"\n'
    )
    assert complete("jobs", "--service", "l") == ["local", "litellm", "lab"]
    assert complete("config", "set", "requests.m") == ["requests.model", "requests.max_tokens"]
    assert complete("config", "set", "log_level", "") == ["DEBUG", "INFO", "WARNING", "ERROR"]
    assert complete("config", "set", "notices.bell", "t") == ["true"]
    assert complete("config", "set", "theme", "high") == ["high-contrast"]
    assert complete("config", "unset", "") == ["services.lab.base_url", "theme"]


def test_looking_changes_nothing_and_starts_nothing(
    complete: Bash, job_ids: list[str], shell: Shell
) -> None:
    def files() -> dict[str, int]:
        found = shell.home.glob("*")
        return {path.name: path.stat().st_mtime_ns for path in found if path.is_file()}

    before = files()
    assert complete("watch", "") == job_ids
    assert files() == before

    with closing(sqlite3.connect(shell.home / "ledger.sqlite")) as writing:
        writing.execute("UPDATE jobs SET name = 'last'")  # held open, in the log beside the file
        assert complete("watch", "") == job_ids
        writing.commit()
        assert complete("watch", "") == job_ids


def test_where_nothing_can_be_read_nothing_is_said(
    complete: Bash, shell: Shell, job_ids: list[str]
) -> None:
    (shell.home / "config.toml").write_text("service = ")
    assert complete("watch", "") == job_ids
    assert complete("jobs", "--service", "") == []
    assert complete("config", "set", "") == []
    shell.write(".env", b"KEY=\xff")
    assert complete("watch", "") == []
    (shell.folder / ".env").unlink()
    (shell.home / "ledger.sqlite").write_bytes(b"no ledger at all " * 100)
    assert complete("watch", "") == []
    shutil.rmtree(shell.home)
    assert complete("watch", "") == []
    assert not shell.home.exists()


@pytest.mark.parametrize("name", _STARTS)
def test_the_tab_key_in_a_real_terminal(
    shell: Shell, variables: dict[str, str], job_ids: list[str], name: str
) -> None:
    if shutil.which(name) is None:
        pytest.skip(f"{name} is not installed")
    shell.write("my-prompts.json", "{}")
    with Terminal(
        _STARTS[name],
        folder=shell.folder,
        environment=variables,
        size=(100, 30),
        program=(str(shutil.which(name)),),
    ) as terminal:
        terminal.press(f"{_PREPARE[name]}; echo pre''pared\r")
        terminal.until_shown("prepared")
        terminal.press(f"wellspring comple{_TAB}")
        terminal.until_shown("wellspring completion")
        terminal.press(f"\x15wellspring check my-pr{_TAB}")
        terminal.until_shown("check my-prompts.json")
        terminal.press(f"\x15wellspring watch {job_ids[0]}"[:-2] + _TAB)
        terminal.until_shown(f"watch {job_ids[0]}")
        terminal.press(f"\x15wellspring watch {_TAB}{_TAB}")
        for job_id in job_ids:
            terminal.until_shown(job_id)
        if name != "bash":  # bash shows words only
            terminal.until_shown("second")


@pytest.mark.parametrize(
    ("words", "unwanted"),
    [
        ("wellspring watch ", {"logging", "rich", "wellspring_tui.wellspring"}),
        ("wellspring config set ", {"keyring", "rich", "wellspring_tui.wellspring"}),
        ("wellspring results ", {"rich", "markdown_it", "wellspring_tui.wellspring"}),
    ],
)
def test_a_word_is_completed_without_what_it_does_not_need(
    shell: Shell, job_ids: list[str], words: str, unwanted: set[str]
) -> None:
    look = (
        "import sys; from wellspring_tui.__main__ import main\n"
        "try: main()\n"
        "finally: print(*sys.modules, file=sys.stderr)"
    )
    asked = {"_WELLSPRING_COMPLETE": "bash_complete", "COMP_WORDS": words}
    done = subprocess.run(
        [sys.executable, "-c", look],
        env=shell.environment(**asked, COMP_CWORD=str(len(words.split()))),
        capture_output=True,
        text=True,
        check=True,
    )
    assert "plain," in done.stdout
    modules = set(done.stderr.split())
    assert "wellspring_tui.cli.completing" in modules
    assert modules & {*unwanted, "openai", "textual", "asyncio"} == set()


def test_a_shell_that_there_is_not_is_refused(shell: Shell) -> None:
    done = shell.wellspring("completion", "csh")
    assert done.code == 2
    assert "'bash', 'zsh', 'fish'" in done.stderr
