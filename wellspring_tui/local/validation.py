"""A batch's input file, checked line by line before anything is answered.

Every line is looked at and every error is kept, as OpenAI's service does. Codes and
sentences are those recorded from it; where none was recorded, they follow its style.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from wellspring_tui.local import models, wire
from wellspring_tui.local.tokens import embedding_inputs, prompt_tokens
from wellspring_tui.local.wire import (
    CHAT,
    COMPLETIONS,
    EDITS,
    EMBEDDINGS,
    IMAGES,
    MODERATIONS,
    RESPONSES,
    VIDEOS,
    ApiError,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from wellspring_tui.local.wire import JsonObject

MAX_REQUESTS = 50_000
MAX_BYTES = 209_715_200
MAX_EMBEDDING_INPUTS = 50_000

_DEPTH_MARGIN = 100
_STREAMING_NAMES = {
    CHAT: "Chat Completions",
    RESPONSES: "Responses",
    EMBEDDINGS: "Embeddings",
    COMPLETIONS: "Completions",
    MODERATIONS: "Moderations",
    IMAGES: "Images",
    EDITS: "Images",
    VIDEOS: "Videos",
}
_PROMPTS = {
    CHAT: "messages",
    RESPONSES: "input",
    EMBEDDINGS: "input",
    COMPLETIONS: "prompt",
    MODERATIONS: "input",
    IMAGES: "prompt",
    EDITS: "prompt",
    VIDEOS: "prompt",
}


@dataclass(frozen=True, slots=True)
class LineError:
    """One entry of a failed batch's `errors.data`; `line` counts from 1."""

    code: str
    message: str
    param: str | None = None
    line: int | None = None


def errors_json(errors: list[LineError]) -> str:
    return msgspec.json.encode({"object": "list", "data": errors}).decode()


def cannot_find(file_id: str) -> LineError:
    return LineError(
        "invalid_request",
        f"Cannot find file {file_id}, or organization org-wellspring does not have access to it.",
        "file_id",
    )


def wrong_purpose(file_id: str, purpose: str) -> LineError:
    return LineError(
        "invalid_request",
        f"The file {file_id} has the purpose '{purpose}'; a batch needs one with 'batch'.",
        "file_id",
    )


def queue_is_full(model: str, token_limit: int) -> LineError:
    return LineError(
        "token_limit_exceeded",
        f"Enqueued token limit reached for {model} in organization org-wellspring. "
        f"Limit: {token_limit:,} enqueued tokens. "
        "Please try again once some in_progress batches have been completed.",
    )


def answerer_is_gone(before: str, now: str) -> LineError:
    return LineError(
        "answerer_changed",
        f"The answers of this batch came from: {before}. This service answers now with: {now}. "
        "What is unanswered was left so.",
    )


