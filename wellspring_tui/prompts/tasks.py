"""Requests as plain dicts, for programs that want to change them before they are sent.

{"custom_id": "…", "method": "POST", "url": "/v1/chat/completions", "body": {…}}
"""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec

from wellspring_tui.errors import InputError, PromptsFileError, StorageError
from wellspring_tui.private import make_folder
from wellspring_tui.prompts.building import body, custom_id
from wellspring_tui.prompts.checking import survey
from wellspring_tui.prompts.encodings import open_utf8
from wellspring_tui.prompts.model import Blank, Problem, RequestOptions
from wellspring_tui.prompts.plain import asks_in, find_images_from, is_plain, numbered
from wellspring_tui.prompts.requests_jsonl import RequestsFile
from wellspring_tui.prompts.visual import Prompt, prompts_in
from wellspring_tui.saving import written_whole
from wellspring_tui.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from wellspring_tui.prompts.asking import Asked
    from wellspring_tui.prompts.filed import Headings

_HEADINGS = ".sections.json"
_encode = msgspec.json.Encoder(decimal_format="number").encode
_decode_headings = msgspec.json.Decoder(dict[str, tuple[str, str]]).decode


class Task(dict[str, Any]):
    """A request that knows its section and prompt type, whatever is changed in it."""

    __slots__ = ("headings",)

    def __init__(self, request: Mapping[str, Any], headings: tuple[str, str]) -> None:
        super().__init__(request)
        self.headings = headings

    def __reduce__(self) -> tuple[object, ...]:
        """Copies and pickles know it too."""
        return type(self), (dict(self), self.headings)


def parsed(path: Path) -> Any:
    """A whole prompts JSON, with all its keys; the paths of its images are made whole.

    Raises PromptsFileError.
    """
    try:
        with open_utf8(path) as file:
            data = msgspec.json.decode(file.read())
    except (OSError, ValueError, RecursionError) as error:
        raise PromptsFileError(
            f"it can't be parsed ({one_line(str(error), 80)})", where=one_line(str(path))
        ) from None
    find_images_from(path.parent, data)
    return data


def tasks_of(data: object, options: RequestOptions, numbers: Iterator[int]) -> list[Task]:
    """A request for every prompt of a parsed prompts JSON; blank ones are skipped.

    `numbers` make the custom_ids unique. Raises PromptsFileError for the first problem.
    """
    found = _plain(data, options, numbers) if is_plain(data) else _visual(data, numbers)
    tasks = []
    for item in found:
        if isinstance(item, Problem):
            raise PromptsFileError(str(item), todo="Nothing was sent.")
        if isinstance(item, Blank):
            continue
        own_id, headings, asked = item
        request = {
            "custom_id": own_id,
            "method": "POST",
            "url": options.endpoint,
            "body": body(asked, options),
        }
        tasks.append(Task(request, headings))
    return tasks


_Found: TypeAlias = tuple[str, tuple[str, str], "Asked"]
"""A custom_id, section and prompt type, and what is asked."""


def _visual(data: object, numbers: Iterator[int]) -> Iterator[_Found | Problem | Blank]:
    for item in prompts_in(data):
        if isinstance(item, Prompt):
            headings = item.section, item.prompt_type
            yield custom_id(*headings, next(numbers)), headings, item.text
        else:
            yield item


def _plain(
    data: object, options: RequestOptions, numbers: Iterator[int]
) -> Iterator[_Found | Problem | Blank]:
    asks = ((next(numbers), ask) for _, ask in asks_in(data))
    for item in numbered(asks, options):
        if isinstance(item, tuple):
            own_id, ask = item
            yield own_id, (ask.section, ask.prompt_type), ask.asked
        else:
            yield item


def write_tasks(tasks: Iterable[object], known: Headings, folder: Path) -> Path:
    """Write tasks to a new JSONL file in `folder`, their headings to another beside it.

    `known` tells the headings of tasks that have become plain dicts. Raises InputError,
    and leaves no file, when a service would refuse a task.
    """
    now = datetime.now().astimezone()
    name = f"wellspring_batch_tasks_{now:%Y%m%d_%H%M%S}_{secrets.token_hex(3)}.jsonl"
    path = make_folder(folder) / name
    headings: dict[str, tuple[str, str]] = {}
    with written_whole(path, 0o600) as file:
        for number, task in enumerate(tasks, start=1):
            file.write(_line(task, number) + b"\n")
            own_id = task.get("custom_id") if isinstance(task, dict) else None
            if not isinstance(own_id, str):
                continue  # the check tells of it
            found = task.headings if isinstance(task, Task) else known.get(own_id)
            if found is not None:
                headings[own_id] = found
    try:
        _refuse_unsendable(path)
        if headings:
            with written_whole(_beside(path), 0o600) as file:
                file.write(_encode(headings))
    except BaseException:
        path.unlink()
        raise
    return path


def headings_beside(path: Path) -> Headings:
    """What `write_tasks` noted of the tasks in a file. Raises StorageError."""
    beside = _beside(path)
    try:
        return _decode_headings(beside.read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        raise StorageError(
            "the sections of its requests can't be read",
            where=one_line(str(beside)),
            todo="Make the file of tasks again.",
        ) from None


def _line(task: object, number: int) -> bytes:
    if not isinstance(task, dict):
        raise InputError(f"expected a dict, found {type(task).__name__}", where=f"task {number}")
    try:
        return _encode(task)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise InputError(
            f"it can't be written as JSON ({one_line(str(error), 80)})", where=f"task {number}"
        ) from None


def _refuse_unsendable(path: Path) -> None:
    """Raises InputError for a task that a service would refuse the whole file for."""
    found, requests = survey(RequestsFile(path), RequestOptions())
    for _ in requests:
        pass  # the survey fills as they go by
    if found.problems:
        first, others = found.problems[0], found.problem_count - 1
        more = f" (and {others:,} more problem{'s' * (others > 1)})" if others else ""
        key = f", {first.key}" if first.key else ""
        # Each task is a line of its own.
        raise InputError(f"{first.what}{more}", where=f"task {first.line}{key}")
    if not found.prompts:
        raise InputError("there are no tasks, so there is nothing to send")


def _beside(path: Path) -> Path:
    return path.with_name(f"{path.stem}{_HEADINGS}")
