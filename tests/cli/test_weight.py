"""What a command does not need is not imported."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import SAMPLE

if TYPE_CHECKING:
    from tests.cli.conftest import Shell

FRAMEWORKS = {"textual", "openai", "fastapi", "starlette", "uvicorn", "websockets"}
HEAVY = {*FRAMEWORKS, "httpx2", "pydantic", "rich", "genai_prices", "asyncio"}
INSIDE = {*HEAVY, "msgspec", "sqlite3", "wellspring_tui.wellspring", "wellspring_tui.settings"}

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
        (("jobs",), HEAVY),
        (("jobs", "--json"), HEAVY),
        (("check", str(SAMPLE)), FRAMEWORKS),
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
    "results", "search", "compare", "edit", "cancel", "retry", "adopt", "serve",
    "local", "doctor", "demo"])  # fmt: skip
def test_help_ends_with_examples(shell: Shell, command: str) -> None:
    done = shell.wellspring(*command.split(), "-h")

    assert done.code == 0
    assert done.stderr == ""
    _, _, examples = done.stdout.partition("\n  Examples:\n")
    assert examples.split("\n")[0].startswith("    wellspring")
    assert max(map(len, done.stdout.split("\n"))) <= 80
