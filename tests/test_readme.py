"""Everything that the README shows is run as it stands there, against the built-in service.

Every block is found by its language and what is in it, so a new one is run, too, or fails here
because nobody said how. Names that stand for something (`JOB`, a file, an address) are given
something of that kind; commands that need the network or take this very test run have a
stand-in, and each of them is told below.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING

import click
import pytest

from tests.rest.conftest import Server
from tests.support import readme
from tests.support.files import jsonl, request, visual
from tests.support.homes import stop_builtin
from tests.support.readme import README, Block
from tests.support.terminals import Terminal
from wellspring_tui.cli.app import program
from wellspring_tui.private import make_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

TEXT = README.read_text(encoding="utf-8")
BLOCKS = list(readme.blocks(TEXT))
API = "http://127.0.0.1:8000"
"""Where the README has the REST API."""

STAND_INS = {
    "python3 -m pip install uv": "exit 0",  # would change this very environment
    "pytest": f"exec {sys.executable} -m pytest -n 0 -q --collect-only tests/test_figures.py",
    "uv run": 'exec "$@"',  # would look for the project above the folder of the test
}
"""Command → what a shell does in its place."""
_DASHBOARDS = {"", "demo"}
_SERVERS = {"serve", "local"}
_SCHEMA = {
    "type": "object",
    "properties": {"answer": {"type": "string"}},
    "required": ["answer"],
    "additionalProperties": False,
}


class Story:
    """A folder with a home, in which a block is run, and a server when it is asked for."""

    def __init__(self, around: Path, tools: Path) -> None:
        self._around = around
        self._server: Server | None = None
        self.folder = around / "root"
        self.home = around / "home"
        self.folder.mkdir()
        self.environment = {
            **os.environ,
            "PATH": f"{tools}:{os.defpath}",
            "HOME": str(around),
            "NO_PROXY": "127.0.0.1",
            "PORT": "0",
            "TERM": "xterm-256color",
            "WELLSPRING_HOME": str(self.home),
            "WELLSPRING_PACE": "0",
            "WELLSPRING_SERVICE": "local",
        }
        self.write("prompts.json", visual())

    @property
    def server(self) -> Server:
        """The REST API in this folder and home."""
        if self._server is None:
            self._server = Server(self._around, limits={})
        return self._server

    def close(self) -> None:
        """Stop what runs."""
        if self._server is not None:
            self._server.stop()
        stop_builtin(self.home)

    def write(self, name: str, content: bytes) -> None:
        """A file in the folder."""
        (self.folder / name).write_bytes(content)

    def filled(self, text: str) -> str:
        """`text` with what it names put in: the address of the server, the id of a job."""
        if API in text:
            text = text.replace(API, self.server.url)
        if re.search(r"\bJOB\b", text):
            text = re.sub(r"\bJOB\b", self._job(), text)
        return text

    def run(self, *command: str) -> str:
        """What a command prints; it must end well."""
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        return done.stdout

    def make_files_for(self, line: str) -> None:
        """The files that a command names to be read."""
        words = shlex.split(line, comments=True)
        if "@prompt.txt" in words:
            self.write("prompt.txt", b"Sum up {text}")
        written = ("-o", "--output", ">", "--home")
        for before, word in zip(["", *words], words, strict=False):
            if before in written or not re.fullmatch(r"[\w./-]+\.(json|jsonl|csv)", word):
                continue
            if not (self.folder / word).exists():
                self.write(word, _content(word, before, line))

    def _job(self) -> str:
        job_id = self.server.job()
        self.server.ended(job_id)
        return job_id


def _content(name: str, option: str, line: str) -> bytes:
    """Something fit for a file of that name."""
    if option == "--schema":
        return json.dumps(_SCHEMA).encode()
    columns = ["text"] if "@prompt.txt" in line else re.findall(r"\{(\w+)\}", line)
    if columns and name.endswith(".csv"):
        return (",".join(columns) + "\n" + ",".join("words" for _ in columns) + "\n").encode()
    if columns:
        return jsonl([json.dumps(dict.fromkeys(columns, "words")).encode()])
    return visual() if name.endswith(".json") else jsonl([request("one")])


@pytest.fixture(scope="module")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of programs: our own, curl, and the stand-ins."""
    folder = tmp_path_factory.mktemp("tools")
    here = f"cd {shlex.quote(str(README.parent))} && "
    run_pytest = here + STAND_INS["pytest"]
    scripts = {
        "wellspring": f'exec {sys.executable} -m wellspring_tui "$@"',
        "python": f'exec {sys.executable} "$@"',
        "python3": 'test "$*" = "-m pip install uv" && ' + STAND_INS["python3 -m pip install uv"],
        "uv": f'test "$1" = run || exit 64; shift; {STAND_INS["uv run"]}',
        "pytest": run_pytest,
    }
    for name, script in scripts.items():
        path = folder / name
        path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        path.chmod(0o755)
    return folder


