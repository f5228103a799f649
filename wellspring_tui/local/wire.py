"""The shapes, ids and errors of the Batch API, as OpenAI's service sends them."""

from __future__ import annotations

import os
import secrets
import string
import time
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wellspring_tui.local.store import Batch, StoredFile

_TYPE_NAMES = {
    type(None): "null",
    bool: "a boolean",
    int: "an integer",
    float: "a decimal",
    str: "a string",
    list: "an array",
    dict: "an object",
}

JsonObject = dict[str, object]

_BASE62 = string.ascii_letters + string.digits

CHAT = "/v1/chat/completions"
RESPONSES = "/v1/responses"
EMBEDDINGS = "/v1/embeddings"
COMPLETIONS = "/v1/completions"
MODERATIONS = "/v1/moderations"
IMAGES = "/v1/images/generations"
EDITS = "/v1/images/edits"
VIDEOS = "/v1/videos"
ENDPOINTS = (CHAT, RESPONSES, EMBEDDINGS, COMPLETIONS, MODERATIONS, IMAGES, EDITS, VIDEOS)

RESULT = "batch_output"
"""The purpose of a result file."""


class ApiError(Exception):
    """A refusal in OpenAI's error shape: a status code and `{"error": {…}}`."""

    def __init__(
        self,
        status_code: int,
        message: str,
        *,
        param: str | None = None,
        code: str | None = None,
        kind: str = "invalid_request_error",
        retry_after_seconds: int | None = None,
    ) -> None:
        super().__init__(message)
        self.status_code = status_code
        self.message = message
        self.param = param
        self.code = code
        self.kind = kind
        self.retry_after_seconds = retry_after_seconds

    @property
    def body(self) -> JsonObject:
        return {
            "error": {
                "message": self.message,
                "type": self.kind,
                "param": self.param,
                "code": self.code,
            }
        }


def missing_parameter(name: str) -> ApiError:
    return ApiError(
        400,
        f"Missing required parameter: '{name}'.",
        param=name,
        code="missing_required_parameter",
    )


def wrong_type(name: str, expected: str, value: object) -> ApiError:
    """`expected` with its article: "a string", "an object"."""
    got = _TYPE_NAMES.get(type(value), "an unknown type")
    return ApiError(
        400,
        f"Invalid type for '{name}': expected {expected}, but got {got} instead.",
        param=name,
        code="invalid_type",
    )


def wrong_value(name: str, value: str, supported: Iterable[str]) -> ApiError:
    *others, last = (f"'{choice}'" for choice in supported)
    choices = f"{', '.join(others)}, and {last}" if others else last
    return ApiError(
        400,
        f"Invalid value: '{value}'. Supported values are: {choices}.",
        param=name,
        code="invalid_value",
    )


def out_of_range(name: str, value: float, minimum: float, maximum: float) -> ApiError:
    """`value` lies below `minimum` or above `maximum`."""
    kind = "integer" if isinstance(value, int) else "decimal"
    side, sign, bound = ("below", ">=", minimum) if value < minimum else ("above", "<=", maximum)
    limit = "minimum" if side == "below" else "maximum"
    return ApiError(
        400,
        f"Invalid '{name}': {kind} {side} {limit} value. "
        f"Expected a value {sign} {bound}, but got {value} instead.",
        param=name,
        code=f"{kind}_{side}_{limit[:3]}_value",
    )


def no_such_file(file_id: str) -> ApiError:
    return ApiError(404, f"No such File object: {file_id}", param="id")


def no_such_batch(batch_id: str) -> ApiError:
    return ApiError(404, f"No batch found with id '{batch_id}'.")


def too_many_creations(limit: int, retry_after_seconds: int) -> ApiError:
    """OpenAI's guide names the limit; the sentence follows its other rate limits."""
    return ApiError(
        429,
        "Rate limit reached for batch creation in organization org-wellspring on batches per "
        f"hour: Limit {limit}. Please try again in {retry_after_seconds}s.",
        code="rate_limit_exceeded",
        kind="requests",
        retry_after_seconds=retry_after_seconds,
    )


def new_file_id() -> str:
    """`file-` and 22 letters or digits."""
    return "file-" + "".join(secrets.choice(_BASE62) for _ in range(22))


def new_batch_id(created_at: int) -> str:
    """`batch_` and 32 hex digits; the first eight are the time of creation."""
    return f"batch_{created_at:08x}{secrets.token_hex(12)}"


def new_request_id() -> str:
    return "req_" + os.urandom(16).hex()


def new_line_id() -> str:
    return "batch_req_" + os.urandom(16).hex()


def now() -> int:
    """Unix seconds."""
    return int(time.time())


def file_object(file: StoredFile) -> JsonObject:
    return {
        "id": file.id,
        "object": "file",
        "bytes": file.bytes,
        "created_at": file.created_at,
        "expires_at": file.expires_at,
        "filename": file.filename,
        "purpose": file.purpose,
        "status": "processed",
        "status_details": None,
    }


_ENDED = frozenset({"completed", "failed", "expired", "cancelled"})


def batch_object(batch: Batch) -> JsonObject:
    """All 22 keys, nulls included; file ids show only once the batch has ended."""
    ended = batch.status in _ENDED
    return {
        "id": batch.id,
        "object": "batch",
        "endpoint": batch.endpoint,
        "model": batch.model,
        "errors": _raw(batch.errors),
        "input_file_id": batch.input_file_id,
        "completion_window": batch.completion_window,
        "status": batch.status,
        "output_file_id": batch.output_file_id if ended else None,
        "error_file_id": batch.error_file_id if ended else None,
        "created_at": batch.created_at,
        "in_progress_at": batch.in_progress_at,
        "expires_at": batch.expires_at,
        "finalizing_at": batch.finalizing_at,
        "completed_at": batch.completed_at,
        "failed_at": batch.failed_at,
        "expired_at": batch.expired_at,
        "cancelling_at": batch.cancelling_at,
        "cancelled_at": batch.cancelled_at,
        "request_counts": {
            "total": batch.total,
            "completed": batch.completed,
            "failed": batch.failed,
        },
        "usage": {
            "input_tokens": batch.input_tokens,
            "input_tokens_details": {"cached_tokens": batch.cached_tokens},
            "output_tokens": batch.output_tokens,
            "output_tokens_details": {"reasoning_tokens": batch.reasoning_tokens},
            "total_tokens": batch.input_tokens + batch.output_tokens,
        },
        "metadata": _raw(batch.metadata),
    }


def _raw(text: str | None) -> msgspec.Raw | None:
    return None if text is None else msgspec.Raw(text.encode())


def page(objects: list[JsonObject], *, has_more: bool) -> JsonObject:
    return {
        "object": "list",
        "data": objects,
        "first_id": objects[0]["id"] if objects else None,
        "last_id": objects[-1]["id"] if objects else None,
        "has_more": has_more,
    }
