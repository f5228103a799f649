"""The Wellspring visual prompts JSON, read as a stream.

    {"batch_prompts": {"prompt_sets": [
        {"section": "…", "research_prompts": {"<prompt type>": "<prompt>", …}}, …]}}

Every other key is somebody else's and stays out of the requests.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from wellspring_tui.errors import PromptsFileError
from wellspring_tui.prompts.building import RequestBuilder
from wellspring_tui.prompts.json_stream import Pairs, items, kind_of, placed_events, reading
from wellspring_tui.prompts.model import Blank, FileKind, Problem, Request, RequestOptions
from wellspring_tui.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_SETS = "batch_prompts.prompt_sets"
_WORDS = {
    "start_array": "a list",
    "string": "text",
    "number": "a number",
    "boolean": "true or false",
    "null": "null",
}
"""What a key holds, by what ijson calls it; nothing is said of an object."""


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
        with reading(self.path) as file:
            yield from items(file, f"{_SETS}.item")

    def _nothing_found(self) -> PromptsFileError:
        """Why no prompt set was found: the first key that is not as expected."""
        kinds: dict[str, str] = {}
        keys: dict[str, str] = {}
        key: str | None = None
        with reading(self.path) as file:
            for prefix, event, value in placed_events(file):
                if prefix in ("", "batch_prompts", _SETS) and event != "map_key":
                    kinds.setdefault(prefix, event)
                if key is not None:
                    keys.setdefault(key, _WORDS.get(event, ""))
                key = value if prefix == "" and event == "map_key" else None
        where = one_line(str(self.path))
        todo = "Expected {“batch_prompts”: {“prompt_sets”: [{“section”, “research_prompts”}]}}."
        if "batch_prompts" not in keys:
            found = ", ".join(one_line(name, 20) for name in list(keys)[:4]) or "none"
            misfits = (f"; “{one_line(name, 20)}” holds {is_}" for name, is_ in keys.items() if is_)
            return PromptsFileError(
                f"the key batch_prompts is missing (keys found: {found})",
                where=where,
                todo=f"Expected that, or {{section: {{type: prompt}}}}{next(misfits, '')}.",
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
        yield Problem(f"expected a list of prompt sets, found {kind_of(sets)}", key=_SETS)
        return
    for number, prompt_set in enumerate(sets):
        yield from _prompts_of(prompt_set, f"{_SETS}[{number}]")


def _prompts_of(prompt_set: object, key: str) -> Iterator[Prompt | Problem | Blank]:
    if not isinstance(prompt_set, dict):
        yield Problem(f"expected an object, found {kind_of(prompt_set)}", key=key)
        return
    section = prompt_set.get("section")
    if not isinstance(section, str) or not section.strip():
        found = "no name" if section is None or isinstance(section, str) else kind_of(section)
        yield Problem(f"the section needs a name, found {found}", key=f"{key}.section")
        return
    prompts = prompt_set.get("research_prompts")
    if not isinstance(prompts, dict):
        found = "nothing" if prompts is None else kind_of(prompts)
        yield Problem(
            f"expected an object of prompts, found {found}", key=f"{key}.research_prompts"
        )
        return
    for name in prompts.twice if isinstance(prompts, Pairs) else ():
        yield Problem("this prompt type is there twice", key=f"{key}.research_prompts.{name}")
    for prompt_type, text in prompts.items():
        yield judged(section, prompt_type, text, f"{key}.research_prompts.{prompt_type}")


def judged(section: str, prompt_type: object, text: object, key: str) -> Prompt | Problem | Blank:
    """What stands under a prompt type, if it is a prompt."""
    if not isinstance(prompt_type, str) or not prompt_type.strip():
        return Problem("the prompt type needs a name", key=key)
    if not isinstance(text, str):
        return Problem(f"the prompt must be text, found {kind_of(text)}", key=key)
    if not text.strip():
        return Blank()
    return Prompt(section.strip(), prompt_type.strip(), text.strip())
