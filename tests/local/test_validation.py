"""What makes a batch fail before anything is answered, with code, line and sentence."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

import pytest

from tests.local.conftest import jsonl, request_line
from wellspring_tui.local.validation import MAX_BYTES, Validation

if TYPE_CHECKING:
    from openai.types import Batch

    from tests.local.conftest import Line, LocalService

CHAT: Final = "/v1/chat/completions"
RESPONSES: Final = "/v1/responses"
EMBEDDINGS: Final = "/v1/embeddings"


def errors_of(batch: Batch) -> list[tuple[str | None, int | None, str | None, str | None]]:
    assert batch.errors is not None
    return [(one.code, one.line, one.param, one.message) for one in batch.errors.data or []]


def never(_model: str, _endpoint: str) -> bool:
    return False


def without(line: Line, key: str) -> Line:
    return {name: value for name, value in line.items() if name != key}


def test_every_bad_line_is_listed_with_its_error(shared_service: LocalService) -> None:
    good = request_line(1)
    content = (
        jsonl([good])
        + b"{not json}\n"
        + jsonl(
            [
                without(request_line(3), "custom_id"),
                without(request_line(4), "method"),
                without(request_line(5), "url"),
                without(request_line(6), "body"),
                {**request_line(7), "url": RESPONSES},
                request_line(8, stream=True),
                request_line(1),
                request_line(10, model="gpt-4o"),
                request_line(11, messages=None),
                request_line(12, model="text-embedding-3-small"),
                {**request_line(13), "body": without(request_line(13)["body"], "model")},
                {**request_line(14), "method": "GET"},
                {**request_line(15), "custom_id": 15},
                {**request_line(16), "body": []},
            ]
        )
        + b"[1]\n"
        + jsonl([request_line(18)])
    )

    batch = shared_service.until_ended(shared_service.submit_bytes(content))

    assert batch.status == "failed"
    assert batch.failed_at is not None
    assert batch.request_counts is not None
    assert batch.request_counts.total == 0
    assert batch.output_file_id is batch.error_file_id is batch.model is None
    assert errors_of(batch) == [
        ("invalid_json_line", 2, None, "This line is not parseable as valid JSON."),
        (
            "missing_required_parameter",
            3,
            "custom_id",
            "Missing required parameter: 'custom_id'.",
        ),
        ("missing_required_parameter", 4, "method", "Missing required parameter: 'method'."),
        ("missing_required_parameter", 5, "url", "Missing required parameter: 'url'."),
        ("missing_required_parameter", 6, "body", "Missing required parameter: 'body'."),
        (
            "invalid_url",
            7,
            "url",
            "The URL provided for this request does not match the batch endpoint.",
        ),
        (
            "streaming_unsupported",
            8,
            "body.stream",
            "Chat Completions: Streaming is not supported in the Batch API.",
        ),
        (
            "duplicate_custom_id",
            9,
            "custom_id",
            (
                "The custom_id 'request-1' for this request is a duplicate of another request. "
                "The custom_id parameter must be unique for each request in a batch."
            ),
        ),
        (
            "mismatched_model",
            10,
            "body.model",
            (
                "The model 'gpt-4o' for this request does not match the rest of the batch. "
                "Each batch must contain requests for a single model."
            ),
        ),
        ("invalid_request", 11, "body.messages", "Messages parameter is required."),
        (
            "model_not_found",
            12,
            "body.model",
            "The provided model 'text-embedding-3-small' is not supported by the Batch API.",
        ),
        ("invalid_request", 13, "body.model", "Model parameter is required."),
        (
            "invalid_value",
            14,
            "method",
            "Invalid value: 'GET'. Supported values are: 'POST'.",
        ),
        (
            "invalid_type",
            15,
            "custom_id",
            "Invalid type for 'custom_id': expected a string, but got an integer instead.",
        ),
        (
            "invalid_type",
            16,
            "body",
            "Invalid type for 'body': expected an object, but got an array instead.",
        ),
        ("invalid_json_line", 17, None, "This line is not a JSON object."),
    ]


def test_a_byte_order_mark_spoils_the_first_line(shared_service: LocalService) -> None:
    content = b"\xef\xbb\xbf" + jsonl([request_line(1), request_line(2)])

    batch = shared_service.until_ended(shared_service.submit_bytes(content))

    assert errors_of(batch) == [
        ("invalid_json_line", 1, None, "This line is not parseable as valid JSON.")
    ]


def test_blank_lines_are_fine_at_the_end_and_nowhere_else(shared_service: LocalService) -> None:
    one, two = jsonl([request_line(1)]), jsonl([request_line(2)])

    trailing = shared_service.until_ended(shared_service.submit_bytes(one + two + b"\n \r\n\n"))
    between = shared_service.until_ended(shared_service.submit_bytes(one + b"\n\n" + two))

    assert trailing.status == "completed"
    assert [error[:2] for error in errors_of(between)] == [
        ("invalid_json_line", 2),
        ("invalid_json_line", 3),
    ]


def test_a_line_separator_inside_a_prompt_does_not_break_the_line(
    shared_service: LocalService,
) -> None:
    line = request_line(1, messages=[{"role": "user", "content": "first\u2028second\x85third"}])
    content = json.dumps(line, ensure_ascii=False).encode() + b"\n"

    batch = shared_service.until_ended(shared_service.submit_bytes(content))

    assert batch.status == "completed"


def test_a_file_without_a_last_line_feed_is_read_whole(shared_service: LocalService) -> None:
    content = jsonl([request_line(1), request_line(2)]).rstrip(b"\n")

    batch = shared_service.until_ended(shared_service.submit_bytes(content))

    assert len(shared_service.lines(batch.output_file_id)) == 2


@pytest.mark.parametrize("name", ["Responses", "Embeddings"])
def test_the_input_of_other_endpoints_is_required_too(
    shared_service: LocalService, name: str
) -> None:
    url = RESPONSES if name == "Responses" else EMBEDDINGS
    model = "gpt-4.1" if name == "Responses" else "text-embedding-3-small"
    lines = [request_line(1, url, model, input=None), request_line(2, url, model, stream=True)]

    batch = shared_service.until_ended(shared_service.submit(lines, url))

    assert errors_of(batch) == [
        ("invalid_request", 1, "body.input", "Input parameter is required."),
        (
            "streaming_unsupported",
            2,
            "body.stream",
            f"{name}: Streaming is not supported in the Batch API.",
        ),
    ]


def test_an_unknown_input_file_fails_the_batch_and_not_its_creation(
    shared_service: LocalService,
) -> None:
    batch = shared_service.openai.batches.create(
        input_file_id="file-nowhere", endpoint=CHAT, completion_window="24h"
    )
    assert batch.status == "validating"

    batch = shared_service.until_ended(batch)

    [(code, line, param, message)] = errors_of(batch)
    assert (code, line, param) == ("invalid_request", None, "file_id")
    assert message is not None
    assert message.startswith("Cannot find file file-nowhere, or organization ")


def test_a_file_of_another_purpose_fails_the_batch(shared_service: LocalService) -> None:
    file = shared_service.openai.files.create(
        file=("input.jsonl", jsonl([request_line(1)])), purpose="user_data"
    )
    batch = shared_service.openai.batches.create(
        input_file_id=file.id, endpoint=CHAT, completion_window="24h"
    )

    [(code, _, param, _)] = errors_of(shared_service.until_ended(batch))

    assert (code, param) == ("invalid_request", "file_id")


def test_more_than_fifty_thousand_requests_are_too_many(shared_service: LocalService) -> None:
    batch = shared_service.until_ended(shared_service.submit(map(request_line, range(50_001))))

    assert [error[:2] for error in errors_of(batch)] == [("too_many_tasks", None)]


def test_more_than_fifty_thousand_embedding_inputs_are_too_many(
    shared_service: LocalService,
) -> None:
    lines = [
        request_line(n, EMBEDDINGS, "text-embedding-3-small", input=["a"] * 2_000)
        for n in range(26)
    ]

    batch = shared_service.until_ended(shared_service.submit(lines, EMBEDDINGS))

    assert [error[:3] for error in errors_of(batch)] == [
        ("too_many_embedding_inputs", None, "body.input")
    ]


def test_a_file_over_the_size_limit_is_too_large() -> None:
    checked = Validation(CHAT, size_bytes=MAX_BYTES + 1, knows_misfit=never)

    checked.feed(jsonl([request_line(1)]))
    checked.finish()

    [error] = checked.errors
    assert error.message == (
        "The batch input file is larger than the 209715200 maximum for the gpt-4o-mini model"
    )


def test_a_file_of_blank_lines_is_empty() -> None:
    checked = Validation(CHAT, size_bytes=2, knows_misfit=never)

    checked.feed(b"\n")
    checked.feed(b" \n")
    checked.finish()

    assert [error.code for error in checked.errors] == ["empty_file"]


@pytest.mark.parametrize("depth", [990, 100_000])
def test_a_line_nested_too_deeply_is_an_error_and_not_the_end_of_the_service(
    shared_service: LocalService, depth: int
) -> None:
    deep = b"[" * depth + b"]" * depth
    line = jsonl([request_line(2, extra="HERE")]).replace(b'"HERE"', deep)

    batch = shared_service.until_ended(shared_service.submit_bytes(jsonl([request_line(1)]) + line))

    assert [error[:2] for error in errors_of(batch)] == [("invalid_json_line", 2)]
