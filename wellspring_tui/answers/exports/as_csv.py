"""A table for spreadsheets (RFC 4180): one row a request, the texts in cells."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING

from wellspring_tui.answers.exports.csv_rows import csv_row

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wellspring_tui.answers.exports.source import Entry, Source

_COLUMNS = (
    "section", "prompt_type", "custom_id", "state", "response", "model", "finish_reason",
    "input_tokens", "output_tokens", "total_tokens", "cached_tokens", "reasoning_tokens",
    "cost_usd", "status_code", "reason", "off_schema",
)  # fmt: skip


def write(source: Source, to: IO[bytes]) -> None:
    """Write a line of titles and a row for every request, failed and missing ones too."""
    to.write(csv_row((*_COLUMNS, "prompt") if source.prompts else _COLUMNS))
    for entry in source.entries():
        to.write(csv_row(_values(entry, prompts=source.prompts)))


def _values(entry: Entry, *, prompts: bool) -> Iterator[object]:
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
