"""Every form of line that services have written, read for what it is."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.files import answer, expired
from wellspring_tui.answers.lines import read_outcome
from wellspring_tui.answers.model import Outcome, Usage
from wellspring_tui.answers.texts import prompt_text, response_text


def outcome(line: object) -> Outcome:
    """What a line tells; it must tell something."""
    found = read_outcome(json.dumps(line).encode())
    assert found is not None
    return found


def responded(body: object, status: object = 200, error: object = None) -> dict[str, Any]:
    """A line with a response."""
    return {"custom_id": "a", "response": {"status_code": status, "body": body}, "error": error}


def text_of(body: object) -> str:
    """The answer in a body."""
    return response_text(json.dumps(responded(body)).encode())


def test_a_chat_answer_has_its_finish_model_and_usage() -> None:
    usage = {
        "prompt_tokens": 100,
        "completion_tokens": 50,
        "total_tokens": 150,
        "prompt_tokens_details": {"cached_tokens": 64},
        "completion_tokens_details": {"reasoning_tokens": 32},
    }
    assert outcome(answer("a", usage=usage)) == Outcome(
        "a", True, 200, "stop", "gpt-4o-mini-2024-07-18", Usage(100, 50, 150, 64, 32)
    )


@pytest.mark.parametrize(
    ("body", "finish"),
    [
        ({"choices": [{"finish_reason": "length", "message": {"content": "x"}}]}, "length"),
        ({"choices": [{"finish_reason": "content_filter", "message": {}}]}, "content_filter"),
        ({"choices": [{"finish_reason": "stop", "message": {"refusal": "No."}}]}, "refusal"),
        ({"choices": [{"finish_reason": "tool_calls", "message": None}]}, "tool_calls"),
        ({"choices": []}, None),
        ({"output": [{"content": [{"type": "output_text"}]}]}, "stop"),
        ({"output": [{"content": None}, {"content": [{"type": "refusal"}]}]}, "refusal"),
        ({"output": [], "incomplete_details": {"reason": "max_output_tokens"}}, "length"),
        ({"output": [], "incomplete_details": {"reason": "content_filter"}}, "content_filter"),
        ({"data": [{"embedding": [0.5]}]}, None),
    ],
)
def test_why_the_model_stopped(body: dict[str, Any], finish: str | None) -> None:
    found = outcome(responded(body))
    assert found.answered
    assert found.finish == finish


def test_a_response_counts_its_tokens_under_its_own_names() -> None:
    usage = {
        "input_tokens": 7,
        "output_tokens": 3,
        "total_tokens": 10,
        "input_tokens_details": {"cached_tokens": 2},
        "output_tokens_details": {"reasoning_tokens": 1},
    }
    assert outcome(responded({"output": [], "usage": usage})).usage == Usage(7, 3, 10, 2, 1)


def test_a_total_that_is_not_given_is_the_sum() -> None:
    usage = {"prompt_tokens": 7, "completion_tokens": 3}
    assert outcome(responded({"usage": usage})).usage.total_tokens == 10


@pytest.mark.parametrize(
    ("line", "code", "reason"),
    [
        (
            responded({"error": {"message": "Too long.", "code": "context_length_exceeded"}}, 400),
            400,
            "context_length_exceeded: Too long.",
        ),
        (responded({"error": {"message": "Oops.", "code": 500}}, 500), 500, "500: Oops."),
        (responded({}, 503), 503, "status 503"),
        (expired("a"), None, "batch_expired: It could not be executed in time."),
        (responded({"choices": []}, 0), 0, "status 0"),
        (responded({"choices": []}, None), None, "the service gave no answer"),
        ({"custom_id": "a", "response": None, "error": None}, None, "the service gave no answer"),
        ({"custom_id": "a"}, None, "the service gave no answer"),
        ({"custom_id": "a", "response": None, "error": {}}, None, "the service gave no answer"),
        (responded(None), 200, "status 200"),
        (responded([1]), 200, "status 200"),
        (responded("plain text"), 200, "status 200"),
        (responded({"choices": []}, "200"), None, "the service gave no answer"),
        (responded({"choices": []}, 10**30), None, "the service gave no answer"),
        (responded({}, 200, "Request timed out."), None, "Request timed out."),
        (responded({}, 200, ["bad", 1]), None, '["bad",1]'),
        (responded({}, 200, {"type": "server_error"}), None, '{"type":"server_error"}'),
        (responded({"choices": []}, 200, {"message": "x"}), 200, "x"),
        ({"custom_id": "a", "response": "lost", "error": None}, None, "the service gave no answer"),
        (responded('{"error": {"message": "Inside."}}', 400), 400, "Inside."),
        (responded({"error": "Just text."}, 400), 400, '"Just text."'),
    ],
)
def test_what_is_no_answer_is_a_failure_with_its_reason(
    line: dict[str, Any], code: int | None, reason: str
) -> None:
    found = outcome(line)
    assert not found.answered
    assert (found.status_code, found.reason) == (code, reason)


def test_a_reason_is_shown_without_control_sequences_and_cut() -> None:
    said = "\x1b]52;c;ZXZpbA==\x07" + "very long " * 200
    reason = outcome(responded({}, 500, {"message": said})).reason
    assert reason is not None
    assert "\x1b" not in reason
    assert "ZXZpbA" not in reason
    assert len(reason) <= 400


@pytest.mark.parametrize(
    "error", [None, {}, "", False, 0], ids=["null", "object", "text", "false", "zero"]
)
def test_an_empty_error_does_not_take_an_answer_away(error: object) -> None:
    assert outcome(answer("a") | {"error": error}).answered


def test_a_body_written_as_json_text_is_an_answer_like_any_other() -> None:
    line = answer("a", "From text.")
    line["response"]["body"] = json.dumps(line["response"]["body"])
    found = outcome(line)
    assert (found.answered, found.finish) == (True, "stop")
    assert (found.model, found.usage) == ("gpt-4o-mini-2024-07-18", Usage(10, 5, 15))
    assert response_text(json.dumps(line).encode()) == "From text."


@pytest.mark.parametrize(
    "usage",
    ["none", [], {"prompt_tokens": "ten"}, {"total_tokens": 10**30}, {"prompt_tokens": -5}],
    ids=["text", "list", "words", "absurd", "negative"],
)
def test_usage_that_makes_no_sense_does_not_take_an_answer_away(usage: object) -> None:
    found = outcome(answer("a", usage=usage))
    assert found.answered
    assert found.usage == Usage()


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"not JSON",
        b"null",
        b"7",
        b'"a"',
        b'["a"]',
        b"{}",
        b'{"response": {"status_code": 200, "body": {}}}',
        b'{"custom_id": null}',
        b'{"custom_id": 5, "response": ',
        b'{"custom_id": "a", "response": {"status_code": 200, "bo',
        b'{"custom_id": "a", "x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    ],
    ids=lambda raw: raw[:30].decode(),
)
def test_lines_that_name_no_request_are_unreadable(raw: bytes) -> None:
    assert read_outcome(raw) is None


@pytest.mark.parametrize(
    ("written", "read"), [(b"\\ud83d", "?"), (b"\xff", "\ufffd")], ids=["surrogate", "no UTF-8"]
)
def test_a_broken_character_costs_no_answer(written: bytes, read: str) -> None:
    raw = json.dumps(answer("a", "cut here: HERE")).encode().replace(b"HERE", written)
    found = read_outcome(raw)
    assert found is not None
    assert (found.answered, found.usage) == (True, Usage(10, 5, 15))
    assert response_text(raw) == f"cut here: {read}"


def test_a_number_that_is_none_costs_no_answer() -> None:
    raw = json.dumps(answer("a", "Yes.", logprob=float("nan"))).encode()
    assert b"NaN" in raw
    assert response_text(raw) == "Yes."
    found = read_outcome(raw)
    assert found is not None
    assert found.answered


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    *("choices", "message", "content", "output", "data", "embedding", "usage"),
                    *("error", "type", "text", "total_tokens", "refusal", "tool_calls", "model"),
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(body=_JSON, status=_JSON | st.just(200), error=_JSON | st.none())
def test_nothing_that_a_service_writes_stops_the_reading(
    body: object, status: object, error: object
) -> None:
    raw = json.dumps(responded(body, status, error)).encode()
    found = read_outcome(raw)
    assert found is not None
    assert not found.answered or (status == 200 and isinstance(body, dict | str) and not error)
    assert isinstance(response_text(raw), str)


# -- texts ---------------------------------------------------------------------------


IMAGE = f"data:image/jpeg;base64,{base64.b64encode(bytes(1_000_000)).decode()}"


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"choices": [{"message": {"content": "Hello\u2028there"}}]}, "Hello\u2028there"),
        ({"choices": [{"message": {"content": "A"}}, {"message": {"content": "B"}}]}, "A\n\nB"),
        ({"choices": [{"message": {"content": None}}]}, ""),
        ({"choices": [{"message": {"content": None, "refusal": "I won't."}}]}, "I won't."),
        (
            {"choices": [{"message": {"content": [{"type": "text", "text": "A"}, "B"]}}]},
            "A\nB",
        ),
        ({"choices": [{"text": "a completion"}]}, "a completion"),
        (
            {
                "output": [
                    {"type": "reasoning", "summary": []},
                    {
                        "type": "message",
                        "content": [
                            {"type": "output_text", "text": "One, "},
                            {"type": "output_text", "text": "two, "},
                        ],
                    },
                    {"type": "message", "content": [{"type": "output_text", "text": "three."}]},
                ]
            },
            "One, two, three.",
        ),
        (
            {"output": [{"type": "message", "content": [{"type": "refusal", "refusal": "No."}]}]},
            "No.",
        ),
        ({"output": [{"type": "reasoning", "summary": []}]}, ""),
        (
            {"data": [{"embedding": [0.25, -0.5]}, {"embedding": "AAAA"}]},
            "2 numbers: 0.2500, -0.5000, …\n4 characters of base64",
        ),
    ],
    ids=[
        *("chat", "two choices", "nothing", "refusal", "parts", "completion"),
        *("several messages", "refused response", "reasoning only", "embeddings"),
    ],
)
def test_the_text_of_an_answer_from_each_endpoint(body: dict[str, Any], text: str) -> None:
    assert text_of(body) == text


def test_tool_calls_are_shown_as_json() -> None:
    call = {"id": "c", "type": "function", "function": {"name": "plant", "arguments": "{}"}}
    message = {"content": "Calling.", "tool_calls": [call]}
    said, _, shown = text_of({"choices": [{"message": message}]}).partition("\n\n")
    assert said == "Calling."
    assert json.loads(shown) == [call]
    called = {"type": "function_call", "name": "plant", "arguments": "{}"}
    assert json.loads(text_of({"output": [{"type": "reasoning"}, called]})) == [called]


def test_other_endpoints_show_their_whole_body() -> None:
    body = {"results": [{"flagged": False}]}
    assert json.loads(text_of(body)) == body
    images = {"data": [{"b64_json": "AAAA"}]}
    assert json.loads(text_of(images)) == images["data"]


def test_a_line_without_a_body_has_no_text() -> None:
    assert response_text(json.dumps(expired("a")).encode()) == ""
    assert response_text(b"null") == ""


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"messages": [{"role": "user", "content": "Why?"}]}, "Why?"),
        (
            {
                "messages": [
                    {"role": "system", "content": "Be kind."},
                    {"role": "user", "content": [{"type": "text", "text": "Why?"}]},
                ]
            },
            "[system]\nBe kind.\n\n[user]\nWhy?",
        ),
        ({"messages": [{"content": [{"type": "image_url", "image_url": {}}]}]}, "[image_url]"),
        (
            {
                "messages": [
                    {
                        "content": [
                            {"type": "text", "text": "What?"},
                            {"type": "image_url", "image_url": {"url": "https://example.org/a"}},
                            {"type": "image_url", "image_url": {"url": "https://x/" + "y" * 400}},
                        ]
                    }
                ]
            },
            f"What?\n[image: https://example.org/a]\n[image: https://x/{'y' * 190}…]",
        ),
        (
            {
                "input": [
                    {"role": "user", "content": [{"type": "input_text", "text": "What?"}]},
                    {"role": "assistant", "content": "A wall."},
                    {
                        "role": "user",
                        "content": [
                            {"type": "input_image", "image_url": IMAGE},
                            {"type": "input_image", "file_id": "file-7"},
                            {"type": "input_image", "image_url": "data:,"},
                        ],
                    },
                    {"type": "function_call_output", "output": "7"},
                ],
                "instructions": "Be kind.",
            },
            (
                "[instructions]\nBe kind.\n\n[user]\nWhat?\n\n[assistant]\nA wall.\n\n"
                "[user]\n[image: JPEG, 1.0 MB]\n[image: file-7]\n[image: 0 B]\n\n"
                "[function_call_output]\n"
            ),
        ),
        ({"input": [{"type": "image_url", "image_url": {"url": IMAGE}}]}, "[image: JPEG, 1.0 MB]"),
        ({"input": "Why?", "instructions": "Be kind."}, "[instructions]\nBe kind.\n\nWhy?"),
        ({"input": ["one", "two"]}, "one\ntwo"),
        ({"prompt": "Once upon"}, "Once upon"),
        ({}, ""),
        (None, ""),
    ],
)
def test_the_prompt_of_a_request(body: object, text: str) -> None:
    assert prompt_text(json.dumps({"custom_id": "a", "body": body}).encode()) == text


def test_a_responses_body_that_failed_is_no_answer_whatever_its_status_code() -> None:
    body = {"status": "failed", "error": {"code": "server_error", "message": "No."}, "output": []}
    line = {"custom_id": "a", "response": {"status_code": 200, "body": body}, "error": None}
    outcome = read_outcome(json.dumps(line).encode())
    assert outcome is not None
    assert (outcome.answered, outcome.reason) == (False, "server_error: No.")
