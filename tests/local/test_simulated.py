"""Simulated answers: honest, plausible, the same for the same request."""

from __future__ import annotations

import asyncio
import base64
import json
import struct
from typing import TYPE_CHECKING, Any

import openai
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from wellspring_tui.local.answerer import Question
from wellspring_tui.local.prose import NOTE
from wellspring_tui.local.simulated import Simulated
from wellspring_tui.local.wire import (
    CHAT,
    COMPLETIONS,
    EMBEDDINGS,
    ENDPOINTS,
    IMAGES,
    MODERATIONS,
    RESPONSES,
)

if TYPE_CHECKING:
    from openai.types.chat import ChatCompletion

    from tests.local.conftest import LocalService

PROMPT = (
    'Extract quantitative data for "Development Budget Components": costs, timelines and metrics '
    "related to behavioral health facility development, with sources."
)


def ask(service: LocalService, prompt: str = PROMPT, **parameters: Any) -> ChatCompletion:
    completion: ChatCompletion = service.openai.chat.completions.create(
        **{
            "model": "gpt-4o-mini",
            "messages": [{"role": "user", "content": prompt}],
            **parameters,
        }
    )
    return completion


def simulated(endpoint: str, body: dict[str, Any]) -> Any:
    return asyncio.run(Simulated().answer(Question(endpoint, json.dumps(body).encode())))


def text_of(completion: ChatCompletion) -> str:
    content = completion.choices[0].message.content
    assert content is not None
    return content


def test_an_answer_reads_like_one_and_says_that_it_is_simulated(
    shared_service: LocalService,
) -> None:
    completion = ask(shared_service)
    text = text_of(completion)

    assert text.startswith(NOTE)
    assert "## Development Budget Components" in text
    assert "\n- **" in text
    assert "\n1. " in text
    assert "\n| --- |" in text
    assert 50 <= len(text.split()) <= 400
    assert completion.model == "gpt-4o-mini-2024-07-18"
    assert completion.choices[0].finish_reason == "stop"
    usage = completion.usage
    assert usage is not None
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens
    assert usage.completion_tokens == -(-len(text) // 5)


def test_the_same_request_gets_the_same_answer_and_another_one_another(
    shared_service: LocalService,
) -> None:
    assert text_of(ask(shared_service)) == text_of(ask(shared_service))
    answers = {
        text_of(ask(shared_service)),
        text_of(ask(shared_service, "Describe the moons of Jupiter for children.")),
        text_of(ask(shared_service, temperature=0.3)),
        text_of(ask(shared_service, model="gpt-4.1")),
    }
    assert len(answers) == 4


@pytest.mark.parametrize("prompt", ["", "hi", "¿?", "潮汐表を説明してください。", "a | b * c `d`"])
def test_any_prompt_gets_an_answer(shared_service: LocalService, prompt: str) -> None:
    assert len(text_of(ask(shared_service, prompt)).split()) >= 50


def test_a_token_limit_cuts_the_answer(shared_service: LocalService) -> None:
    completion = ask(shared_service, max_tokens=20)

    assert completion.choices[0].finish_reason == "length"
    assert len(text_of(completion)) == 100
    assert text_of(completion).startswith(NOTE)
    assert completion.usage is not None
    assert completion.usage.completion_tokens == 20


def test_reasoning_uses_up_a_small_token_limit(shared_service: LocalService) -> None:
    completion = ask(shared_service, model="o3", max_completion_tokens=64)

    assert (text_of(completion), completion.choices[0].finish_reason) == ("", "length")
    assert completion.usage is not None
    assert completion.usage.completion_tokens_details is not None
    assert completion.usage.completion_tokens_details.reasoning_tokens == 64


def test_several_choices_differ(shared_service: LocalService) -> None:
    completion = ask(shared_service, n=3)

    assert [choice.index for choice in completion.choices] == [0, 1, 2]
    assert len({choice.message.content for choice in completion.choices}) == 3


def test_a_json_answer_is_json(shared_service: LocalService) -> None:
    answer = json.loads(text_of(ask(shared_service, response_format={"type": "json_object"})))

    assert answer["topic"] == "Development Budget Components"
    assert "Simulated" in answer["note"]


SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "title": {"type": "string"},
        "reliability": {"type": "integer", "minimum": 1, "maximum": 10},
        "cost": {"type": "number"},
        "chart": {"enum": ["bar", "line"]},
        "found": {"type": "boolean"},
        "nothing": {"type": "null"},
        "maybe": {"type": ["null", "string"]},
        "either": {"anyOf": [{"type": "integer"}, {"type": "string"}]},
        "points": {"type": "array", "minItems": 2, "items": {"$ref": "#/$defs/point"}},
    },
    "additionalProperties": False,
    "$defs": {
        "point": {
            "type": "object",
            "properties": {"day": {"type": "string", "format": "date"}, "kind": {"const": "k"}},
            "required": ["day", "kind"],
        }
    },
}
SCHEMA["required"] = list(SCHEMA["properties"])


