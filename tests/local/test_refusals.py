"""What the service refuses, in OpenAI's words and shape."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import openai
import pytest

from tests.local.conftest import request_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.local.conftest import LocalService

BATCH = {
    "input_file_id": "file-a",
    "endpoint": "/v1/chat/completions",
    "completion_window": "24h",
}


@pytest.mark.parametrize(
    ("changes", "param", "code", "message"),
    [
        (
            {"input_file_id": None},
            "input_file_id",
            "missing_required_parameter",
            "Missing required parameter: 'input_file_id'.",
        ),
        (
            {"endpoint": "/v1/invalid"},
            "endpoint",
            "invalid_value",
            (
                "Invalid value: '/v1/invalid'. Supported values are: "
                "'/v1/chat/completions', '/v1/responses', '/v1/embeddings', "
                "'/v1/completions', '/v1/moderations', '/v1/images/generations', "
                "'/v1/images/edits', and '/v1/videos'."
            ),
        ),
        (
            {"completion_window": "1h"},
            "completion_window",
            "invalid_value",
            "Invalid value: '1h'. Supported values are: '24h'.",
        ),
        (
            {"endpoint": 5},
            "endpoint",
            "invalid_type",
            "Invalid type for 'endpoint': expected a string, but got an integer instead.",
        ),
        (
            {"metadata": {"tags": ["a"]}},
            "metadata.tags",
            "invalid_type",
            "Invalid type for 'metadata.tags': expected a string, but got an array instead.",
        ),
        (
            {"metadata": "tides"},
            "metadata",
            "invalid_type",
            "Invalid type for 'metadata': expected an object, but got a string instead.",
        ),
        (
            {"metadata": {str(n): "x" for n in range(17)}},
            "metadata",
            "object_above_max_properties",
            (
                "Invalid 'metadata': too many properties. Expected an object with at most 16 "
                "properties, but got an object with 17 properties instead."
            ),
        ),
        (
            {"metadata": {"k" * 65: "x"}},
            "metadata",
            "string_above_max_length",
            (
                "Invalid 'metadata': string too long. Expected a string with maximum length 64, "
                "but got a string with length 65 instead."
            ),
        ),
        (
            {"metadata": {"key": "x" * 513}},
            "metadata.key",
            "string_above_max_length",
            (
                "Invalid 'metadata.key': string too long. Expected a string with maximum "
                "length 512, but got a string with length 513 instead."
            ),
        ),
        (
            {"output_expires_after": {"anchor": "created_at", "seconds": 2_592_001}},
            "output_expires_after.seconds",
            "integer_above_max_value",
            (
                "Invalid 'output_expires_after.seconds': integer above maximum value. "
                "Expected a value <= 2592000, but got 2592001 instead."
            ),
        ),
        (
            {"output_expires_after": {"anchor": "tomorrow", "seconds": 3600}},
            "output_expires_after.anchor",
            "invalid_value",
            "Invalid value: 'tomorrow'. Supported values are: 'created_at'.",
        ),
    ],
)
def test_a_batch_with_a_wrong_parameter_is_not_created(
    shared_service: LocalService,
    matches: Callable[[str, object], None],
    changes: dict[str, Any],
    param: str,
    code: str,
    message: str,
) -> None:
    before = shared_service.openai.batches.list(limit=1).data

    answer = shared_service.http.post(f"{shared_service.base_url}/batches", json=BATCH | changes)

    assert answer.status_code == 400
    matches("ErrorResponse", answer.json())
    assert answer.json()["error"] == {
        "message": message,
        "type": "invalid_request_error",
        "param": param,
        "code": code,
    }
    assert shared_service.openai.batches.list(limit=1).data == before


def test_metadata_at_its_limits_is_taken(shared_service: LocalService) -> None:
    metadata = {f"{n:064d}": "é" * 512 for n in range(16)}

    answer = shared_service.http.post(
        f"{shared_service.base_url}/batches", json=BATCH | {"metadata": metadata}
    )

    assert answer.json()["metadata"] == metadata


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff", b"[" * 100_000])
def test_a_body_that_is_no_json_object_is_refused(
    shared_service: LocalService, content: bytes
) -> None:
    answer = shared_service.http.post(f"{shared_service.base_url}/batches", content=content)

    assert answer.status_code == 400
    assert answer.json()["error"]["type"] == "invalid_request_error"


def test_an_unknown_batch_is_not_found(shared_service: LocalService) -> None:
    batches = shared_service.openai.batches

    for call in (batches.retrieve, batches.cancel):
        with pytest.raises(openai.NotFoundError) as refusal:
            call("batch_unknown")
        assert refusal.value.body == {
            "message": "No batch found with id 'batch_unknown'.",
            "type": "invalid_request_error",
            "param": None,
            "code": None,
        }


def test_an_id_that_cannot_be_a_batch_is_a_wrong_value(shared_service: LocalService) -> None:
    with pytest.raises(openai.BadRequestError) as refusal:
        shared_service.openai.batches.retrieve("invalid")

    assert refusal.value.body == {
        "message": "Invalid 'batch_id': 'invalid'. Expected an ID that begins with 'batch'.",
        "type": "invalid_request_error",
        "param": "batch_id",
        "code": "invalid_value",
    }


@pytest.mark.parametrize(
    ("path", "limit", "code"),
    [
        ("batches", "101", "integer_above_max_value"),
        ("batches", "0", "integer_below_min_value"),
        ("batches", "many", "invalid_type"),
        ("files", "10001", "integer_above_max_value"),
    ],
)
def test_a_page_has_its_limits(
    shared_service: LocalService, path: str, limit: str, code: str
) -> None:
    answer = shared_service.http.get(f"{shared_service.base_url}/{path}", params={"limit": limit})

    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == code


def test_batches_are_listed_newest_first_in_pages(service: LocalService) -> None:
    ids = [service.submit([request_line(n)]).id for n in range(23)]

    first = service.openai.batches.list()
    assert [batch.id for batch in first.data] == ids[:2:-1]
    assert first.has_more is True
    assert [batch.id for batch in service.openai.batches.list(limit=5)] == ids[::-1]
    assert [batch.id for batch in service.openai.batches.list(after=ids[1])] == [ids[0]]


@pytest.mark.parametrize("authorization", [None, "", "Bearer", "Basic YTpi"])
def test_nobody_comes_in_without_a_token(
    shared_service: LocalService, authorization: str | None
) -> None:
    headers = {} if authorization is None else {"authorization": authorization}
    request = shared_service.http.build_request("GET", f"{shared_service.base_url}/batches")
    del request.headers["authorization"]
    request.headers.update(headers)

    answer = shared_service.http.send(request)

    assert answer.status_code == 401
    assert answer.json()["error"] == {
        "message": "Missing bearer or basic authentication in header",
        "type": "invalid_request_error",
        "param": None,
        "code": None,
    }
    assert answer.headers["x-request-id"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/nothing", 404),
        ("GET", "/v1/files/", 404),
        ("GET", "/wellspring/nothing", 404),
        ("PUT", "/v1/files", 405),
        ("DELETE", "/v1/batches/batch_1", 405),
        ("GET", "/v1/chat/completions", 405),
    ],
)
def test_a_wrong_address_is_answered_in_the_same_shape(
    shared_service: LocalService,
    matches: Callable[[str, object], None],
    method: str,
    path: str,
    status: int,
) -> None:
    answer = shared_service.http.request(method, shared_service.root + path)

    assert answer.status_code == status
    matches("ErrorResponse", answer.json())
    assert answer.headers["x-request-id"]


def test_a_web_page_under_a_foreign_name_is_turned_away(shared_service: LocalService) -> None:
    answer = shared_service.http.get(
        f"{shared_service.base_url}/batches", headers={"host": "example.com:8089"}
    )

    assert answer.status_code == 421
