"""Writing `config.toml`: one value at a time; its comments and its order stay."""

from __future__ import annotations

import tomllib
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from wellspring_tui.errors import SettingsError
from wellspring_tui.origins import path_of
from wellspring_tui.private import make_folder
from wellspring_tui.saving import writable, written_whole
from wellspring_tui.settings import refuse_bad_config

if TYPE_CHECKING:
    from pathlib import Path

    from tomlkit import TOMLDocument
    from tomlkit.items import Table

    Plain = dict[str, Any]

_MODE = 0o600


def write(config: Path, key: str, value: object | None) -> bool:
    """Set `key` in the file at `config`, or take it out; False when nothing changed.

    Raises SettingsError, and leaves the file alone, when the value makes no sense there.
    """
    before = _read(config)
    path = path_of(key)
    wanted = _with(tomllib.loads(before), path, value)
    if wanted == tomllib.loads(before):
        return False
    text = _edited(before, path, value)
    # Editing text is delicate: nothing but that one value may have changed.
    if tomllib.loads(text) != wanted:
        raise SettingsError(
            f"{key} can't be changed without changing more", where=str(config), todo="Edit it."
        )
    refuse_bad_config(text, config)
    make_folder(config.parent)
    with written_whole(writable(config), _MODE) as file:
        file.write(text.encode())
    return True


def _read(config: Path) -> str:
    """The file as it is, once it is known to be one."""
    try:
        text = config.read_bytes().decode()
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError):
        raise SettingsError("it can't be read", where=str(config)) from None
    refuse_bad_config(text, config)
    return text


def _with(tables: Plain, path: tuple[str, ...], value: object | None) -> Plain:
    """`tables` with one value changed or, when it is None, taken out."""
    changed = deepcopy(tables)
    if value is None:
        _take_out(changed, path)
        return changed
    *outer, last = path
    table = changed
    for name in outer:
        table = table.setdefault(name, {})
    table[last] = value
    return changed


def _take_out(tables: Any, path: tuple[str, ...]) -> None:
    """Take a value out, and with it a service of which nothing else is said."""
    *outer, last = path
    found = [tables]
    for name in outer:
        if name not in found[-1]:
            return
        found.append(found[-1][name])
    if last not in found[-1]:
        return
    del found[-1][last]
    if path[0] != "services":
        return
    for table, name in zip(reversed(found[:-1]), reversed(outer), strict=True):
        if not table[name]:
            del table[name]


def _edited(text: str, path: tuple[str, ...], value: object | None) -> str:
    import tomlkit

    document = tomlkit.parse(f"{text}\n" if text and not text.endswith("\n") else text)
    if value is None:
        _take_out(document, path)
    else:
        _set(document, path, value)
    return document.as_string()


def _set(document: TOMLDocument, path: tuple[str, ...], value: object) -> None:
    import tomlkit
    from tomlkit.items import InlineTable, Table

    *tables, last = path
    table: Any = document
    for name in tables:
        if name not in table:
            table[name] = tomlkit.table(is_super_table=name != tables[-1])
        table = table[name]
    plain = isinstance(table, tomlkit.TOMLDocument | Table) and not isinstance(table, InlineTable)
    if last in table or not plain or not len(table):
        table[last] = value
    else:
        _insert(table, last, value)


def _insert(table: TOMLDocument | Table, key: str, value: object) -> None:
    """Add a value after the last one of a table.

    Left to itself, tomlkit adds it right before the next table: below the comment of that one.
    """
    import tomlkit
    from tomlkit.items import Comment, SingleKey, Table, Whitespace

    body = table.value.body if isinstance(table, Table) else table.body
    simple = [at for at, (name, item) in enumerate(body) if name and not isinstance(item, Table)]
    item = tomlkit.item(value)
    item.trivia.trail = "\n"
    if simple:
        body.insert(simple[-1] + 1, (SingleKey(key), item))
        return
    at = next((at for at, (_, item) in enumerate(body) if isinstance(item, Table)), len(body))
    while at and isinstance(body[at - 1][1], Comment):
        at -= 1
    gap = [(None, Whitespace("\n"))] if at < len(body) else []
    body[at:at] = [(SingleKey(key), item), *gap]
