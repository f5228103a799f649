"""What a folder holds, for the file picker: prompts files first.

A folder may hold tens of thousands of files, or lie on a slow disk. So it is told in
steps: the names, then sizes and ages, then which files hold prompts. Only so many are
looked into, and never what is no ordinary file: reading a pipe would wait for ever.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

import msgspec

from wellspring_tui.prompts.opening import looks_like_prompts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import TypeAlias

    Recent: TypeAlias = "Callable[[], Sequence[Path]]"

_SUFFIXES = (".json", ".jsonl", ".csv", ".tsv")
_LOOKED_INTO = 300
"""So many files of a folder, the newest, are opened to see whether they hold prompts."""
_STEP_SECONDS = 0.2


class Entry(msgspec.Struct, frozen=True, gc=False):
    """A file or a folder. A folder makes tens of thousands, so it is a struct."""

    path: str
    name: str
    is_folder: bool = False
    likely: bool = False
    """Whether its name is one that prompts files have."""
    holds_prompts: bool | None = None
    """None as long as nobody has looked."""
    size_bytes: int | None = None
    changed_at: float | None = None
    """Seconds since 1970."""


@dataclass(frozen=True, slots=True)
class Listing:
    """A folder as far as it is known."""

    folder: Path
    entries: tuple[Entry, ...] = ()
    """By name, hidden ones included."""
    recent: tuple[Entry, ...] = ()
    """Prompts files of the last jobs that lie elsewhere."""
    sample: Entry | None = None
    problem: str | None = None
    """Why the folder can't be read."""
    complete: bool = False


def listings(folder: Path, *, recent: Recent, sample: Path) -> Iterator[Listing]:
    """A folder, known better from step to step; the last one is `complete`.

    Meant to be taken in a thread: each step may wait for the disk, none raises.
    """
    entries: list[Entry] = []
    problem = None
    try:
        with os.scandir(folder) as found:
            entries.extend(_named(entry) for entry in found)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        problem = f"{folder} can't be read ({reason})."
    entries.sort(key=lambda entry: entry.name.casefold())
    listing = Listing(folder, tuple(entries), problem=problem)
    yield listing
    here = {entry.path for entry in entries}
    elsewhere = [path for path in recent() if str(path) not in here]
    shown = sample not in elsewhere and str(sample) not in here
    listing = replace(
        listing,
        recent=tuple(_measured(_prompts_file(path)) for path in elsewhere),
        sample=_measured(_prompts_file(sample)) if shown else None,
    )
    for _ in _in_steps(_measure(entries)):
        yield replace(listing, entries=tuple(entries))
    for _ in _in_steps(_look_into(entries)):
        yield replace(listing, entries=tuple(entries))
    yield replace(listing, entries=tuple(entries), complete=True)


def _measure(entries: list[Entry]) -> Iterator[None]:
    for at, entry in enumerate(entries):
        if not entry.is_folder:
            entries[at] = _measured(entry)
            yield


def _look_into(entries: list[Entry]) -> Iterator[None]:
    """Look for prompts in the newest of the files whose names are likely."""
    likely = [at for at, entry in enumerate(entries) if entry.likely]
    likely.sort(key=lambda at: -(entries[at].changed_at or 0.0))
    for at in likely[:_LOOKED_INTO]:
        holds = looks_like_prompts(Path(entries[at].path))
        entries[at] = msgspec.structs.replace(entries[at], holds_prompts=holds)
        yield


def _in_steps(work: Iterable[None]) -> Iterator[None]:
    """Do work, and pause now and then to show how far it is."""
    due = monotonic() + _STEP_SECONDS
    for _ in work:
        if monotonic() >= due:
            yield
            due = monotonic() + _STEP_SECONDS


def _named(entry: os.DirEntry[str]) -> Entry:
    try:
        is_folder = entry.is_dir()
    except OSError:  # a link that leads round in a circle
        is_folder = False
    likely = not is_folder and entry.name.lower().endswith(_SUFFIXES)
    return Entry(entry.path, entry.name, is_folder, likely)


def _prompts_file(path: Path) -> Entry:
    return Entry(str(path), path.name, likely=True, holds_prompts=True)


def _measured(entry: Entry) -> Entry:
    """With its size and age; what is no ordinary file has none, and is not looked into."""
    try:
        about = os.stat(entry.path)  # noqa: PTH116 - a path object for each of 20,000 files
    except (OSError, ValueError):
        return msgspec.structs.replace(entry, likely=False)
    if not stat.S_ISREG(about.st_mode):
        return msgspec.structs.replace(entry, likely=False)
    return msgspec.structs.replace(entry, size_bytes=about.st_size, changed_at=about.st_mtime)
