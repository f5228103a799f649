"""The JSON Schema in a ready-made request, by which its answer is asked for."""

from __future__ import annotations

from functools import lru_cache

import msgspec

_KEPT = 256
"""Most files ask for all answers by one schema, or by a few."""


class _Named(msgspec.Struct):
    schema: msgspec.Raw = msgspec.Raw(b"")


class _ResponseFormat(msgspec.Struct):
    type: str | None = None
    json_schema: _Named | None = None


class _TextFormat(msgspec.Struct):
    type: str | None = None
    schema: msgspec.Raw = msgspec.Raw(b"")


class _Text(msgspec.Struct):
    format: _TextFormat | None = None


_decode_response_format = msgspec.json.Decoder(_ResponseFormat).decode
_decode_text = msgspec.json.Decoder(_Text).decode
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


@lru_cache(_KEPT)
def schema_of_chat(response_format: bytes) -> bytes | None:
    """The schema in the `response_format` of a chat completion; None when there is none."""
    if not response_format:
        return None
    try:
        wanted = _decode_response_format(response_format)
    except _UNREADABLE:
        return None  # whatever it is, the service will judge it
    if wanted.type != "json_schema" or wanted.json_schema is None:
        return None
    return bytes(wanted.json_schema.schema) or None


@lru_cache(_KEPT)
def schema_of_response(text: bytes) -> bytes | None:
    """The schema in the `text` of a response; None when there is none."""
    if not text:
        return None
    try:
        wanted = _decode_text(text).format
    except _UNREADABLE:
        return None
    if wanted is None or wanted.type != "json_schema":
        return None
    return bytes(wanted.schema) or None
