"""The built-in service's files and batches, described in OpenAPI.

Written from what OpenAI's guide and its recorded answers say of these addresses, more
strictly than the published specification: every key is always there, nulls included.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from wellspring_tui.local.files import PURPOSES
from wellspring_tui.local.wire import ENDPOINTS

Raw: TypeAlias = "dict[str, Any]"

_INTEGER: Raw = {"type": "integer", "minimum": 0}
_TEXT: Raw = {"type": "string"}
_PLACE: Raw = {"type": "string", "minLength": 1}
_STATUSES = (
    *("validating", "failed", "in_progress", "finalizing", "completed", "expired"),
    *("cancelling", "cancelled"),
)


def _ref(name: str) -> Raw:
    return {"$ref": f"#/components/schemas/{name}"}


def _or_null(schema: Raw) -> Raw:
    return {"anyOf": [schema, {"type": "null"}]}


def _whole(**properties: Raw) -> Raw:
    """An object with these keys, all of them and no other."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _kind(name: str) -> Raw:
    return {"type": "string", "const": name}


def _page(schema: Raw, most: int) -> Raw:
    return _whole(
        object=_kind("list"),
        data={"type": "array", "items": schema, "maxItems": most},
        first_id=_or_null(_TEXT),
        last_id=_or_null(_TEXT),
        has_more={"type": "boolean"},
    )


_TIMES = ("in_progress", "finalizing", "completed", "failed", "expired", "cancelling", "cancelled")
_METADATA: Raw = {
    "type": "object",
    "maxProperties": 16,
    "propertyNames": {"maxLength": 64},
    "additionalProperties": {"type": "string", "maxLength": 512},
}
_LIFE: Raw = {
    "type": "object",
    "properties": {
        "anchor": _kind("created_at"),
        "seconds": {"type": "integer", "minimum": 3_600, "maximum": 2_592_000},
    },
    "required": ["anchor", "seconds"],
}
_FILE = _whole(
    id={"type": "string", "pattern": "^file-[A-Za-z0-9]{22}$"},
    object=_kind("file"),
    bytes=_INTEGER,
    created_at=_INTEGER,
    expires_at=_or_null(_INTEGER),
    filename=_TEXT,
    purpose={"type": "string", "enum": [*PURPOSES, "batch_output"]},
    status=_kind("processed"),
    status_details={"type": "null"},
)
_PROBLEM = _whole(
    code=_TEXT, message=_TEXT, param=_or_null(_TEXT), line=_or_null({"type": "integer"})
)
_BATCH = _whole(
    id={"type": "string", "pattern": "^batch_[0-9a-f]{32}$"},
    object=_kind("batch"),
    endpoint={"type": "string", "enum": list(ENDPOINTS)},
    model=_or_null(_TEXT),
    errors=_or_null(_whole(object=_kind("list"), data={"type": "array", "items": _PROBLEM})),
    input_file_id=_TEXT,
    completion_window=_kind("24h"),
    status={"type": "string", "enum": list(_STATUSES)},
    output_file_id=_or_null(_TEXT),
    error_file_id=_or_null(_TEXT),
    created_at=_INTEGER,
    expires_at=_INTEGER,
    **{f"{name}_at": _or_null(_INTEGER) for name in _TIMES},
    request_counts=_whole(total=_INTEGER, completed=_INTEGER, failed=_INTEGER),
    usage=_whole(
        input_tokens=_INTEGER,
        input_tokens_details=_whole(cached_tokens=_INTEGER),
        output_tokens=_INTEGER,
        output_tokens_details=_whole(reasoning_tokens=_INTEGER),
        total_tokens=_INTEGER,
    ),
    metadata=_or_null(_METADATA),
)
_ERROR = _whole(
    error=_whole(message=_TEXT, type=_TEXT, param=_or_null(_TEXT), code=_or_null(_TEXT))
)
_CREATION: Raw = {
    "type": "object",
    "properties": {
        "input_file_id": _TEXT,
        "endpoint": {"type": "string", "enum": list(ENDPOINTS)},
        "completion_window": _kind("24h"),
        "metadata": _or_null(_METADATA),
        "output_expires_after": _or_null(_LIFE),
    },
    "required": ["input_file_id", "endpoint", "completion_window"],
}
_UPLOAD: Raw = {
    "type": "object",
    "properties": {
        "purpose": {"type": "string", "enum": list(PURPOSES)},
        "file": {"type": "string", "format": "binary"},
    },
    "required": ["purpose", "file"],
}

_REQUEST_ID = {"x-request-id": {"required": True, "schema": {"pattern": "^req_[0-9a-f]{32}$"}}}


def _answers(schema: Raw, *refusals: int, kind: str = "application/json") -> Raw:
    def one(about: str, media: str, of: Raw) -> Raw:
        return {
            "description": about,
            "headers": _REQUEST_ID,
            "content": {media: {"schema": of}},
        }

    refused = {
        str(code): one("It is refused.", "application/json", _ref("Error"))
        for code in (401, *refusals)
    }
    return {"200": one("It is done.", kind, schema), **refused}


def _query(name: str, schema: Raw) -> Raw:
    return {"name": name, "in": "query", "schema": schema}


def _in_path(name: str) -> Raw:
    return {"name": name, "in": "path", "required": True, "schema": _PLACE}


def _limit(most: int) -> Raw:
    return _query("limit", {"type": "integer", "minimum": 1, "maximum": most})


def _body(schema: Raw, kind: str = "application/json") -> Raw:
    return {"required": True, "content": {kind: {"schema": schema}}}


def description() -> Raw:
    """The OpenAPI document."""
    file_id, batch_id = [_in_path("file_id")], [_in_path("batch_id")]
    deleted = _whole(id=_TEXT, object=_kind("file"), deleted={"type": "boolean", "const": True})
    content = {"type": "string", "format": "binary"}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Files and batches", "version": "1"},
        "security": [{"key": []}],
        "paths": {
            "/files": {
                "post": {
                    "requestBody": _body(_UPLOAD, "multipart/form-data"),
                    "responses": _answers(_ref("File"), 400, 413),
                },
                "get": {
                    "parameters": [
                        _query("after", _TEXT),
                        _limit(10_000),
                        _query("order", {"type": "string", "enum": ["asc", "desc"]}),
                        _query("purpose", _TEXT),
                    ],
                    "responses": _answers(_page(_ref("File"), 10_000), 400, 404),
                },
            },
            "/files/{file_id}": {
                "get": {"parameters": file_id, "responses": _answers(_ref("File"), 404)},
                "delete": {"parameters": file_id, "responses": _answers(deleted, 404)},
            },
            "/files/{file_id}/content": {
                "get": {
                    "parameters": file_id,
                    "responses": _answers(content, 404, kind="application/octet-stream"),
                }
            },
            "/batches": {
                "post": {
                    "requestBody": _body(_CREATION),
                    "responses": _answers(_ref("Batch"), 400),
                },
                "get": {
                    "parameters": [_query("after", _TEXT), _limit(100)],
                    "responses": _answers(_page(_ref("Batch"), 100), 400, 404),
                },
            },
            "/batches/{batch_id}": {
                "get": {"parameters": batch_id, "responses": _answers(_ref("Batch"), 400, 404)}
            },
            "/batches/{batch_id}/cancel": {
                "post": {
                    "parameters": batch_id,
                    "responses": _answers(_ref("Batch"), 400, 404, 409),
                }
            },
        },
        "components": {
            "schemas": {"File": _FILE, "Batch": _BATCH, "Error": _ERROR},
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
        },
    }
