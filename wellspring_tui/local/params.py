"""What a caller sends beside a file: query and body parameters, checked one by one.

Each function returns the value or raises the `ApiError` that OpenAI's service answers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from wellspring_tui.local.wire import (
    ApiError,
    JsonObject,
    missing_parameter,
    out_of_range,
    wrong_type,
    wrong_value,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.datastructures import QueryParams

MAX_PAIRS = 16
MAX_KEY_CHARACTERS = 64
MAX_VALUE_CHARACTERS = 512
SHORTEST_LIFE_SECONDS = 3_600
LONGEST_LIFE_SECONDS = 2_592_000


def json_object(raw: bytes) -> JsonObject:
    """The JSON object in a request's body."""
    try:
        body = msgspec.json.decode(raw)
    except (ValueError, RecursionError):
        raise ApiError(400, "We could not parse the JSON body of your request.") from None
    if not isinstance(body, dict):
        raise ApiError(400, "The body of your request must be a JSON object.")
    return body


def text(body: JsonObject, name: str) -> str:
    """A string that must be there."""
    value = body.get(name)
    if value is None:
        raise missing_parameter(name)
    if not isinstance(value, str):
        raise wrong_type(name, "a string", value)
    return value


def choice(body: JsonObject, name: str, supported: Iterable[str]) -> str:
    """A string that must be there and be one of `supported`."""
    value = text(body, name)
    if value not in supported:
        raise wrong_value(name, value, supported)
    return value


def metadata(body: JsonObject) -> dict[str, str] | None:
    """Up to 16 pairs of strings, or None."""
    pairs = body.get("metadata")
    if pairs is None:
        return None
    if not isinstance(pairs, dict):
        raise wrong_type("metadata", "an object", pairs)
    if len(pairs) > MAX_PAIRS:
        raise ApiError(
            400,
            f"Invalid 'metadata': too many properties. Expected an object with at most "
            f"{MAX_PAIRS} properties, but got an object with {len(pairs)} properties instead.",
            param="metadata",
            code="object_above_max_properties",
        )
    for key, value in pairs.items():
        if len(key) > MAX_KEY_CHARACTERS:
            raise _too_long("metadata", key, MAX_KEY_CHARACTERS)
        if not isinstance(value, str):
            raise wrong_type(f"metadata.{key}", "a string", value)
        if len(value) > MAX_VALUE_CHARACTERS:
            raise _too_long(f"metadata.{key}", value, MAX_VALUE_CHARACTERS)
    return pairs


def _too_long(name: str, value: str, limit: int) -> ApiError:
    return ApiError(
        400,
        f"Invalid '{name}': string too long. Expected a string with maximum length {limit}, "
        f"but got a string with length {len(value)} instead.",
        param=name,
        code="string_above_max_length",
    )


def life_seconds(policy: object, name: str) -> int | None:
    """The seconds of an expiration policy `{"anchor": "created_at", "seconds": …}`."""
    if policy is None:
        return None
    if not isinstance(policy, dict):
        raise wrong_type(name, "an object", policy)
    anchor, seconds = policy.get("anchor"), policy.get("seconds")
    if anchor is None:
        raise missing_parameter(f"{name}.anchor")
    if anchor != "created_at":
        raise wrong_value(f"{name}.anchor", str(anchor), ["created_at"])
    if seconds is None:
        raise missing_parameter(f"{name}.seconds")
    if not isinstance(seconds, int) or isinstance(seconds, bool):
        raise wrong_type(f"{name}.seconds", "an integer", seconds)
    if not SHORTEST_LIFE_SECONDS <= seconds <= LONGEST_LIFE_SECONDS:
        raise out_of_range(f"{name}.seconds", seconds, SHORTEST_LIFE_SECONDS, LONGEST_LIFE_SECONDS)
    return seconds


def limit(query: QueryParams, *, default: int, maximum: int) -> int:
    """How many objects a page holds at most."""
    given = query.get("limit")
    if given is None:
        return default
    try:
        wanted = int(given)
    except ValueError:
        raise wrong_type("limit", "an integer", given) from None
    if not 1 <= wanted <= maximum:
        raise out_of_range("limit", wanted, 1, maximum)
    return wanted
