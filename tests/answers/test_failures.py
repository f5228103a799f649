"""Which failures may pass, and which a service would repeat for ever."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.files import answer, expired
from wellspring_tui.answers.failures import Failure, can_get_better, read_failure


def refused(status: int, code: str | None, kind: str | None = "invalid_request_error") -> bytes:
    """A line of an error file in OpenAI's form: the error is in the body."""
    error = {"message": "No.", "type": kind, "param": None, "code": code}
    return line({"status_code": status, "request_id": "r", "body": {"error": error}})


def line(response: object, error: object = None) -> bytes:
    """An output or error line."""
    return json.dumps({"custom_id": "a", "response": response, "error": error}).encode()


@pytest.mark.parametrize(
    "raw",
    [
        json.dumps(expired("a")).encode(),
        line(None, {"code": "batch_cancelled", "message": "Cancelled."}),
        line(None, {"code": "batch_expired", "type": "invalid_request_error", "message": "Late."}),
        line(None, {"code": "request_timeout", "message": "Request timed out."}),
        line(None, {"message": "Something."}),
        line(None, "it broke"),
        line(None),
        line({"status_code": 0, "body": {}}),
        refused(401, "invalid_api_key"),
        refused(408, None),
        refused(409, None),
        refused(425, None),
        refused(429, "rate_limit_exceeded", "requests"),
        refused(429, "insufficient_quota", "insufficient_quota"),
        refused(400, None, "server_error"),
        refused(500, None, "server_error"),
        refused(500, "context_length_exceeded"),
        refused(502, None, None),
        refused(503, "service_unavailable"),
        refused(529, "overloaded"),
        line({"status_code": 502, "body": "<html>Bad Gateway</html>"}),
        line({"status_code": 403, "body": "<html>A proxy says no</html>"}),
        line({"status_code": 404, "body": {}}),
        line({"status_code": 200, "body": {"status": "failed", "error": {"code": "server_error"}}}),
        line({"status_code": 200, "body": {"status": "failed", "error": None}}),
        line({"status_code": 200, "body": None}),
        b"no JSON at all",
        b"[]",
        b"{}",
    ],
)
def test_what_passes_may_be_sent_again(raw: bytes) -> None:
    assert can_get_better(read_failure(raw))


@pytest.mark.parametrize(
    "raw",
    [
        refused(400, "unsupported_parameter"),
        refused(400, "unsupported_value"),
        refused(400, "context_length_exceeded"),
        refused(400, "invalid_value"),
        refused(400, None),  # some models refuse `temperature` without a code
        refused(400, None, None),
        refused(400, "content_policy_violation"),
        refused(403, "model_not_found"),
        refused(403, None),
        refused(404, "model_not_found"),
        refused(405, None),
        refused(413, "request_too_large"),
        refused(415, None),
        refused(422, None),
        line({"status_code": 413, "body": ""}),
        line({"status_code": 400, "body": {"error": "max_tokens is too large"}}),
        line({"status_code": 400, "body": '{"error": {"message": "No such parameter."}}'}),
        line(None, {"code": "model_not_found", "message": "There is no such model."}),
        line(None, {"type": "invalid_request_error", "message": "No."}),
        line({"status_code": 0, "body": {"error": {"code": "invalid_value"}}}),
        line({"status_code": 200, "body": {"error": {"code": "invalid_prompt"}}}),
    ],
)
def test_what_is_wrong_with_the_request_stays_wrong(raw: bytes) -> None:
    assert not can_get_better(read_failure(raw))


@pytest.mark.parametrize(
    ("failure", "reason"),
    [
        (Failure(400, "unsupported_value", "invalid_request_error"), "unsupported_value"),
        (Failure(400, None, "invalid_request_error"), "invalid_request_error"),
        (Failure(403), "status 403"),
        (Failure(), "no reason given"),
    ],
)
def test_failures_of_a_kind_have_one_word(failure: Failure, reason: str) -> None:
    assert failure.reason == reason


def test_a_failure_is_read_from_wherever_the_service_put_it() -> None:
    said: dict[str, Any] = {"code": 1301, "type": None, "message": "No."}
    assert read_failure(line(None, said)) == Failure(None, "1301", None, "No.")
    assert read_failure(line({"status_code": 400, "body": {"error": said}})) == Failure(
        400, "1301", None, "No."
    )
    assert read_failure(line({"status_code": True, "body": {}})) == Failure()
    assert read_failure(json.dumps(answer("a")).encode()) == Failure(200)
