"""A text fits a JSON Schema, or the first thing that is wrong with it is told."""

from __future__ import annotations

import json
from typing import Any

import pytest

from wellspring_tui.errors import InputError
from wellspring_tui.fitting import Fitting

BED: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["plant", "rows"],
    "properties": {
        "plant": {"type": "string"},
        "sown": {"type": "string", "format": "date"},
        "rows": {"type": "array", "items": {"$ref": "#/$defs/row"}},
        "sun": {"anyOf": [{"type": "null"}, {"type": "integer"}]},
    },
    "$defs": {"row": {"type": "object", "properties": {"cm": {"type": "number"}}}},
}


@pytest.mark.parametrize(
    "text",
    [
        '{"plant": "kale", "rows": []}',
        ' \n{"rows": [{"cm": 40.5}, {}], "plant": "kale", "sown": "2026-03-01"}\n',
        '{"plant": "\\u2028", "rows": [{"cm": 1e3}]}',
    ],
)
def test_what_fits_has_nothing_to_be_told_of(text: str) -> None:
    assert Fitting(BED).misfit(text) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"plant": "kale"}', '"rows" is a required property'),
        ('{"plant": 7, "rows": []}', 'plant: 7 is not of type "string"'),
        ('{"plant": "", "rows": [{}, {"cm": "far"}]}', 'rows[1].cm: "far" is not of type "number"'),
        ('{"plant": "", "rows": [], "sown": "soon"}', 'sown: "soon" is not a "date"'),
        ('{"plant": "", "rows": [], "sun": "é"}', 'sun: "é" fits none of its anyOf'),
        ('["kale"]', '["kale"] is not of type "object"'),
        ("", "the answer is empty"),
        (" \n ", "the answer is empty"),
        ("```json\n{}\n```", "this is not JSON: it starts with “```json {} ```”"),
        ("Kale.", "this is not JSON: it starts with “Kale.”"),
        ('{"plant": "ka', "this is not JSON: Input data was truncated"),
        ('{"plant": NaN, "rows": []}', "this is not JSON: invalid character (byte 10)"),
        ("[" * 100_000, "this is JSON nested too deeply"),
        ('{"plant": "\\ud800", "rows": []}', "this is not JSON: unexpected end of escaped"),
        ('{"plant": "\ud800", "rows": []}', "this is not JSON: "),
    ],
)
def test_the_first_thing_that_is_wrong_is_told_with_its_place(text: str, said: str) -> None:
    told = Fitting(BED).misfit(text)
    assert told is not None
    assert told.startswith(said)


def test_what_is_told_is_one_short_line_however_large_the_answer() -> None:
    long = json.dumps({"plant": {"name\u001b[2J\n": "kale" * 5_000}, "rows": []})
    told = Fitting(BED).misfit(long)
    assert told is not None
    assert told.endswith('is not of type "string"')
    assert len(told) < 200
    assert told.isprintable()


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({"properties": {"a": {"type": "objekt"}}}, 'properties.a.type: "objekt" fits none'),
        ({"properties": {"a": {"pattern": "("}}}, 'properties.a.pattern: "(" is not a "regex"'),
        ({"items": {"$ref": "#/$defs/no"}}, "Pointer '/$defs/no' does not exist"),
        ({"$schema": "https://example.com/mine"}, "Unknown meta-schema"),
    ],
)
def test_what_is_no_json_schema_is_said_so(schema: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match="this is no valid JSON Schema: ") as caught:
        Fitting(schema)
    assert said in caught.value.what


@pytest.mark.parametrize(
    "target", ["https://example.com/a.json", "file:///etc/passwd", "other.json#/$defs/a"]
)
def test_no_other_schema_is_fetched(target: str) -> None:
    with pytest.raises(InputError, match="nothing is fetched") as caught:
        Fitting({"properties": {"a": {"anyOf": [{"type": "null"}, {"$ref": target}]}}})
    assert caught.value.what.startswith(f"properties.a.anyOf[1].$ref (“{target}”)")
