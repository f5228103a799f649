"""What a command does not need is not imported."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import click
import pytest

from tests.cli.conftest import SAMPLE
from wellspring_tui.cli.app import program

if TYPE_CHECKING:
    from tests.cli.conftest import Shell

FRAMEWORKS = {"textual", "openai", "fastapi", "starlette", "uvicorn", "websockets"}
HEAVY = {*FRAMEWORKS, "httpx2", "pydantic", "rich", "genai_prices", "asyncio"}
LISTING = {*HEAVY, "logging"}
INSIDE = {*LISTING, "msgspec", "sqlite3", "wellspring_tui.jobs.model", "wellspring_tui.settings",
    "wellspring_tui.service_profiles", "wellspring_tui.wellspring"}  # fmt: skip

_LOOK = """
import sys
from wellspring_tui.cli.app import main
try:
    main(sys.argv[1:])
finally:
    print(*sys.modules, file=sys.stderr)
"""


@pytest.mark.parametrize(
    ("arguments", "unwanted"),
    [
        (("--help",), INSIDE),
        (("run", "--help"), INSIDE),
        (("serve", "--help"), INSIDE),
        (("--version",), INSIDE),
        (("jobs",), LISTING),
        (("jobs", "--json"), LISTING),
        (("check", str(SAMPLE)), {*FRAMEWORKS, "wellspring_tui.log_file"}),
    ],
)
def test_a_command_imports_only_what_it_needs(
    shell: Shell, arguments: tuple[str, ...], unwanted: set[str]
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _LOOK, *arguments],
        env=shell.environment(),
        capture_output=True,
        text=True,
        check=True,
    )

    modules = set(done.stderr.split())
    assert "wellspring_tui.cli.app" in modules
    assert modules & unwanted == set()


@pytest.mark.parametrize("command", ["", "check", "run", "submit", "watch", "jobs", "status",
    "results", "search", "compare", "usage", "edit", "cancel", "retry", "adopt", "import", "serve",
    "local", "clean", "forget", "doctor", "demo", "config", "config set", "config unset",
    "config set-key", "config unset-key", "completion"])  # fmt: skip
def test_help_ends_with_examples(shell: Shell, command: str) -> None:
    done = shell.wellspring(*command.split(), "-h")

    assert done.code == 0
    assert done.stderr == ""
    _, _, examples = done.stdout.partition("\n  Examples:\n")
    assert examples.split("\n")[0].startswith("    wellspring")
    assert max(map(len, done.stdout.split("\n"))) <= 80


def test_opening_the_dashboard_reads_no_options(shell: Shell) -> None:
    look = (
        "import sys; sys.argv = ['wellspring']\n"
        "from wellspring_tui.__main__ import main\n"
        "try: main()\n"
        "except SystemExit as end: print(end.code, 'click' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", look],
        env=shell.environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["2", "False"]
    assert "the dashboard needs a terminal" in done.stderr


def test_the_help_lists_every_command_with_the_first_sentence_of_its_own() -> None:
    context = click.Context(program)
    listed = " ".join(program.get_help(context).partition("Commands:")[2].split())

    for name in program.list_commands(context):
        command = program.get_command(context, name)
        assert command is not None
        assert f"{name} {command.get_short_help_str(200)}" in listed
