"""JSON answers: a small object, or the smallest one that fits a JSON schema."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from wellspring_tui.local.prose import NOTE

if TYPE_CHECKING:
    from random import Random

    from wellspring_tui.local.prose import Subject
    from wellspring_tui.local.wire import JsonObject

_MAX_DEPTH = 12
_LARGEST = 2**53


def json_text(wanted: object, about: Subject, random: Random) -> str | None:
    """The JSON that a `response_format` or `text.format` asks for; None when it asks for prose."""
    if not isinstance(wanted, dict):
        return None
    if wanted.get("type") == "json_object":
        return _text(_small_object(about, random))
    if wanted.get("type") != "json_schema":
        return None
    # Chat Completions wraps the schema once more than Responses does.
    inner = wanted.get("json_schema")
    schema = (inner if isinstance(inner, dict) else wanted).get("schema")
    if not isinstance(schema, dict):
        return _text(_small_object(about, random))
    return _text(_Fitter(schema, about, random).fit(schema, 0))


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _small_object(about: Subject, random: Random) -> JsonObject:
    return {
        "note": NOTE.strip("*"),
        "topic": about.topic,
        "summary": f"{about.topic} depends above all on {about.words[0]} and {about.words[1]}.",
        "points": random.sample(about.words, 3),
        "score": random.randint(1, 10),
    }


class _Fitter:
    """Makes values for a schema: required properties only beyond the first levels."""

    def __init__(self, root: JsonObject, about: Subject, random: Random) -> None:
        self._root = root
        self._about = about
        self._random = random

    def fit(self, schema: object, depth: int) -> object:
        if not isinstance(schema, dict) or depth > _MAX_DEPTH:
            return None
        if "$ref" in schema:
            return self.fit(self._resolve(schema["$ref"]), depth + 1)
        if "const" in schema:
            return schema["const"]
        choices = schema.get("enum")
        if isinstance(choices, list) and choices:
            return self._random.choice(choices)
        for union in ("anyOf", "oneOf", "allOf"):
            options = schema.get(union)
            if isinstance(options, list) and options:
                return self.fit(options[0], depth + 1)
        return self._value(schema, depth)

    def _resolve(self, reference: object) -> object:
        found: object = self._root
        for step in str(reference).removeprefix("#").strip("/").split("/"):
            if step and isinstance(found, dict):
                found = found.get(step)
        return found

    def _value(self, schema: JsonObject, depth: int) -> object:
        kind = schema.get("type")
        if isinstance(kind, list):
            kind = next((name for name in kind if name != "null"), "null")
        match kind:
            case "object":
                return self._object(schema, depth)
            case "array":
                wanted = max(1, _number(schema.get("minItems"), 1))
                most = _number(schema.get("maxItems"), wanted)
                return [
                    self.fit(schema.get("items", {"type": "string"}), depth + 1)
                    for _ in range(min(wanted, most, 100))
                ]
            case "integer" | "number":
                low = _number(schema.get("minimum"), 1)
                return self._random.randint(low, max(low, _number(schema.get("maximum"), low + 9)))
            case "boolean":
                return self._random.random() < 0.5
            case "null":
                return None
            case _:
                return self._string(schema)

    def _object(self, schema: JsonObject, depth: int) -> JsonObject:
        properties, required = schema.get("properties"), schema.get("required")
        if not isinstance(properties, dict):
            return {}
        names = required if isinstance(required, list) else list(properties)
        return {str(name): self.fit(properties.get(str(name)), depth + 1) for name in names}

    def _string(self, schema: JsonObject) -> str:
        match schema.get("format"):
            case "date":
                return f"2026-{self._random.randint(1, 12):02d}-{self._random.randint(1, 28):02d}"
            case "date-time":
                return f"2026-01-{self._random.randint(1, 28):02d}T12:00:00Z"
            case "email":
                return "simulated@example.com"
            case _:
                return f"Simulated: {self._random.choice(self._about.words)}"


def _number(value: object, otherwise: int) -> int:
    """A bound as a whole number."""
    if isinstance(value, int | float):
        return int(max(-_LARGEST, min(value, _LARGEST)))
    return otherwise
