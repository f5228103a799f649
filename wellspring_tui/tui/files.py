"""What a folder holds, for the file picker: prompts files first."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from wellspring_tui import figures
from wellspring_tui.prompts.opening import looks_like_prompts
from wellspring_tui.text import one_line
from wellspring_tui.tui.widgets.table_model import Row

if TYPE_CHECKING:
    from collections.abc import Iterable

_SUFFIXES = (".json", ".jsonl")
_LOOKED_INTO = 300
"""So many files of a folder are opened to see whether they hold prompts."""


@dataclass(frozen=True, slots=True)
class Listing:
    """A folder's entries as rows; a key is a path."""

    folder: Path
    rows: tuple[Row, ...]
    problem: str | None = None


def list_folder(folder: Path, *, recent: Iterable[Path], sample: Path, now: datetime) -> Listing:
    """The entries of a folder: prompts files, folders, other files; before them recent files."""
    entries: list[os.DirEntry[str]] = []
    problem = None
    try:
        with os.scandir(folder) as found:
            entries = [entry for entry in found if not entry.name.startswith(".")]
    except OSError as error:
        problem = f"{folder} can't be read ({error.strerror})."
    entries.sort(key=lambda entry: entry.name.casefold())
    folders = [entry for entry in entries if _is_folder(entry)]
    files = [entry for entry in entries if not _is_folder(entry)]
    likely = [entry for entry in files if entry.name.lower().endswith(_SUFFIXES)]
    prompts = [
        entry
        for number, entry in enumerate(likely)
        if number >= _LOOKED_INTO or looks_like_prompts(Path(entry.path))
    ]
    others = [entry for entry in files if entry not in prompts] if prompts else files
    here = {entry.path for entry in prompts}
    elsewhere = [path for path in recent if str(path) not in here]
    rows = [
        *_group("Recent", [_file_row(path, now) for path in elsewhere]),
        *_group("Prompts files", [_file_row(Path(entry.path), now) for entry in prompts]),
        *_group("Sample", [] if sample in elsewhere else [_file_row(sample, now)]),
        Row("heading:folders", ("Folders",), heading=True),
        Row(str(folder.parent), ("../", "", "")),
        *(Row(entry.path, (f"{entry.name}/", "", "")) for entry in folders),
        *_group("Other files", [_file_row(Path(entry.path), now) for entry in others]),
    ]
    return Listing(folder, tuple(rows), problem)


def _group(name: str, rows: list[Row]) -> list[Row]:
    return [Row(f"heading:{name}", (name,), heading=True), *rows] if rows else []


def _file_row(path: Path, now: datetime) -> Row:
    try:
        about = path.stat()
    except OSError:
        return Row(str(path), (path.name, "", ""))
    changed = datetime.fromtimestamp(about.st_mtime, UTC)
    return Row(str(path), (path.name, figures.size(about.st_size), figures.age(changed, now)))


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def preview_name(path: Path) -> str:
    """A path short enough for a title: its last two names."""
    return one_line("/".join(path.parts[-2:]), 60)
