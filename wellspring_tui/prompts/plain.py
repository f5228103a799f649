"""Prompts in plain JSON, read as a stream. Three shapes:

    ["<prompt>", …]
    [{"prompt": "…"} or {"messages": […]}, …]   with `section`, `type`, `custom_id`, `image(s)`
    {"<section>": {"<prompt type>": "<prompt>", …}, …}

Every other key of an object is somebody else's and stays out of the request.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import ijson

from wellspring_tui.prompts.asking import Asked, Pictured, misfit, turns
from wellspring_tui.prompts.building import RequestBuilder, custom_id
from wellspring_tui.prompts.images import Image, ImageOpener, beside, images_of, with_paths_from
from wellspring_tui.prompts.json_stream import Pairs, events, items, kind_of, reading
from wellspring_tui.prompts.model import (
    NO_SECTION,
    Blank,
    FileKind,
    Problem,
    Request,
    RequestOptions,
)
from wellspring_tui.prompts.visual import Prompt, judged
from wellspring_tui.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_LONGEST_ID = 64
"""OpenAI names no limit; Together and several gateways take so many characters."""
_UNNAMED = "prompt"
_KEYS_SHOWN = 4


@dataclass(frozen=True, slots=True)
class Ask:
    """One prompt of a plain file, and where its answer is filed."""

    section: str
    prompt_type: str
    asked: Asked
    own_id: str | None
    """The custom_id that it brings."""
    named: tuple[str, str]
    """The names that one is made of otherwise."""
    key: str
    """Where it stands in the file."""


@dataclass(frozen=True, slots=True)
class PlainPromptsFile:
    """A list of prompts, or a mapping from section and prompt type to prompt."""

    path: Path
    is_list: bool
    open_image: ImageOpener | None = None
    """None opens images wherever this user may read."""

    @property
    def kind(self) -> FileKind:
        """What it was recognised as."""
        return FileKind.PLAIN_PROMPTS

    def read(self, options: RequestOptions) -> Iterator[Request | Problem | Blank]:
        """One request a prompt, in the file's order."""
        builder = RequestBuilder(options)
        for item in numbered(self._asks(), options):
            if isinstance(item, tuple):
                own_id, ask = item
                yield builder.ask(own_id, ask.section, ask.prompt_type, ask.asked)
            else:
                yield item

    def _asks(self) -> Iterator[tuple[int, Ask | Problem | Blank]]:
        open_image = self.open_image or beside(self.path.parent)
        with reading(self.path) as file:
            if self.is_list:
                yield from _in_list(items(file, "item"), open_image)
            else:
                yield from _in_mapping(_entries(file))


def numbered(
    asks: Iterable[tuple[int, Ask | Problem | Blank]], options: RequestOptions
) -> Iterator[tuple[str, Ask] | Problem | Blank]:
    """Each prompt with its custom_id; what can't be sent to the endpoint is a problem."""
    places: dict[str, str] = {}
    for number, ask in asks:
        if not isinstance(ask, Ask):
            yield ask
            continue
        unfit = misfit(ask.asked, options.endpoint, ask.key)
        own_id = ask.own_id or custom_id(*ask.named, number)
        if unfit is not None:
            yield unfit
        elif own_id in places:
            yield Problem(
                f"the custom_id “{one_line(own_id, 40)}” is already that of “{places[own_id]}”",
                key=f"{ask.key}.custom_id",
            )
        else:
            places[own_id] = ask.key
            yield own_id, ask


def asks_in(data: object) -> Iterator[tuple[int, Ask | Problem | Blank]]:
    """Everything in plain prompts that were parsed, and perhaps changed, by a program."""
    if isinstance(data, list):
        yield from _in_list(data, beside(Path()))
    elif isinstance(data, dict):
        yield from _in_mapping(
            (section, prompt_type, text)
            for section, prompts in data.items()
            for prompt_type, text in (
                prompts.items() if isinstance(prompts, dict) else ((None, prompts),)
            )
        )


def find_images_from(folder: Path, data: object) -> None:
    """Let the images that parsed prompts name be found from anywhere."""
    for item in data if isinstance(data, list) else ():
        if isinstance(item, dict):
            with_paths_from(folder, item)


def is_plain(data: object) -> bool:
    """Whether parsed JSON is meant as a list of prompts, or as {section: {type: prompt}}."""
    return bool(data) and (
        isinstance(data, list) or (isinstance(data, dict) and "batch_prompts" not in data)
    )


def holds_mapping(file: IO[bytes]) -> bool:
    """Whether a JSON object holds objects only, and is no visual prompts JSON.

    What is broken or cut off is judged by what stands before that.
    """
    depth = found = 0
    try:
        for event, value in events(file):
            if depth == 1:
                if event == "map_key":
                    if value == "batch_prompts":
                        return False
                elif event == "start_map":
                    found += 1
                elif event != "end_map":
                    return False
            depth += event.startswith("start_") - event.startswith("end_")
    except (ijson.JSONError, UnicodeDecodeError):
        return found > 0
    return found > 0


