"""CSV: what a spreadsheet opens without harm, and a program reads back."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import pytest

from tests.answers.exports.job import ABOUT, ROWS
from tests.support.files import answer
from tests.support.results import results_in
from wellspring_tui.answers.exports.csv_rows import csv_row
from wellspring_tui.answers.exports.formats import format_named
from wellspring_tui.answers.exports.source import Source

if TYPE_CHECKING:
    from pathlib import Path

    from tests.answers.exports.conftest import Written


def read(content: bytes) -> list[dict[str, str]]:
    """The rows as Python's own reader takes them."""
    return list(csv.DictReader(io.StringIO(content.decode(), newline=""), strict=True))


def test_a_program_reads_every_request_back(written: Written) -> None:
    rows = read(written("csv"))
    assert tuple(row["custom_id"] for row in rows) == ROWS
    assert rows[0]["response"] == "# Soil\n\nIt is “good”,\u2028\U0001f331 \x00 \x1b[2J and *deep*."
    assert (rows[0]["total_tokens"], rows[0]["cost_usd"]) == ("15", "0.000000075")
    assert (rows[1]["finish_reason"], rows[1]["cost_usd"]) == ("length", "")
    assert (rows[4]["state"], rows[4]["response"]) == ("failed", "")
    assert rows[4]["reason"].startswith("batch_expired: ")
    assert rows[5]["response"] == '\'=1+1,"2"\r\n-3'
    assert rows[5]["prompt_type"] == "'=sums"
    assert "prompt" not in rows[0]


def test_lines_end_as_rfc_4180_says(written: Written) -> None:
    content = written("csv")
    assert content.startswith(b"section,prompt_type,custom_id,state,response,")
    assert content.endswith(b"\r\n")
    assert b'"\'=1+1,""2""\r\n-3"' in content


def test_prompts_are_a_column_when_asked_for(written: Written) -> None:
    rows = read(written("csv", prompts=True))
    assert (rows[0]["prompt"], rows[3]["prompt"]) == ("Which soil?\n```\nopen", "'@fees")


@pytest.mark.parametrize("number", ["-5", "+1", "-1,5", "-2.5e-3"])
def test_a_number_stays_a_number(number: str) -> None:
    assert csv_row(["x", number]).rstrip() in (f"x,{number}".encode(), f'x,"{number}"'.encode())


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_nothing_a_model_wrote_is_run_as_a_formula(tmp_path: Path, start: str) -> None:
    text = f'{start}HYPERLINK("http://example.org")'
    results = results_in(tmp_path / "job", {"a": ("S", "x")}, answer("a", text))
    file = io.BytesIO()
    with results.index:
        format_named("csv").write(Source(results, ABOUT), file)
    assert read(file.getvalue())[0]["response"] == f"'{text}"
