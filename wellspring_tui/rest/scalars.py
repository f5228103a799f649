"""Times and money as the API writes and takes them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated

from pydantic import PlainSerializer, PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from wellspring_tui.jobs.spending import limit_from_text

_MOST_DOLLARS = 1_000_000_000
_LIMIT = r"none|[0-9]{1,9}(\.[0-9]{1,20})?"
_LIMIT_SCHEMA = {
    "anyOf": [
        {"type": "number", "minimum": 0, "maximum": _MOST_DOLLARS},
        {"type": "string", "pattern": f"^({_LIMIT})$"},
    ]
}


def _seconds_of(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")


def _limit_of(given: object) -> Decimal:
    match given:
        case bool():
            taken = False
        case int() | float():
            taken = 0 <= given <= _MOST_DOLLARS
        case str():
            taken = re.fullmatch(_LIMIT, given) is not None
        case _:
            taken = False
    limit = limit_from_text(str(given)) if taken else None
    if limit is None:
        raise PydanticCustomError("limit", "expected dollars from 0, such as 2.50, or none")
    return limit


Moment = Annotated[
    datetime,
    PlainSerializer(_seconds_of, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
Dollars = Annotated[
    Decimal,
    PlainSerializer(str, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": r"^-?[0-9.eE+-]+$"}),
]
Limit = Annotated[Decimal, PlainValidator(_limit_of), WithJsonSchema(_LIMIT_SCHEMA)]
"""The most that a job may cost, as a number of dollars or as text; `none` is no limit."""
