"""Answers to the rows of a table: each has the row's own columns beside it, in every format."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.answers.exports.job import ABOUT
from tests.support.files import answer, expired
from tests.support.results import results_in
from wellspring_tui.answers.exports import as_json
from wellspring_tui.answers.exports.formats import format_named
from wellspring_tui.answers.exports.source import Source
from wellspring_tui.answers.own_rows import ROWS_NAME, line_of
from wellspring_tui.answers.plain import plain_answers
from wellspring_tui.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from wellspring_tui.answers.results import Results

OWN = {
    "c": '{"id":1,"text":"<Sun> & *rain*\\u2028","price":1.10,"section":"Ours"}',
    "a": '{"id":2,"text":"=1+1","price":-5,"response":"mine","row_section":"x"}',
    "b": '{"id":3,"text":null,"price":null,"tags":["a",2.50],"prompt":"theirs"}',
}
"""By custom_id, in another order than that of the views."""
TITLES = [
    "id", "text", "price", "row_section", "row_response", "row_row_section", "tags", "row_prompt",
]  # fmt: skip
"""What they are called in a table; those whose names are ours come as `row_NAME`."""


@pytest.fixture
def rows(tmp_path: Path) -> Iterator[Results]:
    """Three requests, made of rows: answered, failed, missing."""
    filed = {own_id: (f"S{own_id > 'a'}", "facts") for own_id in OWN}
    made = results_in(tmp_path / "job", filed, answer("a", "Soil."), expired("b"))
    path = made.inputs / ROWS_NAME
    path.write_bytes(b"".join(line_of(own_id, row.encode()) for own_id, row in OWN.items()))
    made.index.add_rows(path)
    with made.index:
        yield made


def written(results: Results, name: str, *, prompts: bool = False) -> bytes:
    """All bytes of a format."""
    file = io.BytesIO()
    format_named(name).write(Source(results, ABOUT, prompts), file)
    return file.getvalue()


def test_json_lines_hold_the_row_as_it_was(rows: Results) -> None:
    lines = written(rows, "jsonl").split(b"\n")[:-1]
    found = {json.loads(line)["custom_id"]: line for line in lines}
    assert {own_id: json.loads(line)["row"] for own_id, line in found.items()} == {
        own_id: json.loads(row) for own_id, row in OWN.items()
    }
    assert b'"price":1.10' in found["c"]  # to the last digit


def test_json_holds_it_beside_answers_and_failures(rows: Results) -> None:
    results = json.loads(written(rows, "json"))
    assert results["results_by_section"]["SFalse"]["facts"]["row"] == json.loads(OWN["a"])
    assert {one["custom_id"]: one["row"]["id"] for one in results["failures"]} == {"c": 1, "b": 3}
    at_once = as_json.as_dict(Source(rows, ABOUT))
    assert at_once["results_by_section"] == results["results_by_section"]
    assert at_once["failures"] == results["failures"]


@pytest.mark.parametrize("prompts", [False, True])
def test_csv_has_a_column_for_each_after_ours_and_runs_no_formula(
    rows: Results, prompts: bool
) -> None:
    content = written(rows, "csv", prompts=prompts)
    read = csv.DictReader(io.StringIO(content.decode(), newline=""), strict=True)
    found = {row["custom_id"]: row for row in read}
    assert list(read.fieldnames or [])[-len(TITLES) :] == TITLES
    assert ("prompt" in found["a"]) is prompts
    assert found["a"]["section"] == "SFalse"
    assert found["a"]["response"] == "Soil."
    assert [found["a"][title] for title in TITLES] == ["2", "'=1+1", "-5", "", "mine", "x", "", ""]
    assert [found["c"][title] for title in TITLES[:4]] == [
        "1", "<Sun> & *rain*\u2028", "1.10", "Ours",
    ]  # fmt: skip
    assert (found["b"]["text"], found["b"]["tags"]) == ("", '["a",2.50]')
    assert found["b"]["row_prompt"] == "theirs"


def test_parquet_has_them_as_texts(rows: Results) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    read = parquet.read_table(io.BytesIO(written(rows, "parquet"))).to_pylist()
    found: dict[str, dict[str, Any]] = {row["custom_id"]: row for row in read}
    assert list(found["a"])[-len(TITLES) :] == TITLES
    assert (found["a"]["id"], found["a"]["text"], found["a"]["section"]) == ("2", "=1+1", "SFalse")
    assert (found["c"]["row_section"], found["b"]["text"]) == ("Ours", None)


def test_documents_tell_which_row_it_was_and_nothing_in_it_acts(rows: Results) -> None:
    markdown = written(rows, "markdown").decode()
    assert "- id: 1\n- text: \\<Sun\\> \\& \\*rain\\*\n- price: 1.10\n" in markdown
    page = written(rows, "html").decode()
    assert "<dt>text</dt><dd" in page
    assert "&lt;Sun&gt; &amp; *rain*" in page
    assert "<Sun>" not in page


def test_a_program_gets_them_as_plain_values(rows: Results) -> None:
    assert {one.custom_id: one.row for one in plain_answers(rows)} == {
        own_id: json.loads(row) for own_id, row in OWN.items()
    }


def test_answers_of_other_files_have_no_row(results: Results) -> None:
    assert "row" not in json.loads(written(results, "jsonl").split(b"\n")[0])
    assert results.index.columns() == ()
    assert {one.row is None for one in plain_answers(results)} == {True}


def test_rows_that_were_changed_are_not_put_beside_another_answer(rows: Results) -> None:
    path = rows.inputs / ROWS_NAME
    lines = path.read_bytes().split(b"\n")
    path.write_bytes(b"\n".join([lines[1], lines[0], *lines[2:]]))
    with pytest.raises(StorageError, match="rows are not there any more"):
        written(rows, "jsonl")


def test_two_hundred_thousand_answers_of_one_type_are_named_at_once() -> None:
    names = as_json._Names()
    made = [names.unused("facts") for _ in range(200_000)]
    assert made[:3] == ["facts", "facts (2)", "facts (3)"]
    assert len(set(made)) == 200_000
    assert names.unused("facts (2)") == "facts (2) (2)"
