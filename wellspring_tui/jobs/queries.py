"""Queries for jobs as SQL."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from wellspring_tui.service_profiles import IN_REAL_TIME

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wellspring_tui.jobs.model import JobsQuery

CHANNEL = f"jobs.service || iif(parts.real_time, '{IN_REAL_TIME}', '')"
"""The way that a part takes to its service; a job without a part has that of its batches."""

# None is ever NULL, so that two jobs can always be compared.
_ORDERS = {
    "created_at": "created_at",
    "name": "name COLLATE NOCASE",
    "status": "status",
    "service": "service",
    "model": "model",
    "requests": "requests",
    "completed": "completed",
    "failed": "failed",
    "missing": "max(0, requests - completed - failed)",
    "progress": "(completed + failed) * 1.0 / max(1, requests)",
    # As long as none is used, the estimate stands in its place.
    "input_tokens": "coalesce(nullif(input_tokens + output_tokens, 0), tokens_estimated)",
    "cost": "coalesce(CAST(cost AS REAL), -1)",
    "ended_at": "coalesce(ended_at, 0)",
    "expires_at": "coalesce(expires_at, 0)",
    "news_at": "coalesce(news_at, created_at)",
}

# Words between blanks; within double quotes a blank is a part of the word.
_WORDS = re.compile(r'(?:[^\s"]|"[^"]*"?)+')
_BEFORE_TAG = "\x1f"
"""Stands before each tag in `words`, and nowhere else: it counts as a blank."""
_TAG = "instr(words, {})"
_ANYWHERE = "(instr(words, {0}) OR instr(status, {0}))"
_FIELDS = {
    "status": "instr(status, {})",
    "service": "instr(folded(service), {})",
    "model": "instr(folded(model), {})",
}
_STATES = {
    "open": "NOT collected",
    "ended": "collected",
    "failed": "(failed > 0 OR (collected AND completed < requests))",
}


def search_words(*fields: str | None) -> str:
    """What a filter looks through of a job, besides its status.

    The fields are id, name, description, model, service, tags (as JSON) and notes.
    """
    *texts, tags, notes = (field or "" for field in fields)
    plain = (" ".join(text.casefold().split()) for text in (*texts, notes))
    marked = (f"{_BEFORE_TAG}{tag.casefold()}" for tag in msgspec.json.decode(tags, type=list[str]))
    return "\n".join(plain) + "".join(marked)


def where(query: JobsQuery) -> tuple[str, dict[str, object]]:
    """The WHERE clause of a query, and its parameters."""
    conditions: list[str] = []
    parameters: dict[str, object] = {}
    for condition, text in _conditions(query.text):
        name = f"word{len(conditions)}"
        conditions.append(condition.format(f":{name}"))
        parameters[name] = text
    if query.status:
        conditions.append("status = :status")
        parameters["status"] = query.status
    if query.after is not None:
        conditions.append("(created_at < :after_at OR (created_at = :after_at AND id > :after_id))")
        parameters["after_at"] = query.after.created_at.timestamp()
        parameters["after_id"] = query.after.id
    return f"WHERE {' AND '.join(conditions)}" if conditions else "", parameters


def order(query: JobsQuery) -> str:
    """What comes after ORDER BY; no two jobs are equal in it, so that pages fit together."""
    key, ways = _key(query), "DESC" if query.descending else "ASC"
    newest_first = "" if key == "created_at" else "created_at DESC, "
    return f"{key} {ways}, {newest_first}id"


def _key(query: JobsQuery) -> str:
    return _ORDERS.get(query.order_by, "created_at")


def _conditions(text: str) -> Iterator[tuple[str, str]]:
    """What each word of a filter asks for: SQL with a {} for the text that is looked for."""
    for typed in _WORDS.findall(text.casefold()):
        word = " ".join(typed.replace('"', "").split())
        field, colon, rest = word.partition(":")
        if field == "is" and colon and rest in _STATES:
            yield _STATES[rest], rest
        elif field == "is" and colon and any(state.startswith(rest) for state in _STATES):
            continue  # it is still being typed
        elif field in _FIELDS and colon:
            yield _FIELDS[field], rest
        elif word.startswith("#") or (field == "tag" and colon):
            yield _TAG, _BEFORE_TAG + word.removeprefix("tag:").removeprefix("#")
        elif word:
            yield _ANYWHERE, word
