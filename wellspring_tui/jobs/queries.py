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
    wanted: list[str] = []
    parameters: dict[str, object] = {}
    if query.text:
        fields = ("id", "name", "model", "status", "service")
        wanted.append(" OR ".join(f"instr(folded({field}), :text)" for field in fields))
        parameters["text"] = query.text.casefold()
    if query.status:
        wanted.append("status = :status")
        parameters["status"] = query.status
    if query.after is not None:
        wanted.append("created_at < :after_at OR (created_at = :after_at AND id > :after_id)")
        parameters["after_at"] = query.after.created_at.timestamp()
        parameters["after_id"] = query.after.id
    if not wanted:
        return "", {}
    return f"WHERE ({') AND ('.join(wanted)})", parameters


def order(query: JobsQuery) -> str:
    """What comes after ORDER BY."""
    column = query.order_by if query.order_by in _ORDERS else "created_at"
    return f"{column} {'DESC' if query.descending else 'ASC'}, id"
