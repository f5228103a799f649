"""Why a request failed, and whether sending it again can help."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from wellspring_tui.answers.lines import decode_line, read_body

_UNAUTHORIZED = 401
_TOO_LARGE = 413
_PASSING_STATUSES = frozenset({_UNAUTHORIZED, 408, 409, 425, 429})

# What went wrong around a request: time, room, money, the service itself.
_PASSING = frozenset({
    "batch_expired", "batch_cancelled", "request_timeout", "timeout",
    "rate_limit_exceeded", "rate_limit_error", "token_limit_exceeded", "requests", "tokens",
    "server_error", "internal_error", "internal_server_error", "api_error",
    "service_unavailable", "overloaded", "engine_overloaded", "overloaded_error",
    "insufficient_quota", "billing_hard_limit_reached", "credit_balance_exhausted",
    "organization_spend_limit_exceeded", "project_spend_limit_exceeded",
    "organization_usage_limit_exceeded", "vector_store_timeout", "failed_to_download_image",
})  # fmt: skip

# What is wrong with the request itself.
_OF_THE_REQUEST = frozenset({
    "invalid_request_error", "invalid_request", "bad_request",
    "missing_required_parameter", "unknown_parameter", "unsupported_parameter",
    "invalid_value", "invalid_type", "unsupported_value", "invalid_json", "invalid_json_line",
    "integer_above_max_value", "integer_below_min_value",
    "decimal_above_max_value", "decimal_below_min_value",
    "string_above_max_length", "string_below_min_length",
    "array_above_max_length", "array_below_min_length", "empty_array", "empty_string",
    "context_length_exceeded", "request_too_large", "max_tokens_exceeded",
    "model_not_found", "mismatched_model", "model_mismatch", "unsupported_model",
    "duplicate_custom_id", "invalid_url", "url_not_found", "url_mismatch",
    "streaming_unsupported", "invalid_prompt", "invalid_function_parameters",
    "content_policy_violation", "content_filter", "moderation_blocked", "unsafe_content",
    "image_content_policy_violation", "invalid_image", "invalid_image_format",
    "invalid_base64_image", "invalid_image_url", "image_too_large", "image_too_small",
    "image_parse_error", "invalid_image_mode", "image_file_too_large",
    "unsupported_image_media_type", "empty_image_file", "image_file_not_found",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Failure:
    """What a service said of a request that it did not answer."""

    status_code: int | None = None
    """None when the request was never run."""
    code: str | None = None
    type: str | None = None
    message: str | None = None

    @property
    def reason(self) -> str:
        """The same word for all failures of a kind: `context_length_exceeded`, `status 400`."""
        if self.code or self.type:
            return str(self.code or self.type)
        return "no reason given" if self.status_code is None else f"status {self.status_code}"


def can_get_better(failure: Failure) -> bool:
    """Whether the same request, sent again, may be answered.

    It may after what passes: `batch_expired`, `batch_cancelled`, `request_timeout`, rate
    limits and spent credit (429), 408, 409, 425, every 5xx, the `status_code: 0` that services
    have written, and 401, which is about the key. It may not after an error about the request
    itself: a 4xx that explains itself in OpenAI's error object (`unsupported_parameter`,
    `context_length_exceeded`, `model_not_found`, `content_policy_violation`, …), 413, or one of
    those codes under any status that says nothing (a Responses body fails under 200). A 4xx
    without an error object comes from something in between, such as a proxy.
    """
    status, words = failure.status_code, {failure.code, failure.type}
    if is_passing(failure) or status in _PASSING_STATUSES:
        return True
    if status is None or not 400 <= status < 500:
        unclear = status is None or status < 500
        return not (unclear and words & _OF_THE_REQUEST)
    explained = any((failure.code, failure.type, failure.message))
    return status != _TOO_LARGE and not explained


def is_passing(failure: Failure) -> bool:
    """Whether a failure names something that passes, whatever else it says."""
    return bool({failure.code, failure.type} & _PASSING)


def read_failure(raw: bytes) -> Failure:
    """What a line of an error file says; every field None when it can't be read."""
    line = decode_line(raw)
    if not isinstance(line, dict):
        return Failure()
    response = line.get("response")
    status = response.get("status_code") if isinstance(response, dict) else None
    status = status if isinstance(status, int) and not isinstance(status, bool) else None
    body = read_body(response)
    said = line.get("error") or (body.get("error") if body else None)
    if not isinstance(said, dict):
        return Failure(status, message=_word(said))
    words = {name: _word(said.get(name)) for name in ("code", "type", "message")}
    return Failure(status, **words)


def _word(value: Any) -> str | None:
    """A code as text: some services write numbers."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    return str(value) or None
