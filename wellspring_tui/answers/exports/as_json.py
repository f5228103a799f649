"""The results as JSON: every answer by section and prompt type.

    {"total_results": 9, "results_by_section": {section: {prompt type: {"response", "usage",
     "model", …}}}, "failures": […], "timestamp": …}

`total_results` counts the answers; what failed or is missing is listed apart, so that
no reader takes an error for an answer. `truncated`, `refused` and `off_schema` count those
of the answers that want a look.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import IO, TYPE_CHECKING, Any

import msgspec

from wellspring_tui.answers.exports.source import encode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wellspring_tui.answers.exports.source import Entry, Source
    from wellspring_tui.answers.model import Answer


def write(source: Source, to: IO[bytes]) -> None:
    """Write the results as a stream; only what failed or is missing is kept until the end."""
    head = msgspec.json.format(encode(_head(source)), indent=2)
    to.write(head.removesuffix(b"\n}"))
    to.write(b',\n  "results_by_section": {')
    section: str | None = None
    used: dict[str, None] = {}
    failures: list[bytes] = []
    for entry in source.entries():
        answer = entry.answer
        if entry.response is None:
            failures.append(encode(_failure(entry)))
            continue
        if answer.section != section:
            to.write(b"\n    }," if section is not None else b"")
            to.write(b"\n    " + encode(answer.section) + b": {")
            section, used = answer.section, {}
        to.write(b"," if used else b"")
        name = _unused(answer.prompt_type, used)
        used[name] = None
        told = msgspec.json.format(encode(as_entry(entry)), indent=2)
        to.write(b"\n      " + encode(name) + b": " + told.replace(b"\n", b"\n      "))
    to.write(b"\n    }\n  }" if section is not None else b"}")
    to.write(b',\n  "failures": [')
    to.write(b",".join(b"\n    " + failure for failure in failures))
    to.write(b"\n  ]\n}\n")


def as_dict(source: Source) -> dict[str, Any]:
    """The same at once, in memory."""
    by_section: dict[str, dict[str, Any]] = {}
    failures = []
    for entry in source.entries():
        answer = entry.answer
        if entry.response is None:
            failures.append(_failure(entry))
            continue
        section = by_section.setdefault(answer.section, {})
        section[_unused(answer.prompt_type, section)] = as_entry(entry)
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
    return told if entry.prompt is None else {**told, "prompt": entry.prompt}


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
    return told if entry.prompt is None else {**told, "prompt": entry.prompt}


def _unused(name: str, taken: Mapping[str, object]) -> str:
    """`name`, or `name (2)` and so on: two prompts may carry one section and type."""
    if name not in taken:
        return name
    number = 2
    while f"{name} ({number})" in taken:
        number += 1
    return f"{name} ({number})"