@pytest.fixture
def story(tmp_path: Path, tools: Path) -> Iterator[Story]:
    """A story that begins with a prompts file and nothing else."""
    begun = Story(tmp_path, tools)
    yield begun
    begun.close()


def run_console(story: Story, block: Block) -> None:
    """Line by line, in one shell: what is exported holds for the next line."""
    with ExitStack() as running:
        for line in map(story.filled, readme.console_lines(block)):
            story.make_files_for(line)
            if exported := re.fullmatch(r"export (\w+)=(\S*)", line):
                story.environment[exported[1]] = exported[2]
                continue
            command = _subcommand(line)
            if command in _DASHBOARDS:
                _look_at(story, line)
            elif command in _SERVERS:
                _serve(story, line, running)
            else:
                story.run("bash", "-ec", line)


def _subcommand(line: str) -> str | None:
    """Which command of ours ends a line; "" is the bare program, None another program."""
    words = shlex.split(line, comments=True)
    if "wellspring" not in words or "|" in words:
        return None
    after = words[words.index("wellspring") + 1 :]
    return next((word for word in after if word in program.list_commands(_NO_CONTEXT)), "")


_NO_CONTEXT = click.Context(program)


def _look_at(story: Story, line: str) -> None:
    """Open the dashboard in a terminal, and leave it."""
    before, _, arguments = line.partition("wellspring")
    if "&&" in before:
        story.run("bash", "-ec", before.rpartition("&&")[0])
    words = shlex.split(arguments, comments=True)
    with Terminal(words, folder=story.folder, environment=story.environment) as terminal:
        terminal.until_shown("Jobs")
        terminal.press("\x11")
        assert terminal.until_gone() == 0


