"""An answer that does not fit its schema is told in every format, with what is wrong."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING

import pytest
from pyarrow import parquet

from tests.support.files import answer, encoded
from wellspring_tui.answers.exports.formats import FORMATS
from wellspring_tui.answers.exports.source import Source
from wellspring_tui.answers.index import AnswerIndex
from wellspring_tui.answers.model import Place
from wellspring_tui.answers.results import Results

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WRONG = 'plant: 7 is not of type "string"'


@pytest.fixture
def results(tmp_path: Path) -> Iterator[Results]:
    """Two answers, of which the second is off its schema."""
    schema = b'{"properties": {"plant": {"type": "string"}}}'
    with AnswerIndex.create(tmp_path / "index.sqlite") as index:
        index.add_requests((own_id, "Soil", own_id, Place("", 0, 0), schema) for own_id in "ab")
        path = tmp_path / "part-001.output.jsonl"
        path.write_bytes(encoded(answer("a", '{"plant": "kale"}'), answer("b", '{"plant": 7}')))
        index.add_file(path, 1, lambda _done, _total: None)
        yield Results(index, tmp_path, tmp_path)


def written(results: Results, name: str) -> bytes:
    """The export in a format."""
    out = io.BytesIO()
    FORMATS[name].write(Source(results, {}), out)
    return out.getvalue()


def test_tables_and_lines_have_a_column_for_it(results: Results) -> None:
    rows = list(csv.DictReader(io.StringIO(written(results, "csv").decode())))
    assert [row["off_schema"] for row in rows] == ["", WRONG]
    lines = written(results, "jsonl").rstrip(b"\n").split(b"\n")
    assert [json.loads(line)["off_schema"] for line in lines] == [None, WRONG]
    table = parquet.read_table(io.BytesIO(written(results, "parquet")))
    assert table.column("off_schema").to_pylist() == [None, WRONG]


def test_the_results_count_it_and_say_it_of_the_answer(results: Results) -> None:
    whole = json.loads(written(results, "json"))
    assert (whole["total_results"], whole["off_schema"]) == (2, 1)
    assert whole["results_by_section"]["Soil"]["b"]["off_schema"] == WRONG
    assert whole["results_by_section"]["Soil"]["a"]["off_schema"] is None


@pytest.mark.parametrize("name", ["markdown", "html"])
def test_documents_say_it_beside_the_answer(results: Results, name: str) -> None:
    document = written(results, name).decode()
    assert "2 answered, 0 failed, 0 missing, 1 off schema" in document
    assert document.count("Off schema") == {"markdown": 1, "html": 2}[name]
    assert "plant: 7 is not of type" in document
