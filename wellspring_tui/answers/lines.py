"""Reading the lines of output and error files.

A line counts as answered only with no error, a status from 200 to 299 and an
object for a body: services have written `status_code: 0`, bodies as text, and
lines that are no objects at all.
"""

from __future__ import annotations

import json
from typing import Annotated, Any, TypeAlias

import msgspec

from wellspring_tui.answers.model import Outcome, Usage
from wellspring_tui.text import one_line

_REASON_LENGTH = 400
_MOST_TOKENS = 2**53
_Tokens: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=_MOST_TOKENS)]
_StatusCode: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=999)]


class _Details(msgspec.Struct, gc=False):
    cached_tokens: _Tokens | None = None
    cache_write_tokens: _Tokens | None = None
    reasoning_tokens: _Tokens | None = None


class _Usage(msgspec.Struct, gc=False):
    prompt_tokens: _Tokens | None = None
    completion_tokens: _Tokens | None = None
    input_tokens: _Tokens | None = None
    output_tokens: _Tokens | None = None
    total_tokens: _Tokens | None = None
    prompt_tokens_details: _Details | None = None
    completion_tokens_details: _Details | None = None
    input_tokens_details: _Details | None = None
    output_tokens_details: _Details | None = None


class _Message(msgspec.Struct, gc=False):
    refusal: str | None = None


class _Choice(msgspec.Struct, gc=False):
    finish_reason: str | None = None
    message: _Message | None = None


class _Error(msgspec.Struct, gc=False):
    message: str | None = None
    code: str | int | None = None


class _Part(msgspec.Struct, gc=False):
    type: str | None = None


class _Item(msgspec.Struct, gc=False):
    content: list[_Part] | None = None


class _Incomplete(msgspec.Struct, gc=False):
    reason: str | None = None


class _Body(msgspec.Struct, gc=False):
    model: str | None = None
    usage: _Usage | None = None
    choices: list[_Choice] | None = None
    error: _Error | None = None
    # Responses only
    status: str | None = None
    incomplete_details: _Incomplete | None = None
    output: list[_Item] | None = None


class _Response(msgspec.Struct, gc=False):
    status_code: _StatusCode | None = None
    body: _Body | None = None


class _Line(msgspec.Struct, gc=False):
    custom_id: str
    response: _Response | None = None
    error: _Error | None = None


_decode = msgspec.json.Decoder(_Line).decode
_NO_USAGE = Usage()


def read_outcome(raw: bytes) -> Outcome | None:
    """The outcome that a line tells; None when it can't be read or names no request."""
    try:
        line = _decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _read_odd(raw)
    if line.error == _Error():  # without a code or a message: what is in it, if anything?
        return _read_odd(raw)
    response = line.response
    if response is None:
        return Outcome(line.custom_id, answered=False, reason=_reason(line.error, None))
    body, code = response.body, response.status_code
    usage = _usage(body.usage) if body is not None and body.usage is not None else _NO_USAGE
    model = body.model if body is not None else None
    well = line.error is None and code is not None and 200 <= code < 300
    # A Responses body says “failed” under a good HTTP status (OpenAI's API reference).
    if well and body is not None and body.status != "failed":
        return Outcome(line.custom_id, True, code, _finish(body), model, usage)
    reason = _reason(line.error or (body.error if body is not None else None), code)
    return Outcome(line.custom_id, False, code, None, model, usage, reason)


def _finish(body: _Body) -> str | None:
    if body.choices:
        choice = body.choices[0]
        refused = choice.message is not None and choice.message.refusal
        return "refusal" if refused else choice.finish_reason
    if body.output is None:
        return None
    parts = (part.type for item in body.output for part in item.content or ())
    if "refusal" in parts:
        return "refusal"
    reason = body.incomplete_details.reason if body.incomplete_details else None
    return "length" if reason == "max_output_tokens" else reason or "stop"


def _usage(raw: _Usage) -> Usage:
    into, out = raw.prompt_tokens or raw.input_tokens, raw.completion_tokens or raw.output_tokens
    cached = raw.prompt_tokens_details or raw.input_tokens_details
    reasoning = raw.completion_tokens_details or raw.output_tokens_details
    total = raw.total_tokens
    return Usage(
        into or 0,
        out or 0,
        total if total is not None else (into or 0) + (out or 0),
        (cached.cached_tokens or 0) if cached else 0,
        (reasoning.reasoning_tokens or 0) if reasoning else 0,
        (cached.cache_write_tokens or 0) if cached else 0,
    )


def _reason(error: _Error | None, code: int | None) -> str:
    words = [str(word) for word in (error.code, error.message) if word] if error else []
    if not words:
        words = [f"status {code}" if code is not None else "the service gave no answer"]
    return one_line(": ".join(words), _REASON_LENGTH)


def _read_odd(raw: bytes) -> Outcome | None:
    """A line of unusual shape: what can be understood of it, else None."""
    line = decode_line(raw)
    if not isinstance(line, dict) or not isinstance(line.get("custom_id"), str):
        return None
    custom_id: str = line["custom_id"]
    response, error = line.get("response"), line.get("error")
    if error:
        text = error if isinstance(error, str) else _text_of(error)
        return Outcome(custom_id, answered=False, reason=one_line(text, _REASON_LENGTH))
    body = read_body(response)
    code = response.get("status_code") if isinstance(response, dict) else None
    code = code if isinstance(code, int) and 0 <= code <= 999 else None
    if body is None or code is None or not 200 <= code < 300:
        said = body.get("error") if body else None
        reason = _text_of(said) if said else _reason(None, code)
        return Outcome(
            custom_id,
            answered=False,
            status_code=code,
            reason=one_line(reason, _REASON_LENGTH),
        )
    try:
        typed = msgspec.convert(body, _Body, strict=False)
    except msgspec.ValidationError:
        typed = _Body()
    usage = _usage(typed.usage) if typed.usage else _NO_USAGE
    return Outcome(custom_id, True, code, _finish(typed), typed.model, usage)


def decode_line(raw: bytes) -> Any:
    """What a line holds; None when it is not JSON.

    Half a surrogate pair (a text cut within an emoji), bytes that are no UTF-8 and NaN cost
    a character or a number here, not the answer they stand in.
    """
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    try:
        mended = json.loads(raw.decode("utf-8", "replace"), parse_constant=lambda _name: None)
        text = json.dumps(mended, ensure_ascii=False)
        return msgspec.json.decode(text.encode("utf-8", "replace"))
    except (ValueError, RecursionError, msgspec.DecodeError):
        return None


def read_body(response: object) -> dict[str, Any] | None:
    """The body in a line's `response`, also one written as JSON text (OGX); None if none."""
    body = response.get("body") if isinstance(response, dict) else None
    if isinstance(body, str):
        body = decode_line(body.encode())
    return body if isinstance(body, dict) else None


def _text_of(value: object) -> str:
    if isinstance(value, dict) and isinstance(value.get("message"), str):
        return str(value["message"])
    return msgspec.json.encode(value).decode()
