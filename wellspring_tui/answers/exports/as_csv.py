"""A table for spreadsheets (RFC 4180): one row a request, the texts in cells."""

from __future__ import annotations

import re
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from wellspring_tui.answers.exports.source import Entry, Source

_COLUMNS = (
    "section", "prompt_type", "custom_id", "state", "response", "model", "finish_reason",
    "input_tokens", "output_tokens", "total_tokens", "cached_tokens", "reasoning_tokens",
    "cost_usd", "status_code", "reason",
)  # fmt: skip

# A spreadsheet runs a cell that begins so as a formula, whoever wrote it; a quote mark
# before it makes it a text (OWASP, "CSV Injection").
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


_SPECIAL = re.compile('[",\r\n]')


def write(source: Source, to: IO[bytes]) -> None:
    """Write a line of titles and a row for every request, failed and missing ones too."""
    to.write(_row((*_COLUMNS, "prompt") if source.prompts else _COLUMNS))
    for entry in source.entries():
        to.write(_row(_values(entry, prompts=source.prompts)))


def _row(values: Iterable[object]) -> bytes:
    """As the csv module would write it, several times as quickly for texts as long as these."""
    return (",".join(map(_cell, values)) + "\r\n").encode()


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


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    if text.startswith(_FORMULA_STARTS):
        text = f"'{text}"
    if _SPECIAL.search(text) is None:
        return text
    return '"' + text.replace('"', '""') + '"'
