"""What a service that keeps strictly to a JSON Schema takes of JSON Schema.

After OpenAI's guide to structured outputs, “Supported schemas”: what is not named there is
answered with an error, for each request of a batch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wellspring_tui.fitting import parts, place
from wellspring_tui.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_KNOWN = frozenset(
    {
        *("$schema", "$defs", "definitions", "$ref", "title", "description"),
        *("type", "enum", "const", "anyOf", "properties", "required", "additionalProperties"),
        *("items", "minItems", "maxItems", "pattern", "format", "multipleOf"),
        *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
    }
)
_TYPED = ("type", "anyOf", "$ref", "enum", "const")
_MOST_PROPERTIES = 5_000
_MOST_LEVELS = 10
_MOST_CHOICES = 1_000


def objection(schema: Mapping[str, Any]) -> str | None:
    """Why a strict service would refuse a schema, and where in it; None when it would not."""
    return next(_objections(schema), None)


def _objections(schema: Mapping[str, Any]) -> Iterator[str]:
    if "anyOf" in schema:
        yield "the root: anyOf may not stand there"
    properties = choices = 0
    for path, part in parts(schema):
        for what in _of_part(part):
            yield f"{place(path) or 'the root'}: {what}"
        named, listed = part.get("properties"), part.get("enum")
        properties += len(named) if isinstance(named, dict) else 0
        choices += len(listed) if isinstance(listed, list) else 0
        if named and path.count("properties") >= _MOST_LEVELS:
            yield f"{place(path)}: objects may stand {_MOST_LEVELS} deep, and this one is deeper"
    if properties > _MOST_PROPERTIES:
        yield f"it has {properties:,} properties, more than {_MOST_PROPERTIES:,}"
    if choices > _MOST_CHOICES:
        yield f"its enums have {choices:,} values, more than {_MOST_CHOICES:,}"


def _of_part(part: Mapping[str, Any]) -> Iterator[str]:
    for keyword in part:
        if keyword not in _KNOWN:
            yield f"“{one_line(keyword, 40)}” is not among what strict schemas may hold"
    if "$ref" in part and len(part) > 1 + ("$defs" in part):
        yield "nothing may stand beside a $ref"
    if not any(keyword in part for keyword in _TYPED):
        yield "a type is needed"
    kind, named = part.get("type"), part.get("properties")
    kinds = kind if isinstance(kind, list) else [kind]
    if "array" in kinds and not isinstance(part.get("items"), dict):
        yield "an array must say what its items are"
    if "object" in kinds or named is not None:
        yield from _of_object(part, named if isinstance(named, dict) else {})


def _of_object(part: Mapping[str, Any], named: Mapping[str, Any]) -> Iterator[str]:
    if part.get("additionalProperties") is not False:
        yield "additionalProperties must be false"
    required = part.get("required")
    missing = [name for name in named if not isinstance(required, list) or name not in required]
    if missing:
        yield f"every property must be required, and “{one_line(missing[0], 40)}” is not"
    if not all(isinstance(one, dict) for one in named.values()):
        yield "every property needs a schema of its own"
