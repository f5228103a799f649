"""The schema that answers are to fit: found in a file, judged, put around every prompt."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.files import jsonl, request, visual
from wellspring_tui.errors import InputError, PromptsFileError
from wellspring_tui.prompts.building import RequestBuilder, adjustments, body
from wellspring_tui.prompts.checking import survey
from wellspring_tui.prompts.model import CHAT, EMBEDDINGS, RESPONSES, RequestOptions
from wellspring_tui.prompts.opening import open_prompts
from wellspring_tui.prompts.schemas import loose_words, read_schema, schema_from
from wellspring_tui.prompts.strictness import objection

if TYPE_CHECKING:
    from pathlib import Path

TEXT = {"type": "string"}


def an_object(**properties: Any) -> dict[str, Any]:
    """A schema of an object that has these properties, as a strict service wants it."""
    closed = {"additionalProperties": False, "required": list(properties)}
    return {"type": "object", "properties": properties, **closed}


BED = an_object(plant=TEXT, rows={"type": "array", "items": an_object(cm={"type": "number"})})


def written(folder: Path, content: object, name: str = "bed.schema.json") -> Path:
    """A file of that JSON, or of those bytes."""
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return path


def test_a_file_may_hold_the_schema_alone_or_as_the_api_takes_it(tmp_path: Path) -> None:
    bare = read_schema(written(tmp_path, BED))
    assert json.loads(bare.text) == BED
    assert (bare.name, bare.strict, bare.description) == ("bed", True, None)
    assert bare.source == str(tmp_path / "bed.schema.json")

    named = {"name": "garden bed", "description": "One bed.", "schema": BED, "strict": True}
    for content in (named, {"type": "json_schema", "json_schema": named}):
        found = read_schema(written(tmp_path, content))
        assert (found.name, found.text) == ("garden_bed", bare.text)
        assert (found.strict, found.description) == (True, "One bed.")
    flat = read_schema(written(tmp_path, {"type": "json_schema", **named}))  # as Responses has it
    assert (flat.name, flat.text) == ("garden_bed", bare.text)


def test_a_property_called_schema_does_not_make_a_wrapper(tmp_path: Path) -> None:
    asked = an_object(schema=an_object(name=TEXT), name=TEXT)
    assert json.loads(read_schema(written(tmp_path, asked)).text) == asked


@pytest.mark.parametrize(
    ("title", "file", "name"),
    [
        ("Garden bed", "x.json", "Garden_bed"),
        ("Bêche & Kräuter!", "x.json", "Beche_Krauter"),
        ("花壇", "bed.schema.json", "bed"),
        (None, "花壇.json", "answer"),
        ("n" * 90, "x.json", "n" * 64),
    ],
)
def test_its_name_is_one_that_a_service_takes(
    tmp_path: Path, title: str | None, file: str, name: str
) -> None:
    found = read_schema(written(tmp_path, {**BED, "title": title} if title else BED, file))
    assert found.name == name
    assert re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", found.name)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "this is not valid JSON: Expecting value (line 1, column 1)"),
        (b'{"type": "object",\n oops}', "line 2, column 2"),
        (b'{"type": "object", "title": "\xff"}', "it is not UTF-8 text"),
        (b'{"minimum": NaN}', "this is not valid JSON"),
        (b"[" * 100_000, "its JSON is nested too deeply"),
        ([BED], "this holds no schema"),
        ({}, "this holds no schema"),
        ({"name": "x", "schema": {}}, "this holds no schema"),
        ({"name": 5, "schema": BED}, "what stands around the schema can't be read"),
        ({"type": "array", "items": BED}, "the schema's root must have “type”: “object”"),
        ({**BED, "required": "plant"}, "this is no valid JSON Schema: required: "),
        (an_object(a={"$ref": "https://example.com/a"}), "nothing is fetched"),
    ],
)
def test_what_is_no_such_schema_is_told_in_one_sentence(
    tmp_path: Path, content: object, said: str
) -> None:
    path = written(tmp_path, content)
    with pytest.raises(InputError) as caught:
        read_schema(path)
    assert said in caught.value.what
    assert caught.value.where == str(path)
    assert "\n" not in str(caught.value)


def test_what_is_no_file_or_too_large_is_told(tmp_path: Path) -> None:
    large = written(tmp_path, b" " * 1_000_001)
    for path, said in (
        (tmp_path / "no.json", "there is no such file"),
        (tmp_path, "this is no file"),
        (tmp_path / "n\0", "it can't be read"),
        (large, "it is larger than 1,000,000 bytes"),
    ):
        with pytest.raises(InputError, match=said):
            read_schema(path)


def test_a_program_may_give_a_path_or_a_dict(tmp_path: Path) -> None:
    path = written(tmp_path, BED)
    assert schema_from(str(path)) == schema_from(path) == read_schema(path)
    given = schema_from(BED)
    assert (given.name, given.source) == ("answer", None)
    assert schema_from(given) is given
    for wrong in (5, [BED], {"type": "object", "default": object()}):
        with pytest.raises(InputError):
            schema_from(wrong)


DEEP = an_object(a=TEXT)
for _ in range(10):
    DEEP = an_object(a=DEEP)


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        (an_object(a={"type": "object"}), "properties.a: additionalProperties must be false"),
        ({**BED, "required": ["rows"]}, "the root: every property must be required, and “plant”"),
        ({**BED, "anyOf": [BED]}, "the root: anyOf may not stand there"),
        (an_object(a={"allOf": [TEXT]}), "properties.a: “allOf” is not among"),
        (an_object(a={**TEXT, "default": "x"}), "properties.a: “default” is not among"),
        (an_object(a={"description": "Anything."}), "properties.a: a type is needed"),
        (an_object(a=True), "the root: every property needs a schema of its own"),
        (an_object(a={"type": "array"}), "properties.a: an array must say what its items are"),
        (
            an_object(a={"type": "array", "items": {"type": ["object", "null"]}}),
            "properties.a.items: additionalProperties must be false",
        ),
        (
            {**an_object(a={"$ref": "#/$defs/b", "title": "B"}), "$defs": {"b": TEXT}},
            "properties.a: nothing may stand beside a $ref",
        ),
        (
            {**an_object(a={"$ref": "#/$defs/b"}), "$defs": {"b": {"not": TEXT}}},
            "$defs.b: “not” is not among",
        ),
        (DEEP, "objects may stand 10 deep"),
        (an_object(**{f"p{n}": TEXT for n in range(5_001)}), "5,001 properties"),
        (an_object(a={"enum": list(range(1_001))}), "1,001 values"),
    ],
)
def test_a_schema_that_can_not_be_kept_to_strictly_goes_without_and_that_is_said(
    tmp_path: Path, schema: dict[str, Any], said: str
) -> None:
    found = read_schema(written(tmp_path, schema))
    assert not found.strict
    assert said in (loose_words(found) or "")
    assert adjustments(RequestOptions(schema=found)) == [loose_words(found)]
    with pytest.raises(InputError, match="a strict service would refuse it") as caught:
        read_schema(written(tmp_path, {"name": "bed", "schema": schema, "strict": True}))
    assert said in caught.value.what


@pytest.mark.parametrize(
    "schema",
    [
        BED,
        DEEP["properties"]["a"],
        {**BED, "$schema": "https://json-schema.org/draft/2020-12/schema", "title": "A bed"},
        an_object(a={"type": ["string", "null"], "format": "date"}, b={"const": 1}),
        an_object(a={"anyOf": [{"enum": ["x"]}, {"type": "integer", "minimum": 1}]}),
        {**an_object(a={"$ref": "#/$defs/b"}), "$defs": {"b": an_object(c={"$ref": "#"})}},
        an_object(properties=TEXT, items=TEXT, allOf=TEXT),
    ],
)
def test_a_schema_that_can_be_kept_to_strictly_goes_so(schema: dict[str, Any]) -> None:
    assert objection(schema) is None
    assert schema_from(schema).strict
    assert adjustments(RequestOptions(schema=schema_from(schema))) == []


def test_who_asks_for_no_strictness_gets_none(tmp_path: Path) -> None:
    found = read_schema(written(tmp_path, {"name": "bed", "schema": BED, "strict": False}))
    assert not found.strict
    assert (loose_words(found) or "").startswith("bed is sent without strict: ")


def test_every_request_asks_for_an_answer_that_fits() -> None:
    options = RequestOptions(schema=schema_from({"name": "bed", "schema": BED}))
    asked = body("Which plant?", options)
    named = {"name": "bed", "strict": True, "schema": BED}
    assert asked["response_format"] == {"type": "json_schema", "json_schema": named}
    asked = body("Which plant?", replace(options, endpoint=RESPONSES))
    assert asked["text"] == {"format": {"type": "json_schema", **named}}
    assert "response_format" not in asked


def test_a_schema_is_in_every_line_and_counts_as_input() -> None:
    schema = schema_from({**BED, "title": "\ue000 “bed”", "description": "One \u2028 bed."})
    plain, asked = RequestOptions(), RequestOptions(schema=schema)
    one, other = RequestBuilder(plain), RequestBuilder(asked)
    for number, text in enumerate(("Which soil?", "\ue000", 'Say "no".'), start=1):
        without, built = (made.build("S", "x", text, number) for made in (one, other))
        line = json.loads(built.line)
        assert (line["custom_id"], line["body"]) == (built.custom_id, body(text, asked))
        assert built.schema == schema.text.encode()
        assert built.tokens - without.tokens > len(schema.text) / 8
        assert without.schema is None


@pytest.mark.parametrize("endpoint", [EMBEDDINGS, "/v1/completions"])
def test_where_no_answer_can_fit_a_schema_it_is_refused(tmp_path: Path, endpoint: str) -> None:
    path = written(tmp_path, visual(), "prompts.json")
    options = RequestOptions(endpoint=endpoint, schema=schema_from(BED))
    with pytest.raises(InputError, match=f"answers of {endpoint} can't be asked to fit a schema"):
        list(survey(open_prompts(path), options)[1])


def test_ready_made_requests_bring_their_own_schema_and_take_no_other(tmp_path: Path) -> None:
    wanted = {"type": "json_schema", "json_schema": {"name": "bed", "schema": BED}}
    odd: list[Any] = ["json", {"type": "json_object"}, {"type": "json_schema"}, None, 5]
    lines = [
        request("chat", response_format=wanted),
        *(request(f"odd-{n}", response_format=one) for n, one in enumerate(odd)),
        request("plain"),
    ]
    path = written(tmp_path, jsonl(lines), "requests.jsonl")
    found, requests = survey(open_prompts(path), RequestOptions())
    schemas = {one.custom_id: one.schema for one in requests}
    assert not found.problems
    assert json.loads(schemas.pop("chat") or b"") == BED
    assert set(schemas.values()) == {None}

    text = {"format": {"type": "json_schema", "name": "bed", "schema": BED}}
    path.write_bytes(jsonl([request("r", RESPONSES, text=text), request("s", RESPONSES, text={})]))
    first, second = list(survey(open_prompts(path), RequestOptions())[1])
    assert json.loads(first.schema or b"") == BED
    assert second.schema is None
    assert first.tokens > second.tokens + 20

    with pytest.raises(PromptsFileError, match="sent as they are, so no schema can be added"):
        survey(open_prompts(path), RequestOptions(endpoint=CHAT, schema=schema_from(BED)))
