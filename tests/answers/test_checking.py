"""Answers are held against the schema that they were asked to fit, as they are indexed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.files import answer, encoded, expired
from wellspring_tui.answers.index import AnswerIndex
from wellspring_tui.answers.model import Kind, Place

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BED = json.dumps({"type": "object", "required": ["plant"]}).encode()
COUNT = json.dumps({"type": "object", "required": ["count"]}).encode()
FITS, OFF = '{"plant": "kale"}', '{"count": 3}'
OFF_KIND = frozenset({Kind.OFF_SCHEMA})


@pytest.fixture
def index(tmp_path: Path) -> Iterator[AnswerIndex]:
    """An index without requests."""
    with AnswerIndex.create(tmp_path / "index.sqlite") as made:
        yield made


def ask(index: AnswerIndex, **schemas: bytes | None) -> None:
    """Requests by their ids, each with the schema of its answer."""
    place = Place("part-001.jsonl", 0, 1)
    index.add_requests((own_id, "S", own_id, place, schema) for own_id, schema in schemas.items())


def put(index: AnswerIndex, *lines: object, part: int = 1) -> None:
    """Index these output lines."""
    path = index.path.with_name(f"part-{part:03d}.output.jsonl")
    path.write_bytes(encoded(*lines))
    index.add_file(path, part, lambda _done, _total: None)


def told(index: AnswerIndex) -> dict[str, str | None]:
    """What is wrong with each answer."""
    return {found.custom_id: found.off_schema for found in index.answers()}


def chat(own_id: str, *texts: str | None, finish: str = "stop", **message: object) -> Any:
    """A chat completion with these choices."""
    choices = [
        {"index": n, "message": {"content": text, **message}, "finish_reason": finish}
        for n, text in enumerate(texts)
    ]
    return answer(own_id, choices=choices)


def response(own_id: str, *items: dict[str, Any], **body: object) -> Any:
    """A response with these items of output."""
    made = {"status": "completed", "output": [{"type": "reasoning", "summary": []}, *items]}
    line = {"status_code": 200, "body": {"model": "m", **made, **body}}
    return {"custom_id": own_id, "response": line, "error": None}


def message(*texts: str) -> dict[str, Any]:
    """An item of output with these parts."""
    return {"type": "message", "content": [{"type": "output_text", "text": text} for text in texts]}


def test_an_answer_off_its_schema_is_flagged_counted_and_found(index: AnswerIndex) -> None:
    ask(index, a=BED, b=BED, c=BED, d=BED, e=BED)
    put(index, answer("a", FITS), answer("b", OFF), answer("c", "Kale."), expired("d"))
    assert told(index) == {
        "a": None,
        "b": '"plant" is a required property',
        "c": "this is not JSON: it starts with “Kale.”",
        "d": None,
        "e": None,
    }
    totals = index.totals()
    assert (totals.answered, totals.failed, totals.off_schema) == (3, 1, 2)
    assert totals.flags == ((2, "off schema"),)
    assert index.sections()[0].totals.off_schema == 2
    assert index.rows_where(OFF_KIND) == [1, 2]
    assert index.next_row(OFF_KIND, 1) == 2
    assert all(found.has_schema for found in index.answers())
    assert index.has_schemas()


def test_without_a_schema_any_text_will_do(index: AnswerIndex) -> None:
    ask(index, a=None, b=None)
    put(index, answer("a", OFF), answer("b", "Kale."))
    assert told(index) == {"a": None, "b": None}
    assert not index.has_schemas()


def test_each_request_of_a_ready_made_file_may_have_a_schema_of_its_own(
    index: AnswerIndex,
) -> None:
    many = {
        f"r{n}": json.dumps({"type": "object", "required": [f"p{n}"]}).encode() for n in range(600)
    }
    ask(index, a=BED, b=COUNT, c=None, **many)
    lines = [answer("a", FITS), answer("b", FITS), answer("c", "Kale."), answer("stranger", "Kale")]
    put(index, *lines, *(answer(own_id, '{"p300": 1}') for own_id in many))
    found = told(index)
    assert (found["a"], found["b"], found["c"]) == (None, '"count" is a required property', None)
    assert [own_id for own_id in many if found[own_id] is None] == ["r300"]


@pytest.mark.parametrize(
    "schema", [b"5", b"true", b'{"type": "objekt"}', b'{"$ref": "https://example.com"}', b"{oops"]
)
def test_a_schema_that_makes_no_sense_is_the_services_to_judge(
    index: AnswerIndex, schema: bytes
) -> None:
    ask(index, a=schema)
    put(index, answer("a", "Kale."))
    assert told(index) == {"a": None}


@pytest.mark.parametrize("finish", ["length", "content_filter"])
def test_what_was_cut_off_or_refused_keeps_that_flag(index: AnswerIndex, finish: str) -> None:
    ask(index, a=BED, b=BED)
    put(index, chat("a", '{"pla', finish=finish), chat("b", None, refusal="I won't."))
    assert told(index) == {"a": None, "b": None}
    totals = index.totals()
    assert totals.off_schema == 0
    assert totals.truncated + totals.refused == 2


def test_every_choice_counts_and_a_call_of_a_tool_need_not_fit(index: AnswerIndex) -> None:
    call = [{"id": "c", "type": "function", "function": {"name": "water", "arguments": "{}"}}]
    ask(index, **dict.fromkeys("abcd", BED))
    put(
        index,
        chat("a", FITS, OFF),
        chat("b", FITS, FITS),
        chat("c", None, finish="tool_calls", tool_calls=call),
        chat("d", None),
    )
    assert told(index) == {
        "a": '"plant" is a required property',
        "b": None,
        "c": None,
        "d": "the answer is empty",
    }


def test_responses_are_checked_as_well(index: AnswerIndex) -> None:
    ask(index, **dict.fromkeys("abcde", BED))
    put(
        index,
        response("a", message('{"plant"', ': "kale"}')),
        response("b", message(OFF)),
        response("c", {"type": "function_call", "arguments": "{}", "name": "water"}),
        response("d"),
        response("e", message("{"), incomplete_details={"reason": "max_output_tokens"}),
    )
    assert told(index) == {
        "a": None,
        "b": '"plant" is a required property',
        "c": None,
        "d": "the answer is empty",
        "e": None,
    }


def test_lines_of_unusual_shape_are_read_as_far_as_they_can_be(index: AnswerIndex) -> None:
    """A body as text, a content in parts: some services write them."""
    as_text, in_parts, half = answer("a", FITS), answer("b", FITS), answer("c", OFF)
    as_text["response"]["body"] = json.dumps(as_text["response"]["body"])
    parts = [{"type": "text", "text": FITS}]
    in_parts["response"]["body"]["choices"][0]["message"]["content"] = parts
    half["response"]["body"]["choices"][0]["message"]["content"] = '{"plant": "\ud83c"}'
    ask(index, a=BED, b=BED, c=BED)
    put(index, as_text, in_parts, half)
    assert told(index) == {"a": None, "b": None, "c": None}


def test_a_newer_answer_brings_its_own_verdict(index: AnswerIndex) -> None:
    ask(index, a=BED, b=BED)
    put(index, answer("a", OFF), answer("b", FITS))
    put(index, answer("a", FITS), answer("b", OFF), part=2)
    assert told(index) == {"a": None, "b": '"plant" is a required property'}
    put(index, answer("a", OFF), answer("b", FITS))  # the older file once more
    assert told(index)["a"] is None
