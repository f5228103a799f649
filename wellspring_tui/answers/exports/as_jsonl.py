"""One line of JSON a request, in view order: what the results JSON holds, but for its head."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Any

from wellspring_tui.answers.exports.source import encode, own_parts

if TYPE_CHECKING:
    from wellspring_tui.answers.exports.source import Entry, Source


def write(source: Source, to: IO[bytes]) -> None:
    """Write every request, failed and missing ones too."""
    for entry in source.entries():
        to.write(encode(as_line(entry)) + b"\n")


def as_line(entry: Entry) -> dict[str, Any]:
    """One request; what it does not have is null."""
    answer = entry.answer
    told = {
        "section": answer.section,
        "prompt_type": answer.prompt_type,
        "custom_id": answer.custom_id,
        "state": answer.state.value,
        "response": entry.response,
        "usage": entry.usage,
        "model": answer.model,
        "finish_reason": answer.finish,
        "cost_usd": entry.dollars,
        "status_code": answer.status_code,
        "reason": answer.reason,
        "off_schema": answer.off_schema,
    }
    return told | own_parts(entry)
