"""What `config.toml` may say, table by table; and reading it."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias, get_args, get_origin

import msgspec

from wellspring_tui.errors import SettingsError
from wellspring_tui.notices import NoticesTable
from wellspring_tui.service_profiles import Limit, ServiceTable
from wellspring_tui.text import one_line

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_Dollars: TypeAlias = Annotated[float, msgspec.Meta(ge=0)]
# An hour to 30 days, by OpenAI's API reference.
_LIFE = "^(none|([1-9]|[1-9][0-9]|[1-6][0-9]{2}|7[01][0-9]|720)h|([1-9]|[12][0-9]|30)d)$"
_LIFE_WORDS = "a time from 1h to 30d, or none"
_Life: TypeAlias = Annotated[str, msgspec.Meta(pattern=_LIFE, description=_LIFE_WORDS)]


class _Requests(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    model: str | None = None
    temperature: Annotated[float, msgspec.Meta(ge=0, le=2)] | None = None
    max_tokens: Limit | None = None
    system: str | None = None
    endpoint: str | None = None
    window: str | None = None
    output_expires_after: _Life | None = None


class ConfigTables(msgspec.Struct, forbid_unknown_fields=True):
    """What the whole file may say."""

    service: str | None = None
    check_interval: float | None = None
    pace: float | None = None
    log_level: str | None = None
    theme: str | None = None
    max_cost: _Dollars | None = None
    requests: _Requests = msgspec.field(default_factory=_Requests)
    notices: NoticesTable = msgspec.field(default_factory=NoticesTable)
    services: dict[str, ServiceTable] = msgspec.field(default_factory=dict)


def read_config(path: Path) -> dict[str, Any]:
    """What a file holds; nothing when there is none. Raises SettingsError."""
    try:
        return parsed(path.read_text(encoding="utf-8"), str(path))
    except FileNotFoundError:
        return {}
    except UnicodeDecodeError as error:
        raise _unreadable(error, str(path)) from None
    except OSError as error:
        raise SettingsError(f"it can't be read ({error.strerror})", where=str(path)) from None


def parsed(text: str, where: str) -> dict[str, Any]:
    """What a file with that text holds. Raises SettingsError."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _unreadable(error, where) from None


def checked(raw: dict[str, Any], where: str) -> ConfigTables:
    """The same, if it is what the file may say. Raises SettingsError."""
    try:
        return msgspec.convert(raw, ConfigTables, strict=True)
    except msgspec.ValidationError as error:
        said = str(error).replace(f"`str` matching regex '{_LIFE}'", _LIFE_WORDS)
        raise _unreadable(ValueError(said), where) from None


def type_of(path: Sequence[str]) -> Any:
    """What `config.toml` takes at a path, as a type; None where it knows no value."""
    found: Any = ConfigTables
    for name in path:
        if get_origin(found) is dict:
            found = get_args(found)[1]
        elif isinstance(found, type) and issubclass(found, msgspec.Struct):
            found = {field.name: field.type for field in msgspec.structs.fields(found)}.get(name)
        else:
            return None
    is_table = get_origin(found) is dict or isinstance(found, type)
    return None if is_table else found


def _unreadable(error: Exception, where: str) -> SettingsError:
    return SettingsError(one_line(str(error)), where=where, todo="Mend that line and try again.")
