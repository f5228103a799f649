"""The answers of a job in every format, to a file or a pipe."""

from __future__ import annotations

import csv
import io
import json
import os
import pty
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import PROGRAM, sentence
from tests.support.files import answer, encoded, expired, jsonl, request

if TYPE_CHECKING:
    from tests.cli.conftest import Shell

SENT = jsonl([request("a"), request("b"), request("c")])


@pytest.fixture
def job_id(shell: Shell) -> str:
    """A job of three requests: one answered, one failed, one missing."""
    shell.write("input.jsonl", SENT)
    shell.write("output.jsonl", encoded(answer("a", "Soil, *deep*."), expired("b")))
    made = shell.wellspring("import", "output.jsonl", "--input", "input.jsonl", "-q")
    return made.stdout.strip()


def test_the_format_is_the_one_named_or_that_of_the_file_or_json(shell: Shell, job_id: str) -> None:
    named = shell.wellspring("results", job_id, "--format", "jsonl")
    filed = shell.wellspring("results", job_id, "-o", "answers.csv")
    plain = shell.wellspring("results", job_id, "-o", "answers")

    lines = [json.loads(line) for line in named.stdout.split("\n") if line]
    assert [line["state"] for line in lines] == ["answered", "failed", "missing"]
    assert named.code == filed.code == plain.code == 1  # not all is answered
    assert filed.stdout == ""
    rows = csv.DictReader(io.StringIO((shell.folder / "answers.csv").read_text(), newline=""))
    assert [row["response"] for row in rows] == ["Soil, *deep*.", "", ""]
    assert json.loads((shell.folder / "answers").read_bytes())["total_results"] == 1


@pytest.mark.parametrize(
    ("name", "start"), [("html", b"<!DOCTYPE html>"), ("parquet", b"PAR1"), ("md", b"# output")]
)
def test_documents_and_tables_are_written_whole(
    shell: Shell, job_id: str, name: str, start: bytes
) -> None:
    done = shell.wellspring("results", job_id, "-o", f"answers.{name}", "--prompts")

    assert (done.code, done.stdout, done.stderr) == (1, "", "")
    assert (shell.folder / f"answers.{name}").read_bytes().startswith(start)


def test_prompts_come_along_when_asked_for(shell: Shell, job_id: str) -> None:
    done = shell.wellspring("results", job_id, "--prompts", "--json")

    (section,) = json.loads(done.stdout)["results_by_section"].values()
    assert section["a"]["prompt"] == "About a?"


def test_a_file_that_is_there_is_replaced_only_by_force(shell: Shell, job_id: str) -> None:
    shell.write("mine.json", "mine")

    refused = shell.wellspring("results", job_id, "-o", "mine.json")
    kept = (shell.folder / "mine.json").read_text()
    forced = shell.wellspring("results", job_id, "-o", "mine.json", "--force")

    assert refused.code == 2
    assert sentence(refused).endswith("the file exists. --force replaces it.")
    assert kept == "mine"
    assert forced.code == 1
    assert json.loads((shell.folder / "mine.json").read_bytes())["job_id"] == job_id


@pytest.mark.parametrize("name", ["html", "parquet"])
def test_what_nobody_reads_on_a_terminal_is_not_poured_over_it(
    shell: Shell, job_id: str, name: str
) -> None:
    ours, theirs = pty.openpty()
    try:
        done = subprocess.run(
            [*PROGRAM, "results", job_id, "--format", name],
            cwd=shell.folder,
            env=shell.environment(),
            stdout=theirs,
            stderr=subprocess.PIPE,
            check=False,
        )
    finally:
        os.close(theirs)
        os.close(ours)

    assert done.returncode == 2
    assert f"{name} is nothing for a terminal" in done.stderr.decode()


@pytest.mark.parametrize("name", ["json", "jsonl", "csv", "markdown", "html", "parquet"])
def test_a_reader_that_has_had_enough_ends_it_quietly(shell: Shell, job_id: str, name: str) -> None:
    with shell.started("results", job_id, "--format", name) as writing:
        assert writing.stdout is not None
        assert writing.stderr is not None
        writing.stdout.close()
        said = writing.stderr.read()

    assert said == b""
    assert writing.wait() == 141


def test_without_pyarrow_parquet_says_how_to_get_it(shell: Shell, job_id: str) -> None:
    shell.write("pyarrow.py", "raise ImportError('hidden by the test')")

    done = shell.wellspring(
        "results", job_id, "-o", "answers.parquet", PYTHONPATH=str(shell.folder)
    )

    assert done.code == 2
    assert "pip install 'wellspring-tui[parquet]'" in sentence(done)
    assert not (shell.folder / "answers.parquet").exists()
