"""Parquet: typed columns that data tools read without a word."""

from __future__ import annotations

import io
import json
import sys
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from tests.answers.exports.job import ROWS
from wellspring_tui.answers.exports import as_parquet
from wellspring_tui.errors import InputError

if TYPE_CHECKING:
    from tests.answers.exports.conftest import Written

parquet = pytest.importorskip("pyarrow.parquet")


def rows_of(content: bytes) -> list[dict[str, Any]]:
    """The rows of a Parquet file."""
    rows: list[dict[str, Any]] = parquet.read_table(io.BytesIO(content)).to_pylist()
    return rows


def test_every_request_is_a_row_with_typed_columns(written: Written) -> None:
    rows = rows_of(written("parquet"))
    assert tuple(row["custom_id"] for row in rows) == ROWS
    assert rows[0]["response"] == "# Soil\n\nIt is “good”,\u2028\U0001f331 \x00 \x1b[2J and *deep*."
    assert (rows[0]["total_tokens"], rows[0]["status_code"]) == (15, 200)
    assert rows[0]["cost_usd"] == Decimal("0.000000075")
    assert json.loads(rows[0]["usage"])["completion_tokens"] == 5
    assert rows[1]["cost_usd"] is None
    assert (rows[4]["response"], rows[4]["usage"]) == (None, None)
    assert rows[5]["response"] == '=1+1,"2"\r\n-3'  # data tools run no formulas
    assert "prompt" not in rows[0]
    assert rows_of(written("parquet", prompts=True))[6]["prompt"] == "About rain?"


def test_rows_are_written_in_groups_so_that_memory_stays_small(
    written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(as_parquet, "_GROUP_ROWS", 3)
    content = written("parquet")
    assert parquet.ParquetFile(io.BytesIO(content)).num_row_groups == 3
    assert tuple(row["custom_id"] for row in rows_of(content)) == ROWS
    monkeypatch.setattr(as_parquet, "_GROUP_CHARACTERS", 10)
    assert parquet.ParquetFile(io.BytesIO(written("parquet"))).num_row_groups > 3


def test_without_pyarrow_the_extra_that_brings_it_is_named(
    written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(InputError, match=r"wellspring-tui\[parquet\]"):
        written("parquet")