def test_an_answer_fits_the_schema_it_was_asked_to_fit(shared_service: LocalService) -> None:
    chat = ask(
        shared_service,
        response_format={"type": "json_schema", "json_schema": {"name": "s", "schema": SCHEMA}},
    )
    response = shared_service.openai.responses.create(
        model="gpt-4.1",
        input=PROMPT,
        text={"format": {"type": "json_schema", "name": "s", "schema": SCHEMA}},
    )

    Draft202012Validator(SCHEMA).validate(json.loads(text_of(chat)))
    Draft202012Validator(SCHEMA).validate(json.loads(response.output_text))


def test_a_reasoning_model_thinks_before_it_responds(shared_service: LocalService) -> None:
    response = shared_service.openai.responses.create(
        model="gpt-5-mini",
        instructions="You are brief.",
        input=[{"role": "user", "content": [{"type": "input_text", "text": PROMPT}]}],
    )

    assert [item.type for item in response.output] == ["reasoning", "message"]
    assert response.output_text.startswith(NOTE)
    assert "Development Budget Components" in response.output_text
    assert response.status == "completed"
    assert response.usage is not None
    assert response.usage.output_tokens_details.reasoning_tokens > 0


def test_a_cut_response_is_incomplete(shared_service: LocalService) -> None:
    response = shared_service.openai.responses.create(
        model="gpt-4.1", input=PROMPT, max_output_tokens=16
    )

    assert response.status == "incomplete"
    assert response.incomplete_details is not None
    assert response.incomplete_details.reason == "max_output_tokens"
    assert len(response.output_text) == 80
    assert response.output_text.startswith(NOTE)


@pytest.mark.parametrize(
    ("model", "dimensions", "size"),
    [
        ("text-embedding-3-small", openai.omit, 1536),
        ("text-embedding-3-large", openai.omit, 3072),
        ("text-embedding-3-small", 256, 256),
    ],
)
def test_embeddings_are_unit_vectors_of_the_right_size(
    shared_service: LocalService, model: str, dimensions: Any, size: int
) -> None:
    answer = shared_service.openai.embeddings.create(
        model=model, input=["ebb", "flood", "ebb"], dimensions=dimensions, encoding_format="float"
    )

    vectors = [one.embedding for one in answer.data]
    assert [len(vector) for vector in vectors] == [size] * 3
    assert sum(x * x for x in vectors[0]) == pytest.approx(1, abs=1e-5)
    assert vectors[0] == vectors[2] != vectors[1]


def test_embeddings_come_as_base64_too() -> None:
    body = {"model": "text-embedding-3-small", "input": [1, 2, 3], "dimensions": 8}
    one: Any = simulated(EMBEDDINGS, body).body["data"]
    other: Any = simulated(EMBEDDINGS, {**body, "encoding_format": "base64"}).body["data"]

    decoded = struct.unpack("<8f", base64.b64decode(other[0]["embedding"]))
    assert list(decoded) == pytest.approx(one[0]["embedding"])


