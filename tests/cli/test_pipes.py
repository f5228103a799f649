"""Prompts that come through a pipe, and answers that leave through one."""

from __future__ import annotations

import json
import os
import pty
import shlex
import shutil
import stat
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import PROGRAM, SAMPLE, Outcome, sentence
from tests.support.files import encoded, jsonl, request, visual

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Shell

ABOUT = "Summarise for a planner: {text}"
WELLSPRING = shlex.join(PROGRAM)
needs_jq = pytest.mark.skipif(shutil.which("jq") is None, reason="jq is not installed")


def piped(shell: Shell, line: str) -> Outcome:
    """A line of a real shell, in which a failure anywhere in a pipe counts."""
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", line],
        cwd=shell.folder,
        env=shell.environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=60,
        check=False,
    )
    return Outcome(done.returncode, done.stdout.decode(), done.stderr.decode())


def spooled(shell: Shell) -> list[Path]:
    """What is kept of stdin."""
    return [path for path in (shell.home / "stdin").rglob("*") if path.is_file()]


@needs_jq
def test_a_pipe_goes_in_and_the_id_of_the_job_comes_out(shell: Shell) -> None:
    shell.write("rows.csv", "id,text\n1,Soil\n2,Rain\n")

    made = piped(
        shell,
        f'cat rows.csv | {WELLSPRING} submit - -q --template "{ABOUT}" --json | jq -r .job_id',
    )

    assert (made.code, made.stderr) == (0, "")
    job = shell.json("status", made.stdout.strip())
    assert (job["name"], job["kind"], job["requests"]) == ("stdin", "table rows", 2)
    (copy,) = spooled(shell)
    assert str(copy) == job["source"]
    assert copy.read_bytes() == (shell.folder / "rows.csv").read_bytes()
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert stat.S_IMODE(copy.parent.stat().st_mode) == 0o700


def test_run_takes_every_kind_of_file_from_a_pipe_and_gives_its_results_to_one(
    shell: Shell,
) -> None:
    shell.write("visual.json", visual())
    shell.write("requests.jsonl", jsonl([request("a"), request("b")]))
    for name, count in (("visual.json", 4), ("requests.jsonl", 2)):
        ran = piped(shell, f"cat {name} | {WELLSPRING} run - -q -o - | cat")
        assert (ran.code, ran.stderr) == (0, "")
        assert json.loads(ran.stdout)["total_results"] == count


def test_check_keeps_nothing_of_what_it_has_read(shell: Shell) -> None:
    checked = piped(shell, f"cat {shlex.quote(str(SAMPLE))} | {WELLSPRING} check - --json")
    assert checked.code == 0
    assert json.loads(checked.stdout)["prompts"] == 9
    assert json.loads(checked.stdout)["file"] == "-"
    assert not spooled(shell)


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("printf '' | {} submit -", "stdin: the file is empty"),
        ("printf 'id,text\\n1\\n' | {} submit - --template {{text}}", "`wellspring check -` lists"),
        ("printf 'id,text\\n1,a\\n' | {} run -", "stdin: this is a table with the columns id and"),
        ("cat garden.json | {} submit - --max-cost 0 --service openai", "OPENAI_API_KEY"),
        ("cat garden.json | {} submit - --service nowhere", "there is no service “nowhere”"),
        ("{} submit - <&-", "stdin is closed, so there is nothing to read"),
    ],
)
def test_what_fails_before_there_is_a_job_leaves_nothing(
    shell: Shell, command: str, said: str
) -> None:
    shell.write("garden.json", visual())
    refused = piped(shell, command.format(WELLSPRING))
    assert refused.code in (2, 3)
    assert said in sentence(refused)
    assert str(shell.home) not in refused.stderr
    assert not spooled(shell)


@pytest.mark.parametrize("command", ["check", "submit", "run"])
def test_a_terminal_on_stdin_is_told_instead_of_waited_for(shell: Shell, command: str) -> None:
    ours, theirs = pty.openpty()
    try:
        done = subprocess.run(
            [*PROGRAM, command, "-"],
            cwd=shell.folder,
            env=shell.environment(),
            stdin=theirs,
            capture_output=True,
            timeout=60,
            check=False,
        )
    finally:
        os.close(theirs)
        os.close(ours)
    assert done.returncode == 2
    assert "stdin is the terminal, so there is nothing to read. Name a file, or pipe one in: " in (
        told := done.stderr.decode()
    )
    assert f"`… | wellspring {command} -`." in told


def test_a_file_that_is_called_like_stdin_can_be_named(shell: Shell) -> None:
    shell.write("-", visual())
    assert shell.json("check", "./-")["prompts"] == 4


@needs_jq
def test_a_reader_that_has_had_enough_hears_no_complaint(shell: Shell) -> None:
    lines = ({"id": n, "text": f"About {n}?"} for n in range(2_000))
    shell.write("rows.jsonl", encoded(*lines))
    submit = shell.wellspring("submit", "rows.jsonl", "--template", "{text}", "-q")
    job_id = submit.stdout.strip()

    first = piped(
        shell,
        f"{{ {WELLSPRING} results {job_id} --offline -q --format jsonl; echo $? > code; }}"
        " | head -1 | jq .row.id",
    )

    assert (first.stdout, first.stderr) == ("0\n", "")
    assert (shell.folder / "code").read_text() == "141\n"  # as SIGPIPE ends a program


def test_a_dash_for_the_output_is_stdout(shell: Shell) -> None:
    job_id = shell.wellspring("submit", SAMPLE, "-q").stdout.strip()
    shell.wellspring("watch", job_id, "-q")
    plain = shell.wellspring("results", job_id, "--format", "jsonl")
    dashed = shell.wellspring("results", job_id, "--format", "jsonl", "-o", "-")
    assert dashed.code == 0
    assert dashed.stdout == plain.stdout
    assert not (shell.folder / "-").exists()
