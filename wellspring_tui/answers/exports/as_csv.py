"""A table for spreadsheets (RFC 4180): one row a request, the texts in cells.

The own columns of a table's rows come last; one whose name is one of ours is `row_NAME`.
"""

from __future__ import annotations

from typing import IO, TYPE_CHECKING

from wellspring_tui.answers.exports.csv_rows import csv_row
from wellspring_tui.answers.own_rows import as_texts, titles

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wellspring_tui.answers.exports.source import Entry, Source

COLUMNS = (
    "section", "prompt_type", "custom_id", "state", "response", "model", "finish_reason",
    "input_tokens", "output_tokens", "total_tokens", "cached_tokens", "reasoning_tokens",
    "cost_usd", "status_code", "reason", "off_schema",
)  # fmt: skip


def write(source: Source, to: IO[bytes]) -> None:
    """Write a line of titles and a row for every request, failed and missing ones too."""
    own = source.columns()
    to.write(csv_row((*COLUMNS, *(["prompt"] if source.prompts else []), *own_titles(own))))
    for entry in source.entries():
        to.write(csv_row(_values(entry, own, prompts=source.prompts)))


def own_titles(columns: Sequence[str]) -> list[str]:
    """What own columns are called in every table of answers, whatever else is asked for."""
    return titles(columns, (*COLUMNS, "usage", "prompt"))


def _values(entry: Entry, own: Sequence[str], *, prompts: bool) -> Iterator[object]:
    answer = entry.answer
    yield from (answer.section, answer.prompt_type, answer.custom_id, answer.state.value)
    yield from (entry.response, answer.model, answer.finish)
    usage = answer.usage
    yield from (usage.input_tokens, usage.output_tokens, usage.total_tokens)
    yield from (usage.cached_tokens, usage.reasoning_tokens)
    yield entry.dollars
    yield from (answer.status_code, answer.reason, answer.off_schema)
    if prompts:
        yield entry.prompt
    cells = {} if entry.row is None else as_texts(entry.row)
    yield from map(cells.get, own)