@pytest.mark.parametrize(
    ("endpoint", "body", "param"),
    [
        (CHAT, {"model": "m", "messages": []}, "messages"),
        (CHAT, {"model": "m", "messages": ["hi"]}, "messages[0]"),
        (CHAT, {"model": "m", "messages": [{"role": "user"}]}, "messages[0].content"),
        (RESPONSES, {"model": "o3", "input": "x", "temperature": 1}, "temperature"),
        (RESPONSES, {"model": "m", "input": "x", "max_output_tokens": 1}, "max_output_tokens"),
        (RESPONSES, {"model": "m", "input": 5}, "input"),
        (EMBEDDINGS, {"model": "m", "input": ""}, "input"),
        (EMBEDDINGS, {"model": "m", "input": "x", "dimensions": 0}, "dimensions"),
        (EMBEDDINGS, {"model": "m", "input": [["x"]]}, "input[0]"),
        (COMPLETIONS, {"model": "m"}, "prompt"),
        (COMPLETIONS, {"model": "m", "prompt": []}, "prompt"),
        (COMPLETIONS, {"model": "m", "prompt": "x", "n": 0}, "n"),
        (MODERATIONS, {}, "input"),
        (MODERATIONS, {"input": {"a": "dict"}}, "input"),
        (IMAGES, {"model": "m", "prompt": ["x"]}, "prompt"),
        (IMAGES, {"model": "m", "prompt": "x", "n": 11}, "n"),
    ],
)
def test_what_an_endpoint_refuses_names_the_parameter(
    shared_service: LocalService, endpoint: str, body: dict[str, Any], param: str
) -> None:
    answer = shared_service.http.post(shared_service.root + endpoint, json=body)

    assert answer.status_code == 400
    assert answer.json()["error"]["param"] == param


def test_a_completion_continues_each_prompt(shared_service: LocalService) -> None:
    completion = shared_service.openai.completions.create(
        model="gpt-3.5-turbo-instruct", prompt=["The tide", "The moon"], n=2, max_tokens=30
    )

    assert [choice.index for choice in completion.choices] == [0, 1, 2, 3]
    assert all(choice.text.startswith(NOTE) for choice in completion.choices)
    assert completion.choices[0].finish_reason == "length"
    assert completion.usage is not None
    assert completion.usage.completion_tokens == 120


def test_a_moderation_judges_each_text(shared_service: LocalService) -> None:
    moderation = shared_service.openai.moderations.create(input=["ebb", "flood"])

    assert moderation.model == "omni-moderation-latest"
    assert [result.flagged for result in moderation.results] == [False, False]


def test_a_picture_is_a_picture(shared_service: LocalService) -> None:
    images = shared_service.openai.images.generate(model="gpt-image-1", prompt="A harbour", n=2)

    assert images.data is not None
    for image in images.data:
        assert image.b64_json is not None
        assert base64.b64decode(image.b64_json).startswith(b"\x89PNG\r\n")
    assert images.usage is not None
    assert images.usage.total_tokens == images.usage.input_tokens + images.usage.output_tokens


def test_streaming_is_refused_in_so_many_words(shared_service: LocalService) -> None:
    with pytest.raises(openai.BadRequestError, match="Streaming is not supported"):
        ask(shared_service, stream=True)


def test_the_models_it_knows_are_listed(shared_service: LocalService) -> None:
    listed = {model.id: model for model in shared_service.openai.models.list()}

    assert "gpt-4o-mini" in listed
    assert {model.owned_by for model in listed.values()} == {"wellspring-simulated"}
    assert shared_service.openai.models.retrieve("o3") == listed["o3"]
    with pytest.raises(openai.NotFoundError):
        shared_service.openai.models.retrieve("gpt-0")


SCHEMA_KEYS = ["type", "schema", "json_schema", "properties", "required", "items", "anyOf"]
VALUE_KEYS = ["minItems", "minimum", "role", "content", "text", "format", "$ref", "enum", "const"]

anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
    | st.sampled_from(["json_schema", "object", "array", "integer", "user", "text"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.text(max_size=3) | st.sampled_from(SCHEMA_KEYS + VALUE_KEYS),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
bodies = st.fixed_dictionaries(
    {"model": st.sampled_from(["gpt-4o-mini", "o3", ""])},
    optional={
        "messages": st.just([{"role": "user", "content": "x"}]) | anything,
        "input": st.just("x") | anything,
        "prompt": st.just("x") | anything,
        "text": anything,
        "response_format": anything,
        "instructions": anything,
        "max_tokens": anything,
        "max_completion_tokens": anything,
        "n": st.integers(1, 3) | anything,
        "temperature": anything,
        "dimensions": anything,
        "encoding_format": anything,
    },
)


@settings(max_examples=400, deadline=None)
@given(endpoint=st.sampled_from(ENDPOINTS), body=bodies)
def test_whatever_is_asked_is_answered_or_refused(endpoint: str, body: dict[str, Any]) -> None:
    answer = simulated(endpoint, body)

    assert answer.status_code in {200, 400}
    assert json.dumps(answer.body)