def _serve(story: Story, line: str, running: ExitStack) -> None:
    """Start a server that goes on to the end of the block, once it says where it is."""
    process = running.enter_context(
        subprocess.Popen(
            ["bash", "-ec", f"exec {line.removeprefix('uv run ')}"],
            cwd=story.folder,
            env=story.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
    )
    running.callback(process.terminate)
    assert process.stdout is not None
    said = process.stdout.readline()
    assert "http://127.0.0.1:" in said, said


def run_python(story: Story, block: Block) -> None:
    """As a script of its own; a warning is a defect."""
    story.run(sys.executable, "-W", "error", "-c", story.filled(block.text))


def run_json(story: Story, block: Block) -> None:
    """A prompts file is checked; results have the shape of real ones."""
    shown = json.loads(block.text)
    if not (isinstance(shown, dict) and "total_results" in shown):
        story.write("shown.json", block.text.encode())
        told = json.loads(story.run("wellspring", "check", "shown.json", "--json"))
        assert told["sendable"]
        return
    out = story.run("wellspring", "run", "prompts.json", "-q", "-o", "-")
    real = json.loads(out)
    assert shown.keys() <= real.keys()
    entry = real["results_by_section"]["Finding the Ground"]["facts_prompt"]
    for types in shown["results_by_section"].values():
        for answer in types.values():
            assert answer.keys() <= entry.keys()
            assert answer["usage"].keys() <= entry["usage"].keys()


def run_jsonl(story: Story, block: Block) -> None:
    """A file of ready-made requests."""
    story.write("shown.jsonl", block.text.encode())
    story.run("wellspring", "check", "shown.jsonl")


def run_toml(story: Story, block: Block) -> None:
    """A config.toml: all of its settings are taken, and told to be from there."""
    make_folder(story.home).joinpath("config.toml").write_text(block.text, encoding="utf-8")
    del story.environment["WELLSPRING_PACE"], story.environment["WELLSPRING_SERVICE"]
    told = json.loads(story.run("wellspring", "config", "--json"))
    assert "config.toml" in json.dumps(told)
    story.run("wellspring", "jobs")


RUNNERS: dict[str, Callable[[Story, Block], None]] = {
    "console": run_console,
    "json": run_json,
    "jsonl": run_jsonl,
    "python": run_python,
    "toml": run_toml,
}


def test_every_block_has_a_language_that_is_run() -> None:
    unknown = [str(block) for block in BLOCKS if block.language not in RUNNERS]
    assert unknown == [], "say in RUNNERS how such a block is run"
    shown = {block.language for block in BLOCKS}
    assert {"console", "json", "python", "toml"} <= shown


def test_all_three_ways_to_call_it_are_shown() -> None:
    python = [block.text for block in BLOCKS if block.language == "python"]
    console = [block.text for block in BLOCKS if block.language == "console"]
    assert any("run_complete_batch_workflow" in text for text in python)
    assert any("import requests" in text and "/batch/submit" in text for text in python)
    assert any("curl" in text and "/batch/submit" in text for text in console)
    assert any("wellspring run" in text for text in console)


def test_nothing_stands_in_for_what_is_no_longer_shown() -> None:
    assert [command for command in STAND_INS if command not in TEXT] == []


@pytest.mark.parametrize("block", BLOCKS, ids=str)
def test_a_block_does_what_it_says(story: Story, block: Block) -> None:
    if "curl" in block.text and shutil.which("curl") is None:
        pytest.skip("this machine has no curl")
    RUNNERS[block.language](story, block)


def test_commands_in_sentences_exist_with_their_flags() -> None:
    for command in readme.commands_in_sentences(TEXT):
        words = shlex.split(command)[1:]
        named = [word for word in words if word in program.list_commands(_NO_CONTEXT)]
        flags = {word.partition("=")[0] for word in words if word.startswith("-")} - {"--help"}
        if words and not words[0].startswith("-") and words[0] != "COMMAND":
            assert named, f"`{command}`: there is no such command"
        of_command = program.get_command(_NO_CONTEXT, named[0]) if named else program
        assert of_command is not None
        assert flags <= _flags_of(of_command) | _flags_of(program), f"`{command}`"


def test_flags_in_sentences_exist() -> None:
    commands = [program, *filter(None, map(_named, program.list_commands(_NO_CONTEXT)))]
    there_are = set[str]().union(*map(_flags_of, commands))
    assert set(readme.flags_in_sentences(TEXT)) <= there_are


def _named(name: str) -> click.Command | None:
    return program.get_command(_NO_CONTEXT, name)


def _flags_of(command: click.Command) -> set[str]:
    """The flags of a command, and those of the commands below it."""
    below = command.commands.values() if isinstance(command, click.Group) else ()
    own = {flag for one in command.params if isinstance(one, click.Option) for flag in one.opts}
    return own.union(*map(_flags_of, below))


def test_the_reader_of_this_file_finds_every_block() -> None:
    shown = (
        "1. a list\n\n   ```json\n   {}\n   ```\n\n```console\nwellspring a \\\n  -b\n\n# no\n```\n"
    )
    (first, second) = readme.blocks(shown)
    assert (first.language, first.text, first.line) == ("json", "{}\n", 3)
    assert readme.console_lines(second) == ["wellspring a    -b"]
    assert TEXT.count("```") == 2 * len(BLOCKS)
