"""The results as JSON: every answer by section and prompt type.

    {"total_results": 9, "results_by_section": {section: {prompt type: {"response", "usage",
     "model", …}}}, "failures": […], "timestamp": …}

An answer to a row of a table has its own columns beside it: `"row": {column: cell}`.

`total_results` counts the answers; what failed or is missing is listed apart, so that
no reader takes an error for an answer. `truncated`, `refused` and `off_schema` count those
of the answers that want a look.
"""

from __future__ import annotations

from datetime import UTC, datetime
from shutil import copyfileobj
from tempfile import SpooledTemporaryFile
from typing import IO, TYPE_CHECKING, Any

import msgspec

from wellspring_tui.answers.exports.source import encode, own_parts
from wellspring_tui.answers.own_rows import as_values

if TYPE_CHECKING:
    from wellspring_tui.answers.exports.source import Entry, Source
    from wellspring_tui.answers.model import Answer

_KEPT_IN_MEMORY_BYTES = 16 * 1024 * 1024


def write(source: Source, to: IO[bytes]) -> None:
    """Write the results as a stream; what failed or is missing waits aside until the end."""
    with SpooledTemporaryFile(_KEPT_IN_MEMORY_BYTES) as failures:
        _write(source, to, failures)


def _write(source: Source, to: IO[bytes], failures: IO[bytes]) -> None:
    head = msgspec.json.format(encode(_head(source)), indent=2)
    to.write(head.removesuffix(b"\n}"))
    to.write(b',\n  "results_by_section": {')
    section: str | None = None
    names = _Names()
    for entry in source.entries():
        answer = entry.answer
        if entry.response is None:
            failures.write(b",\n    " if failures.tell() else b"\n    ")
            failures.write(encode(_failure(entry)))
            continue
        if answer.section != section:
            to.write(b"\n    }," if section is not None else b"")
            to.write(b"\n    " + encode(answer.section) + b": {")
            section, names = answer.section, _Names()
        to.write(b"," if names.taken else b"")
        name = names.unused(answer.prompt_type)
        told = msgspec.json.format(encode(as_entry(entry)), indent=2)
        to.write(b"\n      " + encode(name) + b": " + told.replace(b"\n", b"\n      "))
    to.write(b"\n    }\n  }" if section is not None else b"}")
    to.write(b',\n  "failures": [')
    failures.seek(0)
    copyfileobj(failures, to)
    to.write(b"\n  ]\n}\n")


def as_dict(source: Source) -> dict[str, Any]:
    """The same at once, in memory."""
    by_section: dict[str, dict[str, Any]] = {}
    names: dict[str, _Names] = {}
    failures = []
    for entry in source.entries():
        answer = entry.answer
        if entry.response is None:
            failures.append(_plain(_failure(entry)))
            continue
        section = by_section.setdefault(answer.section, {})
        name = names.setdefault(answer.section, _Names()).unused(answer.prompt_type)
        section[name] = _plain(as_entry(entry))
    return {**_head(source), "results_by_section": by_section, "failures": failures}


def as_entry(entry: Entry) -> dict[str, Any]:
    """One answered request, as the results hold it."""
    answer = entry.answer
    told = {
        "response": entry.response,
        "usage": entry.usage,
        "model": answer.model,
        "custom_id": answer.custom_id,
        "finish_reason": answer.finish,
        "off_schema": answer.off_schema,
        "cost_usd": entry.dollars,
    }
    return told | own_parts(entry)


def _plain(told: dict[str, Any]) -> dict[str, Any]:
    """The same without JSON in it."""
    return {**told, "row": as_values(told["row"])} if "row" in told else told


def _head(source: Source) -> dict[str, Any]:
    index = source.results.index
    totals = index.totals()
    return {
        "total_results": totals.answered,
        "timestamp": datetime.now(UTC).isoformat(timespec="seconds"),
        **source.about,
        "requests": totals.requests,
        "answered": totals.answered,
        "failed": totals.failed,
        "missing": totals.missing,
        "truncated": totals.truncated,
        "refused": totals.refused,
        "off_schema": totals.off_schema,
        "usage": msgspec.to_builtins(totals.usage),
        "usage_by_section": {
            section.name: msgspec.to_builtins(section.totals.usage) for section in index.sections()
        },
    }


def _failure(entry: Entry) -> dict[str, Any]:
    answer: Answer = entry.answer
    told = {
        "custom_id": answer.custom_id,
        "section": answer.section,
        "prompt_type": answer.prompt_type,
        "state": answer.state.value,
        "status_code": answer.status_code,
        "reason": answer.reason,
    }
    return told | own_parts(entry)


class _Names:
    """The names in one section: two prompts, or two hundred thousand, may carry one type."""

    def __init__(self) -> None:
        self.taken: dict[str, int] = {}
        """And the number that comes next for it."""

    def unused(self, name: str) -> str:
        """`name`, or `name (2)` and so on."""
        if name not in self.taken:
            self.taken[name] = 2
            return name
        number = self.taken[name]
        while f"{name} ({number})" in self.taken:
            number += 1
        self.taken[name] = number + 1
        self.taken[f"{name} ({number})"] = 2
        return f"{name} ({number})"
