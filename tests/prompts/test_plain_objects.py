"""A list of objects becomes requests: prompts or messages, and where their answers go."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.prompts.plain import bodies, named, problems, read
from tests.support.files import EMBEDDINGS, RESPONSES, request
from wellspring_tui.prompts.model import NO_SECTION

if TYPE_CHECKING:
    from pathlib import Path


def test_an_object_says_where_its_answer_is_filed_and_may_bring_its_id(tmp_path: Path) -> None:
    made = read(
        tmp_path,
        [
            {"prompt": "a", "section": "The Ground", "type": "facts"},
            {"prompt": "b", "section": "The Ground"},
            {"prompt": "c", "type": "facts"},
            {"prompt": "d", "custom_id": "row/17 ü"},
            {"prompt": "e", "section": "S", "type": "t", "custom_id": "mine"},
            {"prompt": "f", "section": None, "type": "", "custom_id": None},
            "g",
        ],
    )
    assert named(made) == [
        ("the-ground.facts.0001", "The Ground", "facts"),
        ("the-ground.prompt.0002", "The Ground", "prompt 2"),
        ("facts.0003", NO_SECTION, "facts"),
        ("row/17 ü", NO_SECTION, "row/17 ü"),
        ("mine", "S", "t"),
        ("prompt.0006", NO_SECTION, "prompt 6"),
        ("prompt.0007", NO_SECTION, "prompt 7"),
    ]


def test_other_peoples_keys_never_reach_a_request(tmp_path: Path) -> None:
    secret = "not for the service"
    (made,) = read(tmp_path, [{"prompt": "a", "model": secret, "body": {"n": secret}, "x": secret}])
    assert secret.encode() not in made.line


def test_messages_are_sent_as_they_are(tmp_path: Path) -> None:
    messages = [
        {"role": "user", "name": "Ann", "content": [{"type": "text", "text": "Why? "}]},
        {"role": "assistant", "content": None, "tool_calls": [{"id": "t", "n": 123456789012345}]},
        {"role": "tool", "content": "0.10", "weight": 1.5},
    ]
    raw = json.dumps([{"messages": messages}]).replace("1.5", "1.50").encode()
    (made,) = read(tmp_path, raw)
    assert bodies([made])[0]["messages"] == messages
    assert b'"weight":1.50' in made.line


def test_the_options_system_message_goes_before_messages_that_have_none(tmp_path: Path) -> None:
    asked = {"role": "user", "content": "Why?"}
    own = [{"role": role, "content": "Be short."} for role in ("system", "developer")]
    content = [{"messages": [asked]}, *({"messages": [asked, one]} for one in own)]
    first, *others = bodies(read(tmp_path, content, system="Be kind."))
    assert first["messages"] == [{"role": "system", "content": "Be kind."}, asked]
    assert [body["messages"] for body in others] == [[asked, one] for one in own]


def test_messages_cost_what_the_same_prompt_costs(tmp_path: Path) -> None:
    text = "What grows in the shade of an old wall? " * 20
    said = [{"role": "user", "content": text}]
    alone, as_messages = read(tmp_path, [text, {"messages": said}], system="Be kind.")
    assert as_messages.tokens == pytest.approx(alone.tokens, abs=2)
    own = [{"role": "system", "content": "Be kind."}, *said]
    (bringing,) = read(tmp_path, [{"messages": own}], system="Be kind. " * 500)
    assert bringing.tokens == pytest.approx(alone.tokens, abs=2)


def test_messages_are_put_into_the_shape_of_responses(tmp_path: Path) -> None:
    link = "https://example.org/a.png"
    content = [
        {
            "messages": [
                {
                    "role": "user",
                    "content": [
                        {"type": "text", "text": "What is it?"},
                        {"type": "image_url", "image_url": {"url": link, "detail": "low"}},
                        {"type": "input_text", "text": "And this?"},
                    ],
                },
                {"role": "assistant", "content": [{"type": "text", "text": "A wall."}]},
                {"role": "user", "content": "Sure?", "name": None},
            ]
        },
        {"messages": [{"role": "system", "content": "Be short."}]},
    ]
    first, second = bodies(read(tmp_path, content, endpoint=RESPONSES, system="Be kind."))
    assert first["input"] == [
        {
            "role": "user",
            "content": [
                {"type": "input_text", "text": "What is it?"},
                {"type": "input_image", "image_url": link, "detail": "low"},
                {"type": "input_text", "text": "And this?"},
            ],
        },
        {"role": "assistant", "content": [{"type": "output_text", "text": "A wall."}]},
        {"role": "user", "content": "Sure?"},
    ]
    assert (first["instructions"], first["max_output_tokens"]) == ("Be kind.", 2000)
    assert "messages" not in first
    assert "instructions" not in second


@pytest.mark.parametrize(
    ("item", "endpoint", "said"),
    [
        (
            {"messages": [{"role": "user", "content": "a"}, {"role": "tool", "content": "b"}]},
            RESPONSES,
            "[0].messages[1]: /v1/responses takes it only if it is made of texts and images",
        ),
        (
            {"messages": [{"role": "user", "content": [{"type": "input_audio"}]}]},
            RESPONSES,
            "[0].messages[0]: /v1/responses takes it only if it is made of texts and images",
        ),
        (
            {"messages": [{"role": "assistant", "content": "a", "tool_calls": [{}]}]},
            RESPONSES,
            "[0].messages[0]: /v1/responses takes it only if it is made of texts and images",
        ),
        (
            {"messages": [{"role": "user", "content": "a"}]},
            EMBEDDINGS,
            "[0].messages: /v1/embeddings takes a prompt, no messages",
        ),
        (
            {"prompt": "a", "image": "https://example.org/a.png"},
            EMBEDDINGS,
            "[0]: /v1/embeddings takes no images",
        ),
    ],
)
def test_what_an_endpoint_cannot_be_asked_is_refused(
    tmp_path: Path, item: object, endpoint: str, said: str
) -> None:
    assert problems(tmp_path, [item], endpoint=endpoint) == [said]


def test_prompts_can_be_embedded(tmp_path: Path) -> None:
    made = read(tmp_path, ["a", {"prompt": "b"}], endpoint=EMBEDDINGS, model="ada", system="no")
    assert bodies(made) == [{"model": "ada", "input": "a"}, {"model": "ada", "input": "b"}]


@pytest.mark.parametrize(
    ("item", "said"),
    [
        (7, "[1]: expected text or an object with a prompt, found a number"),
        (None, "[1]: expected text or an object with a prompt, found null"),
        (["a"], "[1]: expected text or an object with a prompt, found a list"),
        ({}, "[1]: expected a prompt or messages (keys found: none)"),
        (
            {"text": "a", "id": 1},
            "[1]: expected a prompt or messages (keys found: text, id)",
        ),
        (
            json.loads(request("a")),
            "[1]: expected a prompt or messages; ready-made requests stand one a line, in JSONL",
        ),
        ({"prompt": 7}, "[1].prompt: the prompt must be text, found a number"),
        ({"prompt": ["a"]}, "[1].prompt: the prompt must be text, found a list"),
        (
            {"prompt": "a", "messages": [{"role": "user"}]},
            "[1]: expected a prompt or messages, found both",
        ),
        ({"messages": "a"}, "[1].messages: expected a list of messages, found text"),
        ({"messages": []}, "[1].messages: expected a list of messages, found an empty one"),
        ({"messages": ["a"]}, "[1].messages[0]: expected an object, found text"),
        (
            {"messages": [{"role": "user", "content": "a"}, {"content": "b"}]},
            "[1].messages[1].role: a message needs a role, found none",
        ),
        (
            {"messages": [{"role": 7}]},
            "[1].messages[0].role: a message needs a role, found a number",
        ),
        ({"prompt": "a", "section": 7}, "[1].section: expected text, found a number"),
        ({"prompt": "a", "type": []}, "[1].type: expected text, found a list"),
        ({"prompt": "a", "custom_id": 7}, "[1].custom_id: expected text, found a number"),
        (
            {"prompt": "a", "custom_id": "x" * 65},
            "[1].custom_id: a custom_id has at most 64 characters, this one 65",
        ),
        (
            {"prompt": "a", "custom_id": "first"},
            "[1].custom_id: the custom_id “first” is already that of “[0]”",
        ),
    ],
)
def test_what_cannot_be_sent_is_named_by_its_key(tmp_path: Path, item: object, said: str) -> None:
    content = [{"prompt": "good", "custom_id": "first"}, item, "good"]
    assert problems(tmp_path, content) == [said]


def test_an_id_of_64_characters_is_kept(tmp_path: Path) -> None:
    own_id = "ü" * 64
    assert read(tmp_path, [{"prompt": "a", "custom_id": own_id}])[0].custom_id == own_id


def test_an_id_that_looks_like_one_of_ours_is_not_given_twice(tmp_path: Path) -> None:
    content = [{"prompt": "a", "custom_id": "prompt.0002"}, "b"]
    assert problems(tmp_path, content) == [
        "[1].custom_id: the custom_id “prompt.0002” is already that of “[0]”"
    ]


def test_a_key_that_is_there_twice_is_named(tmp_path: Path) -> None:
    content = b'[{"prompt": "one", "prompt": "two", "x": 1, "x": 2}]'
    assert problems(tmp_path, content) == ["[0].prompt: this key is there twice"]
