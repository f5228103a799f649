"""Query parameters: one that an address does not know is a slip, and told."""

from __future__ import annotations

from fastapi.requests import HTTPConnection
from fastapi.routing import APIRoute

from wellspring_tui.rest.problems import validation

_UNKNOWN = "There is no such parameter"


def refuse_unknown(asked: HTTPConnection) -> None:
    """Raises RefusalError for a parameter that the address, as it is described, does not take."""
    route = asked.scope.get("route")
    if not isinstance(route, APIRoute) or not route.include_in_schema:
        return
    described = asked.app.openapi()["paths"][route.path_format][asked.scope["method"].lower()]
    known = {one["name"] for one in described.get("parameters", ()) if one["in"] == "query"}
    found = [
        {"loc": ("query", name), "msg": _UNKNOWN, "type": "extra_forbidden"}
        for name in asked.query_params
        if name not in known
    ]
    if found:
        raise validation(found)