def begins_with_prompt(file: IO[bytes], *, is_list: bool, is_cut: bool) -> bool:
    """Whether the first thing in a plain file looks like a prompt, for a list of files.

    One that goes on beyond where the file `is_cut` may be one.
    """
    try:
        if is_list:
            match next(items(file, "item"), None):
                case str(text):
                    return bool(text.strip())
                case {"prompt": _} | {"messages": _}:
                    return True
            return False
        return isinstance(next(_entries(file), ("", "", None))[2], str)
    except (ijson.JSONError, UnicodeDecodeError):
        return is_cut


def _in_list(
    found: Iterable[object], open_image: ImageOpener
) -> Iterator[tuple[int, Ask | Problem | Blank]]:
    for number, item in enumerate(found, start=1):
        key = f"[{number - 1}]"
        match item:
            case str() if not item.strip():
                yield number, Blank()
            case str(text):
                unnamed = f"{_UNNAMED} {number}"
                yield number, Ask(NO_SECTION, unnamed, text.strip(), None, ("", _UNNAMED), key)
            case dict():
                yield number, _in_object(item, key, number, open_image)
            case other:
                yield (
                    number,
                    Problem(
                        f"expected text or an object with a prompt, found {kind_of(other)}",
                        key=key,
                    ),
                )


def _in_object(
    item: dict[str, Any], key: str, number: int, open_image: ImageOpener
) -> Ask | Problem | Blank:
    for name in item.twice if isinstance(item, Pairs) else ():
        if name in ("prompt", "messages", "section", "type", "custom_id", "image", "images"):
            return Problem("this key is there twice", key=f"{key}.{name}")
    names: dict[str, str] = {}
    for name in ("section", "type", "custom_id"):
        given = item.get(name)
        if given is not None and not isinstance(given, str):
            return Problem(f"expected text, found {kind_of(given)}", key=f"{key}.{name}")
        names[name] = (given or "").strip()
    own_id, section, prompt_type = names["custom_id"], names["section"], names["type"]
    if len(own_id) > _LONGEST_ID:
        return Problem(
            f"a custom_id has at most {_LONGEST_ID} characters, this one {len(own_id):,}",
            key=f"{key}.custom_id",
        )
    asked = _asked(item, key, open_image)
    if isinstance(asked, Problem | Blank):
        return asked
    return Ask(
        section or NO_SECTION,
        prompt_type or own_id or f"{_UNNAMED} {number}",
        asked,
        own_id or None,
        (section, prompt_type or _UNNAMED),
        key,
    )


def _asked(item: dict[str, Any], key: str, open_image: ImageOpener) -> Asked | Problem | Blank:
    prompt, messages = item.get("prompt"), item.get("messages")
    if prompt is not None and messages is not None:
        return Problem("expected a prompt or messages, found both", key=key)
    images = images_of(item, key, open_image)
    if isinstance(images, Problem):
        return images
    if messages is None:
        return _prompt(item, key, images)
    if images:
        return Problem("images stand beside a prompt, messages hold their own", key=key)
    return turns(messages, f"{key}.messages")


def _prompt(item: dict[str, Any], key: str, images: tuple[Image, ...]) -> Asked | Problem | Blank:
    prompt = item.get("prompt")
    if prompt is None and not images:
        return Problem(f"expected a prompt or messages{_found(item)}", key=key)
    if prompt is not None and not isinstance(prompt, str):
        return Problem(f"the prompt must be text, found {kind_of(prompt)}", key=f"{key}.prompt")
    text = (prompt or "").strip()
    return Pictured(text, images) if images else text or Blank()


def _found(item: dict[str, Any]) -> str:
    if "body" in item and "custom_id" in item:
        return "; ready-made requests stand one a line, in JSONL"
    names = ", ".join(one_line(name, 20) for name in list(item)[:_KEYS_SHOWN])
    return f" (keys found: {names or 'none'})"


def _in_mapping(
    entries: Iterable[tuple[object, object, object]],
) -> Iterator[tuple[int, Ask | Problem | Blank]]:
    """`entries` are (section, prompt type, what stands there); None for a type that is none."""
    known: dict[object, set[object]] = {}
    number = 0
    for section, prompt_type, text in entries:
        key = f"{section}.{prompt_type}"
        types = known.setdefault(section, set())
        found: Prompt | Problem | Blank
        if prompt_type is None:
            found = Problem(
                f"expected an object of prompts, found {kind_of(text)}", key=str(section)
            )
        elif not isinstance(section, str) or not section.strip():
            found = Problem("the section needs a name, found no name", key=key)
        elif prompt_type in types:
            found = Problem("this prompt type is there twice", key=key)
        else:
            found = judged(section, prompt_type, text, key)
        types.add(prompt_type)
        if not isinstance(found, Prompt):
            yield number, found
            continue
        number += 1
        names = found.section, found.prompt_type
        yield number, Ask(*names, found.text, None, names, key)


def _entries(file: IO[bytes]) -> Iterator[tuple[str, str | None, object]]:
    """(section, prompt type, what stands there), one prompt in memory at a time."""
    depth = 0
    section, prompt_type = "", None
    for event, value in events(file):
        if event == "map_key":
            if depth == 1:
                section, prompt_type = value, None
            elif depth == 2:
                prompt_type = value
        elif event.startswith("end_"):
            depth -= 1
        else:
            is_opening = event.startswith("start_")
            if depth == 2:
                holder: object = {} if event == "start_map" else []
                yield section, prompt_type, holder if is_opening else value
            depth += is_opening
