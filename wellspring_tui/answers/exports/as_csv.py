"""A table for spreadsheets (RFC 4180): one row a request, the texts in cells."""

from __future__ import annotations

import csv
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wellspring_tui.answers.exports.source import Entry, Source

_COLUMNS = (
    "section", "prompt_type", "custom_id", "state", "response", "model", "finish_reason",
    "input_tokens", "output_tokens", "total_tokens", "cached_tokens", "reasoning_tokens",
    "cost_usd", "status_code", "reason",
)  # fmt: skip

# A spreadsheet runs a cell that begins so as a formula, whoever wrote it; a quote mark
# before it makes it a text (OWASP, "CSV Injection").
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


class _Utf8:
    """Takes text, writes UTF-8."""

    def __init__(self, to: IO[bytes]) -> None:
        self._to = to

    def write(self, text: str) -> int:
        """Write it all."""
        return self._to.write(text.encode())


def write(source: Source, to: IO[bytes]) -> None:
    """Write a line of titles and a row for every request, failed and missing ones too."""
    rows = csv.writer(_Utf8(to), lineterminator="\r\n")
    rows.writerow((*_COLUMNS, "prompt") if source.prompts else _COLUMNS)
    for entry in source.entries():
        rows.writerow(map(_cell, _values(entry, prompts=source.prompts)))


def _values(entry: Entry, *, prompts: bool) -> Iterator[object]:
    answer = entry.answer
    yield from (answer.section, answer.prompt_type, answer.custom_id, answer.state.value)
    yield from (entry.response, answer.model, answer.finish)
    usage = answer.usage
    yield from (usage.input_tokens, usage.output_tokens, usage.total_tokens)
    yield from (usage.cached_tokens, usage.reasoning_tokens)
    yield entry.dollars
    yield from (answer.status_code, answer.reason)
    if prompts:
        yield entry.prompt


def _cell(value: object) -> object:
    if isinstance(value, str) and value.startswith(_FORMULA_STARTS):
        return f"'{value}"
    return value