class Validation:
    """Takes the lines of one input file in their order and collects what is wrong with them."""

    def __init__(
        self, endpoint: str, *, size_bytes: int, knows_misfit: Callable[[str, str], bool]
    ) -> None:
        """`knows_misfit` is told a model and an endpoint that it can't be asked at, if so."""
        self.errors: list[LineError] = []
        self.model: str | None = None
        self.requests = 0
        self.prompt_tokens = 0
        self._endpoint = endpoint
        self._size_bytes = size_bytes
        self._knows_misfit = knows_misfit
        self._line = 0
        self._blank_lines: list[int] = []
        self._custom_ids: set[str] = set()
        self._embedding_inputs = 0

    @property
    def is_full(self) -> bool:
        """Nothing behind this line would be answered anyway."""
        return self.requests > MAX_REQUESTS

    def feed(self, raw: bytes) -> None:
        """Check the next line."""
        self._line += 1
        if not raw.strip():
            self._blank_lines.append(self._line)
            return
        # Blank lines are fine at the end of a file, and only there.
        self.errors += [_unparseable(line) for line in self._blank_lines]
        self._blank_lines.clear()
        self.requests += 1
        if not self.is_full:
            self._check(raw)

    def finish(self) -> None:
        """Check what only the whole file can tell."""
        if not self.requests:
            self._error("empty_file", "The batch input file holds no requests.", whole=True)
        if self.is_full:
            self._error(
                "too_many_tasks",
                f"The batch input file holds more than the {MAX_REQUESTS} requests "
                "that a batch may have.",
                whole=True,
            )
        if self._size_bytes > MAX_BYTES:
            self._error(
                "file_too_large",
                f"The batch input file is larger than the {MAX_BYTES} maximum "
                f"for the {self.model} model",
                whole=True,
            )
        if self._embedding_inputs > MAX_EMBEDDING_INPUTS:
            self._error(
                "too_many_embedding_inputs",
                f"The batch holds {self._embedding_inputs} embedding inputs; "
                f"the maximum over all its requests is {MAX_EMBEDDING_INPUTS}.",
                "body.input",
                whole=True,
            )

    def _error(
        self, code: str, message: str, param: str | None = None, *, whole: bool = False
    ) -> None:
        self.errors.append(LineError(code, message, param, None if whole else self._line))

    def _refuse(self, error: ApiError) -> None:
        self._error(error.code or "invalid_request", error.message, error.param)

    def _check(self, raw: bytes) -> None:
        try:
            request = msgspec.json.decode(raw)
            _check_depth(raw)
        except (ValueError, RecursionError):
            self.errors.append(_unparseable(self._line))
            return
        if not isinstance(request, dict):
            self._error("invalid_json_line", "This line is not a JSON object.")
            return
        self._check_custom_id(request.get("custom_id"))
        self._check_method(request.get("method"))
        self._check_url(request.get("url"))
        body = request.get("body")
        if body is None:
            self._refuse(wire.missing_parameter("body"))
        elif not isinstance(body, dict):
            self._refuse(wire.wrong_type("body", "an object", body))
        else:
            self._check_body(body)

    def _check_custom_id(self, custom_id: object) -> None:
        if custom_id is None or custom_id == "":
            self._refuse(wire.missing_parameter("custom_id"))
        elif not isinstance(custom_id, str):
            self._refuse(wire.wrong_type("custom_id", "a string", custom_id))
        elif custom_id in self._custom_ids:
            self._error(
                "duplicate_custom_id",
                f"The custom_id '{custom_id}' for this request is a duplicate of another request. "
                "The custom_id parameter must be unique for each request in a batch.",
                "custom_id",
            )
        else:
            self._custom_ids.add(custom_id)

    def _check_method(self, method: object) -> None:
        if method is None:
            self._refuse(wire.missing_parameter("method"))
        elif method != "POST":
            self._refuse(wire.wrong_value("method", str(method), ["POST"]))

    def _check_url(self, url: object) -> None:
        if url is None:
            self._refuse(wire.missing_parameter("url"))
        elif url != self._endpoint:
            self._error(
                "invalid_url",
                "The URL provided for this request does not match the batch endpoint.",
                "url",
            )

    def _check_body(self, body: JsonObject) -> None:
        if body.get("stream"):
            self._error(
                "streaming_unsupported",
                f"{_STREAMING_NAMES[self._endpoint]}: Streaming is not supported in the Batch API.",
                "body.stream",
            )
        model = body.get("model")
        usual = models.DEFAULT_MODERATOR if self._endpoint == MODERATIONS else None
        self._check_model(usual if model is None else model)
        prompt = _PROMPTS[self._endpoint]
        if body.get(prompt) is None and not (self._endpoint == RESPONSES and body.get("prompt")):
            self._error(
                "invalid_request",
                f"{prompt.capitalize()} parameter is required.",
                f"body.{prompt}",
            )
        if self._endpoint == EDITS and body.get("images") is None:
            self._error("invalid_request", "Images parameter is required.", "body.images")
        if self._endpoint == EMBEDDINGS:
            self._embedding_inputs += len(embedding_inputs(body.get("input")))
        self.prompt_tokens += prompt_tokens(self._endpoint, body)

    def _check_model(self, model: object) -> None:
        if not isinstance(model, str) or not model:
            self._error("invalid_request", "Model parameter is required.", "body.model")
        elif self._knows_misfit(model, self._endpoint):
            self._error(
                "model_not_found",
                f"The provided model '{model}' is not supported by the Batch API.",
                "body.model",
            )
        elif self.model is None:
            self.model = model
        elif model != self.model:
            self._error(
                "mismatched_model",
                f"The model '{model}' for this request does not match the rest of the batch. "
                "Each batch must contain requests for a single model.",
                "body.model",
            )


def _unparseable(line: int) -> LineError:
    return LineError("invalid_json_line", "This line is not parseable as valid JSON.", None, line)


def _check_depth(raw: bytes) -> None:
    """Raise RecursionError for what can just be read here, but not a few calls further in."""
    if raw.count(b"{") + raw.count(b"[") > _DEPTH_MARGIN:
        msgspec.json.decode(b"[" * _DEPTH_MARGIN + raw + b"]" * _DEPTH_MARGIN)
