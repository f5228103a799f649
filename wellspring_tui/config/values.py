"""What a person types as a setting: which setting it is, and what the words mean."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin

import msgspec

from wellspring_tui.config_tables import type_of
from wellspring_tui.errors import SettingsError
from wellspring_tui.log_file import Redaction
from wellspring_tui.origins import path_of
from wellspring_tui.prompts.model import CHAT, EMBEDDINGS, RESPONSES
from wellspring_tui.settings import LOG_LEVELS
from wellspring_tui.text import one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wellspring_tui.settings import Settings

_SECRET_NAME = re.compile(r"(^|[._-])(api[._-]?key|key|token|secret|password)s?$", re.IGNORECASE)
# In capitals, as variables are written: a key typed here by mistake is hardly ever so.
_VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]*")
_WORDS = {"yes": "true", "on": "true", "no": "false", "off": "false"}
_ENDPOINTS = (CHAT, RESPONSES, EMBEDDINGS)
_HOURS = {"h": 1, "d": 24}
_LISTS = {
    "windows": "two times such as 24h, 7d: the shortest window, a comma, the longest",
    "endpoints": f"addresses such as {CHAT}, {EMBEDDINGS}, with commas between them",
}
"""What is several values, by the last name of the key."""


def value_of(settings: Settings, key: str, text: str) -> object:
    """What `text` means as the value of `key`. Raises SettingsError, above all for an API key."""
    _refuse_secret(settings, key, text)
    kind = type_of(path_of(key))
    if kind is None:
        raise SettingsError(
            f"there is no setting “{one_line(key, 60)}”", todo="`wellspring config` lists them."
        )
    if key == "log_level":
        text = text.upper()
    if key.endswith(".key_variable") and not _VARIABLE.fullmatch(text):
        raise SettingsError("expected the name of a variable, in capitals", where=key)
    if _is_list(key):
        return _list(key, text, kind)
    if bool in get_args(kind):
        text = _WORDS.get(text.strip().lower(), text)
    try:
        value: object = msgspec.convert(text, kind, strict=False)
    except msgspec.ValidationError:
        raise _unexpected(key, _expected(kind), text) from None
    if value is None or text.strip() == "":
        raise _unexpected(key, _expected(kind), text)
    return value


def choices_of(settings: Settings, key: str, themes: Sequence[str] = ()) -> tuple[str, ...]:
    """The values that `key` takes, or those worth offering; none where anything goes."""
    known = {
        "service": tuple(settings.services),
        "log_level": LOG_LEVELS,
        "theme": tuple(themes),
        "requests.endpoint": _ENDPOINTS,
    }
    if key in known:
        return known[key]
    kind = type_of(path_of(key))
    if bool in get_args(kind):
        return ("true", "false")
    return _literals(kind)


def text_of(value: object, key: str = "") -> str:
    """A value as a person would type it for `key`."""
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case float():
            return f"{value:g}"
        case list() | tuple() if _is_list(key):
            return ", ".join(map(str, value))
        case list() | tuple():
            import shlex

            return shlex.join(map(str, value))
    return str(value)


def _is_list(key: str) -> bool:
    path = path_of(key)
    return path[0] == "services" and path[-1] in _LISTS


def _list(key: str, text: str, kind: Any) -> list[str]:
    """What is typed with commas between. Raises SettingsError for what the key does not take."""
    items = [item.strip() for item in text.split(",")]
    expected = _LISTS[path_of(key)[-1]]
    try:
        msgspec.convert(items, kind)
    except msgspec.ValidationError:
        raise _unexpected(key, expected, text) from None
    is_right = _in_order(items) if key.endswith(".windows") else all(map(_is_endpoint, items))
    if not is_right:
        raise _unexpected(key, expected, text)
    return items


def _in_order(windows: list[str]) -> bool:
    shortest, longest = (int(window[:-1]) * _HOURS[window[-1]] for window in windows)
    return shortest <= longest


def _is_endpoint(text: str) -> bool:
    return text.startswith("/") and not any(map(str.isspace, text))


def _refuse_secret(settings: Settings, key: str, text: str) -> None:
    """Raises SettingsError for a key, by the name it is to have or by what it looks like."""
    variables = {profile.key_variable for profile in settings.services.values()}
    by_name = key in variables or (_SECRET_NAME.search(key) and type_of(path_of(key)) is None)
    if not by_name and Redaction.of(settings)(text) == text:
        return
    service = path_of(key)[1] if key.startswith("services.") and key.count(".") > 1 else None
    known = settings.services.get(service or settings.service)
    variable = known.key_variable if known else "the variable that its key_variable names"
    raise SettingsError(
        "a key is never written to a file",
        todo=f"Set {variable} in the environment or in .env, or keep it in the keyring with "
        "`wellspring config set-key`.",
    )


def _unexpected(key: str, expected: str, found: str) -> SettingsError:
    return SettingsError(f"expected {expected}, found “{one_line(found, 40)}”", where=key)


def _expected(kind: Any) -> str:
    """What a type takes, in words."""
    if choices := _literals(kind):
        return f"one of {', '.join(choices)}"
    words = "some text"
    for part in get_args(kind):
        about = msgspec.inspect.type_info(part)
        match about:
            case msgspec.inspect.BoolType():
                return "true or false"
            case msgspec.inspect.IntType(ge=least, le=most):
                return f"a whole number{_range(least, most)}"
            case msgspec.inspect.FloatType(ge=least, le=most):
                return f"a number{_range(least, most)}"
            case msgspec.inspect.Metadata(extra_json_schema={"description": said}):
                words = str(said)
            case msgspec.inspect.StrType(pattern=pattern) if pattern:
                words = "an address that starts with http:// or https://"
    return words


def _range(least: float | None, most: float | None) -> str:
    return ("" if least is None else f" from {least:g}") + ("" if most is None else f" to {most:g}")


def _literals(kind: Any) -> tuple[str, ...]:
    for part in get_args(kind):
        if get_origin(part) is Literal:
            return get_args(part)
    return ()
