"""The Wellspring visual prompts JSON, read as a stream.

    {"batch_prompts": {"prompt_sets": [
        {"section": "…", "research_prompts": {"<prompt type>": "<prompt>", …}}, …]}}

Every other key is somebody else's and stays out of the requests.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from numbers import Number
from typing import TYPE_CHECKING, Any

import ijson

from wellspring_tui.errors import PromptsFileError
from wellspring_tui.prompts.building import RequestBuilder
from wellspring_tui.prompts.model import Blank, FileKind, Problem, Request, RequestOptions
from wellspring_tui.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_SETS = "batch_prompts.prompt_sets"
_LOCATABLE_BYTES = 64 * 1024 * 1024
"""A broken file up to this size is read again whole to name the line and column."""


class _Pairs(dict[str, Any]):
    """A JSON object that remembers which keys came twice: the second would hide the first."""

    def __init__(self) -> None:
        super().__init__()
        self.twice: list[str] = []

    def __setitem__(self, key: str, value: object) -> None:
        if key in self:
            self.twice.append(key)
        super().__setitem__(key, value)


@dataclass(frozen=True, slots=True)
class VisualPromptsFile:
    """A Wellspring visual prompts JSON."""

    path: Path

    @property
    def kind(self) -> FileKind:
        """What it was recognised as."""
        return FileKind.VISUAL_PROMPTS

    def read(self, options: RequestOptions) -> Iterator[Request | Problem | Blank]:
        """One request a prompt, in the file's order."""
        builder = RequestBuilder(options)
        number = 0
        sets = 0
        for sets, prompt_set in enumerate(self._sets(), start=1):
            key = f"{_SETS}[{sets - 1}]"
            for item in _prompts_of(prompt_set, key):
                if not isinstance(item, Prompt):
                    yield item
                    continue
                number += 1
                yield builder.build(item.section, item.prompt_type, item.text, number)
        if sets == 0:
            raise self._nothing_found()

    def _sets(self) -> Iterator[object]:
        try:
            with self.path.open("rb") as file:
                yield from ijson.items(file, f"{_SETS}.item", map_type=_Pairs)
        except ijson.JSONError as error:
            raise self._broken(str(error)) from None
        except UnicodeDecodeError:
            raise self._broken("invalid UTF-8") from None
        except OSError as error:
            raise PromptsFileError(
                f"reading stopped ({error.strerror})", where=one_line(str(self.path))
            ) from None

    def _broken(self, reason: str) -> PromptsFileError:
        """What is wrong with the JSON and where, found by a second, slower look."""
        where = one_line(str(self.path))
        todo = "Mend the file and try again."
        if self.path.stat().st_size <= _LOCATABLE_BYTES:
            try:
                json.loads(self.path.read_bytes().decode())
            except UnicodeDecodeError as error:
                line = error.object.count(b"\n", 0, error.start) + 1
                return PromptsFileError(
                    f"the file is not UTF-8 text (line {line})",
                    where=where,
                    todo="Save it as UTF-8 and try again.",
                )
            except json.JSONDecodeError as error:
                place = f"line {error.lineno}, column {error.colno}"
                return PromptsFileError(
                    f"this is not valid JSON: {error.msg} ({place})", where=where, todo=todo
                )
            except RecursionError:
                return PromptsFileError("its JSON is nested too deeply", where=where, todo=todo)
        return PromptsFileError(
            f"this is not valid JSON ({one_line(reason, 60)})", where=where, todo=todo
        )

    def _nothing_found(self) -> PromptsFileError:
        """Why no prompt set was found: the first key that is not as expected."""
        kinds: dict[str, str] = {}
        with self.path.open("rb") as file:
            for prefix, event, value in ijson.parse(file):
                if prefix in ("", "batch_prompts", _SETS) and event != "map_key":
                    kinds.setdefault(prefix, event)
                elif prefix == "" and event == "map_key":
                    kinds.setdefault(f"key {value}", event)
        where = one_line(str(self.path))
        todo = "Expected {“batch_prompts”: {“prompt_sets”: [{“section”, “research_prompts”}]}}."
        if "batch_prompts" not in kinds:
            names = [name.removeprefix("key ") for name in kinds if name.startswith("key ")]
            found = ", ".join(one_line(name, 20) for name in names[:4]) or "none"
            return PromptsFileError(
                f"the key batch_prompts is missing (keys found: {found})", where=where, todo=todo
            )
        if kinds.get(_SETS) == "start_array":
            return PromptsFileError(f"{_SETS} is empty: there are no prompts", where=where)
        return PromptsFileError(f"{_SETS} is missing or not a list", where=where, todo=todo)


@dataclass(frozen=True, slots=True)
class Prompt:
    """One prompt, and where its answer is filed."""

    section: str
    prompt_type: str
    text: str


def prompts_in(data: object) -> Iterator[Prompt | Problem | Blank]:
    """Everything in a prompts JSON that was parsed, and perhaps changed, by a program."""
    whole = data.get("batch_prompts") if isinstance(data, dict) else None
    sets = whole.get("prompt_sets") if isinstance(whole, dict) else None
    if not isinstance(sets, list) or not sets:
        yield Problem(f"expected a list of prompt sets, found {_kind(sets)}", key=_SETS)
        return
    for number, prompt_set in enumerate(sets):
        yield from _prompts_of(prompt_set, f"{_SETS}[{number}]")


def _prompts_of(prompt_set: object, key: str) -> Iterator[Prompt | Problem | Blank]:
    if not isinstance(prompt_set, dict):
        yield Problem(f"expected an object, found {_kind(prompt_set)}", key=key)
        return
    section = prompt_set.get("section")
    if not isinstance(section, str) or not section.strip():
        found = "no name" if section is None or isinstance(section, str) else _kind(section)
        yield Problem(f"the section needs a name, found {found}", key=f"{key}.section")
        return
    prompts = prompt_set.get("research_prompts")
    if not isinstance(prompts, dict):
        found = "nothing" if prompts is None else _kind(prompts)
        yield Problem(
            f"expected an object of prompts, found {found}", key=f"{key}.research_prompts"
        )
        return
    for name in prompts.twice if isinstance(prompts, _Pairs) else ():
        yield Problem("this prompt type is there twice", key=f"{key}.research_prompts.{name}")
    for prompt_type, text in prompts.items():
        own_key = f"{key}.research_prompts.{prompt_type}"
        if not isinstance(prompt_type, str) or not prompt_type.strip():
            yield Problem("the prompt type needs a name", key=own_key)
        elif not isinstance(text, str):
            yield Problem(f"the prompt must be text, found {_kind(text)}", key=own_key)
        elif not text.strip():
            yield Blank()
        else:
            yield Prompt(section.strip(), prompt_type.strip(), text.strip())


def _kind(value: object) -> str:
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
