"""Request options as a person types them, each field judged by itself."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from wellspring_tui.errors import InputError
from wellspring_tui.prompts.model import AnswerSchema
from wellspring_tui.prompts.schemas import read_schema
from wellspring_tui.text import one_line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wellspring_tui.prompts.model import RequestOptions

_WINDOW = re.compile(r"[1-9]\d{0,3}[hdm]")


def options_from_text(
    fields: Mapping[str, str], defaults: RequestOptions
) -> tuple[RequestOptions, dict[str, str]]:
    """`defaults` with what the fields say, and what is wrong with each field that is wrong.

    Fields are named as in `RequestOptions`. An empty one leaves its parameter out of the
    requests.
    """
    options, mistakes = defaults, {}
    for name, text in fields.items():
        try:
            options = replace(options, **{name: _value(name, text.strip())})  # type: ignore[arg-type]
        except InputError as error:
            mistakes[name] = error.what
    return options, mistakes


def text_of(options: RequestOptions, name: str) -> str:
    """An option as it stands in its field."""
    value = getattr(options, name)
    if isinstance(value, AnswerSchema):
        return value.source or ""
    return f"{value:g}" if isinstance(value, float) else str(value if value is not None else "")


def _value(name: str, text: str) -> object:
    match name:
        case "temperature":
            return _number(text)
        case "max_tokens":
            return _count(text)
        case "schema":
            return read_schema(_path(text)) if text else None
        case "model" | "endpoint" if not text:
            raise InputError(f"{'a' if name == 'model' else 'an'} {name} is needed")
        case "window" if not _WINDOW.fullmatch(text):
            raise InputError(f"expected a time such as 24h, found “{one_line(text, 20)}”")
    return text or None


def _path(text: str) -> Path:
    """A path as somebody types it, with `~` for their home."""
    try:
        return Path(text).expanduser()
    except RuntimeError:  # `~somebody` whom the system does not know: then it is a name
        return Path(text)


def _number(text: str) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        raise InputError(f"expected a number, found “{one_line(text, 20)}”") from None


def _count(text: str) -> int | None:
    try:
        return int(text) if text else None
    except ValueError:
        raise InputError(f"expected a count, found “{one_line(text, 20)}”") from None
