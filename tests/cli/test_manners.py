"""What holds for every command: where words go, colours, Ctrl-C, readers that leave."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import threading
from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import PROGRAM, SAMPLE
from tests.support.files import jsonl, request
from tests.support.homes import until
from tests.support.scripted import Asked, Reply, ScriptedService
from tests.support.terminals import Terminal

if TYPE_CHECKING:
    from tests.cli.conftest import Shell

_COLOUR = re.compile(rb"\x1b\[(?:[\d;]*;)?[34][0-8](?:;[\d;]*)?m")
_READING = ("--help", "--version", "jobs --help", "jobs", "jobs --json", "status JOB",
    "status JOB --json", "results JOB", "results JOB -o -", "watch JOB", "watch JOB -o -",
    "check FILE", "check FILE --json", "run FILE -q", "run FILE -q -o -", "submit FILE",
    "usage", "usage --json", "search JOB about", "search JOB about --json", "compare JOB JOB",
    "compare JOB JOB --json", "config", "config --json", "doctor", "doctor --json",
    "edit JOB --notes x --json", "completion bash")  # fmt: skip


@pytest.fixture
def job_id(shell: Shell) -> str:
    """A job that has its answer."""
    shell.write("one.jsonl", jsonl([request("a")]))
    return str(json.loads(shell.wellspring("run", "one.jsonl", "-q").stdout)["job_id"])


def words_of(line: str, job_id: str) -> list[str]:
    """The arguments that a line stands for."""
    names = {"JOB": job_id, "FILE": "one.jsonl"}
    return [names.get(word, word) for word in line.split()]


def test_a_reader_that_has_had_enough_ends_every_command_quietly(shell: Shell, job_id: str) -> None:
    for line in _READING:
        with shell.started(*words_of(line, job_id)) as running:
            assert running.stdout is not None
            assert running.stderr is not None
            running.stdout.close()
            said = running.stderr.read()
        # 141 is what a shell reports of a program that SIGPIPE has ended.
        assert (line, running.wait()) == (line, 141)
        assert b"Traceback" not in said
        assert b"BrokenPipe" not in said


@pytest.mark.parametrize("command", ["run FILE", "results JOB", "watch JOB"])
def test_a_dash_is_stdout(shell: Shell, job_id: str, command: str) -> None:
    done = shell.wellspring(*words_of(command, job_id), "-o", "-")

    assert done.code == 0
    assert json.loads(done.stdout)["answered"] == 1
    assert not (shell.folder / "-").exists()


@pytest.mark.parametrize(
    ("variables", "painted", "coloured"),
    [
        ({}, True, True),
        ({"NO_COLOR": "1"}, True, False),
        ({"TERM": "dumb"}, False, False),
    ],
    ids=["a terminal", "NO_COLOR", "a dumb terminal"],
)
def test_progress_is_painted_as_the_terminal_wants_it(
    shell: Shell, variables: dict[str, str], *, painted: bool, coloured: bool
) -> None:
    there = shell.environment(TERM="xterm-256color", WELLSPRING_PACE="1", COLORTERM="")
    with Terminal(
        ["run", str(SAMPLE), "-o", "out.json"],
        folder=shell.folder,
        environment={**there, **variables},
    ) as terminal:
        assert terminal.until_gone() == 0
    assert b"the results are in" in terminal.written
    assert (b"\x1b[" in terminal.written) == painted
    assert bool(_COLOUR.search(terminal.written)) == coloured


def test_progress_is_on_stderr_alone(shell: Shell) -> None:
    ours, theirs = pty.openpty()
    try:
        done = subprocess.run(
            [*PROGRAM, "run", str(SAMPLE)],
            cwd=shell.folder,
            env=shell.environment(TERM="xterm-256color"),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=theirs,
            check=True,
        )
        painted = os.read(ours, 1_000_000)
    finally:
        os.close(theirs)
        os.close(ours)
    assert json.loads(done.stdout)["answered"] == 9
    assert b"\x1b[" in painted


@pytest.mark.parametrize("command", ["jobs", "status JOB", "check FILE -q", "config", "usage -q"])
def test_lists_are_plain_on_a_terminal_too(shell: Shell, job_id: str, command: str) -> None:
    with Terminal(
        words_of(command, job_id), folder=shell.folder, environment=shell.environment()
    ) as terminal:
        assert terminal.until_gone() == 0
    assert b"\x1b" not in terminal.written


def test_ctrl_c_while_watching_leaves_the_job_running(shell: Shell) -> None:
    job_id = shell.wellspring("submit", SAMPLE, WELLSPRING_PACE="30").stdout.strip()
    with shell.started("watch", job_id) as watching:
        assert watching.stderr is not None
        assert job_id in watching.stderr.readline().decode()
        watching.send_signal(signal.SIGINT)
        stdout, said = watching.communicate()

    assert (watching.returncode, stdout) == (130, b"")
    assert f"the job {job_id} goes on. `wellspring watch {job_id}` picks it up" in said.decode()
    assert b"Traceback" not in said
    assert shell.json("status", job_id, "--offline")["collected"] is False


def test_ctrl_c_while_submitting_keeps_the_job_and_tells_its_id(shell: Shell) -> None:
    over = threading.Event()

    def slow(_asked: Asked) -> Reply | None:
        over.wait(60)
        return None

    with ScriptedService(slow) as service:
        there = {"OPENAI_BASE_URL": service.base_url, "OPENAI_API_KEY": "sk-0123456789abcdef"}
        with shell.started("submit", SAMPLE, "--service", "openai", **there) as submitting:
            until(lambda: bool(service.asked), "the upload")
            submitting.send_signal(signal.SIGINT)
            stdout, said = submitting.communicate()
        over.set()

    job_id = stdout.decode().strip()
    assert submitting.returncode == 130
    assert f"the job {job_id} is kept, but not all of it is sent" in said.decode()
    assert f"`wellspring watch {job_id}` carries it on" in said.decode()
    assert b"Traceback" not in said
    assert [job["job_id"] for job in shell.json("jobs")] == [job_id]
