"""Queries for jobs as SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wellspring_tui.jobs.model import JobsQuery

_ORDERS = {
    "created_at", "name", "status", "service", "model", "requests", "completed", "failed",
    "input_tokens", "cost", "expires_at",
}  # fmt: skip


def where(query: JobsQuery) -> tuple[str, dict[str, object]]:
    """The WHERE clause of a query, and its parameters."""
    if not query.text:
        return "", {}
    fields = ("id", "name", "model", "status", "service")
    found = " OR ".join(f"instr(folded({field}), :text)" for field in fields)
    return f"WHERE {found}", {"text": query.text.casefold()}


def order(query: JobsQuery) -> str:
    """What comes after ORDER BY."""
    column = query.order_by if query.order_by in _ORDERS else "created_at"
    return f"{column} {'DESC' if query.descending else 'ASC'}, id"
