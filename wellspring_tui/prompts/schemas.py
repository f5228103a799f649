"""The schema of a job's answers: read from a file or taken from a program, and judged.

A bare JSON Schema, or one as the API wants it: `{"name": …, "schema": {…}, "strict": true}`,
also within a whole `response_format`.
"""

from __future__ import annotations

import json
import os
import re
import stat
import unicodedata
from collections.abc import Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from wellspring_tui.errors import InputError
from wellspring_tui.fitting import Fitting
from wellspring_tui.prompts.model import AnswerSchema
from wellspring_tui.prompts.strictness import objection
from wellspring_tui.text import one_line, storable

if TYPE_CHECKING:
    from collections.abc import Iterator

_LARGEST_BYTES = 1_000_000
_NAME_LENGTH = 64
_NOT_IN_NAMES = re.compile(r"[^a-zA-Z0-9_-]+")
_USUAL_NAME = "answer"
_EXPECTED = "Expected a JSON Schema, or {“name”, “schema”, “strict”}."


class _Named(msgspec.Struct):
    """A schema as the API takes it."""

    schema: msgspec.Raw
    name: str | None = None
    description: str | None = None
    strict: bool | None = None


def schema_from(given: object) -> AnswerSchema:
    """What a caller may give as a schema: a path, a mapping, or what this returned before.

    Raises InputError for one that can't be used.
    """
    match given:
        case AnswerSchema():
            return given
        case str() | os.PathLike():
            return read_schema(Path(given))
        case Mapping():
            with _placed("schema"):
                return _judged(_encoded(given), None)
    raise InputError(f"expected a path or a dict, found {type(given).__name__}", where="schema")


def read_schema(path: Path) -> AnswerSchema:
    """The schema in a file. Raises InputError, which names the file."""
    with _placed(one_line(str(path))):
        return _judged(_compact(_read(path)), path)


@contextmanager
def _placed(where: str) -> Iterator[None]:
    """Inside, what is wrong is wrong there."""
    try:
        yield
    except InputError as error:
        raise InputError(error.what, where=where, todo=error.todo) from None


def loose_words(schema: AnswerSchema) -> str | None:
    """Why a service can't keep strictly to a schema, as a note; None when it is to."""
    if schema.strict:
        return None
    reason = objection(msgspec.json.decode(schema.text))
    why = f" ({reason})" if reason else ""
    return (
        f"{schema.name} is sent without strict{why}: answers may miss the schema, "
        "and those that do are flagged."
    )


def _read(path: Path) -> bytes:
    try:
        about = path.stat()
        if not stat.S_ISREG(about.st_mode):
            raise InputError("this is no file", todo="Name a file that holds a JSON Schema.")
        if about.st_size > _LARGEST_BYTES:
            raise InputError(f"it is larger than {_LARGEST_BYTES:,} bytes", todo=_EXPECTED)
        return path.read_bytes().removeprefix(b"\xef\xbb\xbf")
    except FileNotFoundError:
        raise InputError("there is no such file", todo="Check the path.") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise InputError(f"it can't be read ({reason})", todo="Check the path.") from None


def _compact(raw: bytes) -> bytes:
    """The same JSON without white space. Raises InputError with line and column."""
    try:
        msgspec.json.decode(raw)
        return msgspec.json.format(raw, indent=-1)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(_broken(raw, str(error)), todo="Mend it and try again.") from None


def _broken(raw: bytes, reason: str) -> str:
    try:
        json.loads(raw.decode())
    except UnicodeDecodeError:
        return "it is not UTF-8 text"
    except json.JSONDecodeError as error:
        return f"this is not valid JSON: {error.msg} (line {error.lineno}, column {error.colno})"
    except RecursionError:
        return "its JSON is nested too deeply"
    return f"this is not valid JSON ({one_line(reason, 60)})"


def _encoded(given: Mapping[str, Any]) -> bytes:
    try:
        return msgspec.json.encode(given)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise InputError(f"it can't be written as JSON ({one_line(str(error), 80)})") from None


def _judged(raw: bytes, path: Path | None) -> AnswerSchema:
    named = _named(raw)
    schema = msgspec.json.decode(named.schema)
    if not isinstance(schema, dict) or not schema:
        raise InputError("this holds no schema", todo=_EXPECTED)
    Fitting(schema)
    if schema.get("type") != "object":
        # OpenAI's guide to structured outputs: the root must be an object.
        raise InputError(
            "the schema's root must have “type”: “object”; services take no other",
            todo="Put a list, or whatever it is, into a property.",
        )
    against = objection(schema)
    if named.strict and against:
        raise InputError(
            f"it asks for strict, and a strict service would refuse it: {against}",
            todo="Mend it, or leave “strict” out.",
        )
    title = schema.get("title")
    stem = None if path is None else path.stem.removesuffix(".schema")
    names = (named.name, title if isinstance(title, str) else None, stem)
    return AnswerSchema(
        name=next(filter(None, map(_valid_name, names)), _USUAL_NAME),
        text=bytes(named.schema).decode(),
        strict=against is None if named.strict is None else named.strict,
        description=named.description,
        source=None if path is None else storable(str(path.absolute())),
    )


def _named(raw: bytes) -> _Named:
    """A schema and how it is to be sent, whichever way it is wrapped."""
    keys = _keys(raw)
    if keys.get("type") == "json_schema" and isinstance(keys.get("json_schema"), dict):
        raw = msgspec.json.encode(keys["json_schema"])
        keys = keys["json_schema"]
    if not isinstance(keys.get("schema"), dict) or {"properties", "$schema"} & keys.keys():
        return _Named(msgspec.Raw(raw))
    try:
        return msgspec.json.decode(raw, type=_Named)
    except msgspec.ValidationError as error:
        raise InputError(
            f"what stands around the schema can't be read: {one_line(str(error))}", todo=_EXPECTED
        ) from None


def _keys(raw: bytes) -> dict[str, Any]:
    found = msgspec.json.decode(raw)
    return found if isinstance(found, dict) else {}


def _valid_name(name: str | None) -> str:
    """`name` with what no service takes in it replaced, cut at 64 characters."""
    plain = unicodedata.normalize("NFKD", name or "").encode("ascii", "ignore").decode()
    return _NOT_IN_NAMES.sub("_", plain).strip("_")[:_NAME_LENGTH]
