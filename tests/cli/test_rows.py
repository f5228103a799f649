"""One prompt over a table, as a person runs it."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import SAMPLE, sentence
from tests.support.files import jsonl, request

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Shell

TABLE = 'id;text\n7;"Two\nlines"\n8;Soil\n9;\n'
ABOUT = "Summarise for a planner: {text}"


@pytest.fixture
def table(shell: Shell) -> Path:
    """Two rows and a blank one."""
    return shell.write("table.csv", TABLE)


def test_check_tells_the_columns_and_what_is_still_needed(shell: Shell, table: Path) -> None:
    bare = shell.wellspring("check", table)
    assert bare.code == 2
    assert "Columns    id and text" in bare.stdout
    assert "it needs a template. --template" in bare.stderr
    told = json.loads(shell.wellspring("check", table, "--json").stdout)
    assert (told["columns"], told["template_needed"]) == (["id", "text"], True)
    assert told["sendable"] is False
    whole = shell.wellspring("check", table, "--template", ABOUT)
    assert whole.code == 0
    assert "Prompts    2 (1 blank left out)" in whole.stdout


def test_run_writes_the_answers_with_the_rows_they_belong_to(shell: Shell, table: Path) -> None:
    ran = shell.wellspring("run", table, "--template", ABOUT, "-q", "-o", "-")
    assert ran.code == 0
    results = json.loads(ran.stdout)
    assert {name: one["row"] for name, one in results["results_by_section"]["Rows"].items()} == {
        "row 1": {"id": "7", "text": "Two\nlines"},
        "row 2": {"id": "8", "text": "Soil"},
    }
    table.unlink()
    written = shell.wellspring("results", results["job_id"], "--format", "csv", "--prompts")
    rows = list(csv.DictReader(io.StringIO(written.stdout, newline="")))
    assert [(row["id"], row["prompt"]) for row in rows] == [
        ("7", "Summarise for a planner: Two\nlines"),
        ("8", "Summarise for a planner: Soil"),
    ]


def test_a_template_comes_from_a_file_too(shell: Shell, table: Path) -> None:
    shell.write("prompt.txt", "\ufeffFirst {id},\nthen {text}\n")
    ran = shell.wellspring("run", table, "--template", "@prompt.txt", "-q")
    assert ran.code == 0
    written = shell.wellspring("results", json.loads(ran.stdout)["job_id"], "--prompts", "--json")
    answers = json.loads(written.stdout)["results_by_section"]["Rows"]
    assert answers["row 2"]["prompt"] == "First 8,\nthen Soil"
    at = shell.wellspring("check", table, "--template", "@@{text}", "--json")
    assert json.loads(at.stdout)["prompts"] == 2


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("{txt}", "there is no column “txt”. There are id and text"),
        ("{text", "the brace in “{text” stands alone"),
        ("About it", "it names no column in braces"),
        ("@nowhere.txt", "nowhere.txt: the template can't be read (No such file"),
        ("@latin.txt", "latin.txt: the template can't be read (it is not UTF-8 text)"),
        ("@large.txt", "large.txt: the template is longer than 1 MiB"),
    ],
)
def test_a_template_that_can_not_be_used_is_one_sentence(
    shell: Shell, table: Path, template: str, said: str
) -> None:
    shell.write("latin.txt", b"Gr\xfcn {text}")
    shell.write("large.txt", b"{text} " * 200_000)
    refused = shell.wellspring("submit", table, "--template", template)
    assert refused.code == 2
    assert said in sentence(refused)
    assert shell.json("jobs") == []


def test_a_template_is_refused_for_what_is_no_table(shell: Shell) -> None:
    shell.write("requests.jsonl", jsonl([request("a")]))
    for path in (SAMPLE, "requests.jsonl"):
        refused = shell.wellspring("submit", path, "--template", ABOUT)
        assert refused.code == 2
        assert sentence(refused).endswith("and this is none. Leave the template out.")


def test_a_bad_row_is_told_with_its_line(shell: Shell) -> None:
    shell.write("bad.csv", TABLE + "10;a;b\n")
    refused = shell.wellspring("submit", "bad.csv", "--template", ABOUT)
    assert refused.code == 2
    assert "bad.csv: line 6: the row has 3 cells, the table 2 columns" in sentence(refused)
