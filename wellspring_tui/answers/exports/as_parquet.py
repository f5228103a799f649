"""The answers as Parquet, for pandas, polars, DuckDB; needs pyarrow, which is not everybody's."""

from __future__ import annotations

from decimal import Decimal
from typing import IO, TYPE_CHECKING, Any

from wellspring_tui.answers.exports.as_csv import own_titles
from wellspring_tui.answers.exports.source import encode
from wellspring_tui.answers.own_rows import as_texts
from wellspring_tui.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import ModuleType

    from wellspring_tui.answers.exports.source import Entry, Source

_GROUP_ROWS = 5_000
_GROUP_CHARACTERS = 8_000_000
"""A group of rows is held in memory until it is written."""
_MONEY_DIGITS = (24, 12)
"""Of a dollar: in all, and behind the point. Prices a token are told to 10⁻¹²."""


def write(source: Source, to: IO[bytes]) -> None:
    """Write a row for every request, failed and missing ones too.

    Raises InputError where pyarrow is not installed.
    """
    arrow, parquet = _pyarrow()
    columns = source.columns()
    own = dict(zip(columns, own_titles(columns), strict=True))
    schema = _schema(arrow, own, prompts=source.prompts)
    with parquet.ParquetWriter(to, schema, compression="zstd") as file:
        for rows in _groups(source, own):
            file.write_table(arrow.Table.from_pylist(rows, schema=schema))


def _pyarrow() -> tuple[ModuleType, ModuleType]:
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError:
        raise InputError(
            "Parquet is written by pyarrow, which is not installed",
            todo="`pip install 'wellspring-tui[parquet]'` adds it.",
        ) from None
    return pa, parquet


def _schema(arrow: ModuleType, own: Mapping[str, str], *, prompts: bool) -> Any:
    text, number = arrow.string(), arrow.int64()
    columns = {
        "section": text,
        "prompt_type": text,
        "custom_id": text,
        "state": text,
        "response": text,
        "model": text,
        "finish_reason": text,
        "input_tokens": number,
        "output_tokens": number,
        "total_tokens": number,
        "cached_tokens": number,
        "reasoning_tokens": number,
        "cost_usd": arrow.decimal128(*_MONEY_DIGITS),
        "status_code": number,
        "reason": text,
        "off_schema": text,
        "usage": text,
    }
    asked = {"prompt": text} if prompts else {}
    return arrow.schema({**columns, **asked, **dict.fromkeys(own.values(), text)})


def _groups(source: Source, own: Mapping[str, str]) -> Iterator[list[dict[str, object]]]:
    rows: list[dict[str, object]] = []
    characters = 0
    for entry in source.entries():
        rows.append(_row(entry) | _own(entry, own))
        characters += len(entry.response or "") + len(entry.prompt or "") + len(entry.row or b"")
        if len(rows) >= _GROUP_ROWS or characters >= _GROUP_CHARACTERS:
            yield rows
            rows, characters = [], 0
    if rows:
        yield rows


def _own(entry: Entry, own: Mapping[str, str]) -> dict[str, object]:
    """The own columns of a table's row: texts, like the table's cells."""
    cells = {} if entry.row is None else as_texts(entry.row)
    return {own[name]: cell for name, cell in cells.items()}


def _row(entry: Entry) -> dict[str, object]:
    answer, usage = entry.answer, entry.answer.usage
    cost = entry.cost
    return {
        "section": answer.section,
        "prompt_type": answer.prompt_type,
        "custom_id": answer.custom_id,
        "state": answer.state.value,
        "response": entry.response,
        "model": answer.model,
        "finish_reason": answer.finish,
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
        "total_tokens": usage.total_tokens,
        "cached_tokens": usage.cached_tokens,
        "reasoning_tokens": usage.reasoning_tokens,
        "cost_usd": None if cost is None else cost.quantize(Decimal(10) ** -_MONEY_DIGITS[1]),
        "status_code": answer.status_code,
        "reason": answer.reason,
        "off_schema": answer.off_schema,
        # Whole, as the service wrote it: it may tell more than the columns do.
        "usage": None if entry.usage is None else encode(entry.usage).decode(),
        "prompt": entry.prompt,
    }
