"""Prompts JSON read as a stream, and what is wrong with it told in one sentence."""

from __future__ import annotations

import json
from contextlib import contextmanager
from numbers import Number
from typing import IO, TYPE_CHECKING, Any

import ijson

from wellspring_tui.errors import PromptsFileError
from wellspring_tui.prompts.encodings import open_utf8, refuse_broken_utf8
from wellspring_tui.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_MEND = "Mend the file and try again."
_LOCATABLE_BYTES = 64 * 1024 * 1024
"""A broken file up to this size is read again whole to name the line and column."""


_OPENING = frozenset(("start_map", "start_array"))
_CLOSING = frozenset(("end_map", "end_array"))
_DEEPEST = 100
"""Prompts lie a few levels down. The parser's memory grows with the square of the depth."""


class _TooDeepError(ijson.JSONError):  # type: ignore[misc]
    """JSON nested so deeply that it is no prompts file."""


class Pairs(dict[str, Any]):
    """A JSON object that remembers which keys came twice: the second would hide the first."""

    def __init__(self) -> None:
        super().__init__()
        self.twice: list[str] = []

    def __setitem__(self, key: str, value: object) -> None:
        if key in self:
            self.twice.append(key)
        super().__setitem__(key, value)


def events(file: IO[bytes]) -> Iterator[tuple[str, Any]]:
    """What the parser meets, one by one: its name and value. Raises ijson.JSONError."""
    depth = 0
    for event in ijson.basic_parse(file):
        name = event[0]
        if name in _OPENING:
            depth += 1
            if depth > _DEEPEST:
                raise _TooDeepError(f"nested more than {_DEEPEST} levels deep")
        elif name in _CLOSING:
            depth -= 1
        yield event


def placed_events(file: IO[bytes]) -> Iterator[tuple[str, str, Any]]:
    """The same, each with the dotted path to where it stands before it."""
    placed: Iterator[tuple[str, str, Any]] = ijson.parse(events(file))
    return placed


def items(file: IO[bytes], path: str) -> Iterator[Any]:
    """Every value at `path`, one by one; its objects remember keys that came twice."""
    found: Iterator[Any] = ijson.items(placed_events(file), path, map_type=Pairs)
    return found


@contextmanager
def reading(path: Path) -> Iterator[IO[bytes]]:
    """The file as UTF-8. Inside, broken JSON and a failing disk become a PromptsFileError."""
    try:
        with open_utf8(path) as file:
            yield file
    except _TooDeepError as error:
        raise PromptsFileError(
            f"its JSON is {error}", where=one_line(str(path)), todo=_MEND
        ) from None
    except ijson.JSONError as error:
        raise _broken(path, str(error)) from None
    except UnicodeDecodeError:
        raise _broken(path, "invalid UTF-8") from None
    except OSError as error:
        raise PromptsFileError(
            f"reading stopped ({error.strerror})", where=one_line(str(path))
        ) from None


def _broken(path: Path, reason: str) -> PromptsFileError:
    """What is wrong with the JSON and where, found by a second, slower look."""
    where = one_line(str(path))
    if "UTF" in reason:  # a word of the parser, or of the file
        refuse_broken_utf8(path)
    if path.stat().st_size <= _LOCATABLE_BYTES:
        try:
            with open_utf8(path) as file:
                json.loads(file.read())
        except json.JSONDecodeError as error:
            place = f"line {error.lineno}, column {error.colno}"
            return PromptsFileError(
                f"this is not valid JSON: {error.msg} ({place})", where=where, todo=_MEND
            )
        except RecursionError:
            return PromptsFileError("its JSON is nested too deeply", where=where, todo=_MEND)
    return PromptsFileError(
        f"this is not valid JSON ({one_line(reason, 60)})", where=where, todo=_MEND
    )


def kind_of(value: object) -> str:
    """A JSON value in a user's words."""
    match value:
        case None:
            return "null"
        case bool():
            return "true or false"
        case dict():
            return "an object"
        case list():
            return "a list"
        case str():
            return "text"
        case _:
            return "a number" if isinstance(value, Number) else type(value).__name__
