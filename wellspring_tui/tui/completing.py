"""Typing a path: which folder it names, what of a name it starts, and how it may go on."""

from __future__ import annotations

import os
from asyncio import sleep
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING

from textual.suggester import Suggester

from wellspring_tui.text import one_line
from wellspring_tui.tui import look

if TYPE_CHECKING:
    from collections.abc import Callable

    from wellspring_tui.tui.files import Entry, Listing


_TRIES = 40
_TRY_AGAIN_SECONDS = 0.05


def shown_folder(folder: Path) -> str:
    """A folder as it stands in the path field, ready for a name after it."""
    return f"{look.path(folder).rstrip('/')}/"


def typed_path(text: str, folder: Path) -> Path:
    """The path that is meant by what was typed while `folder` was shown."""
    prefix = shown_folder(folder)
    if text.startswith(prefix):
        # What is shown may be less than the name: control characters and such are left out.
        return Path(os.path.abspath(folder / text.removeprefix(prefix)))  # noqa: PTH100
    return Path(os.path.abspath(folder / os.path.expanduser(text)))  # noqa: PTH100, PTH111


def split_typed(text: str, folder: Path) -> tuple[Path, str]:
    """The folder that is meant, and the start of a name in it."""
    head, slash, partial = text.rpartition("/")
    if not slash:
        return (Path.home(), "") if text == "~" else (folder, text)
    return typed_path(f"{head}/", folder), partial


def completions(listing: Listing, partial: str) -> list[str]:
    """Names that go on from `partial`, a folder's with its slash; by letter case if any does."""
    if not partial:
        return []
    hidden = partial.startswith(".")
    names = [
        _completed(entry)
        for entry in listing.entries
        # A name that is not shown as it is can't be typed either.
        if one_line(entry.name) == entry.name and (hidden or not entry.name.startswith("."))
    ]
    exact = [name for name in names if name.startswith(partial)]
    folded = partial.casefold()
    return exact or [name for name in names if name.casefold().startswith(folded)]


def common_start(names: list[str]) -> str:
    """What all names start with."""
    first, last = min(names, default=""), max(names, default="")
    alike = takewhile(lambda pair: pair[0] == pair[1], zip(first, last, strict=False))
    return "".join(letter for letter, _ in alike)


def _completed(entry: Entry) -> str:
    return f"{entry.name}/" if entry.is_folder else entry.name


class PathSuggester(Suggester):
    """Suggests the first name of the folder shown that goes on from what is typed."""

    def __init__(self, listing: Callable[[], Listing]) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._listing = listing

    async def get_suggestion(self, value: str) -> str | None:
        """The whole path, or None."""
        for _ in range(_TRIES):
            listing = self._listing()
            folder, partial = split_typed(value, listing.folder)
            if folder == listing.folder:
                break
            await sleep(_TRY_AGAIN_SECONDS)  # it is being listed, or isn't there
        else:
            return None
        found = completions(listing, partial)
        # A suggestion goes on from the very letters that stand there.
        if not found or not found[0].startswith(partial):
            return None
        return value + found[0].removeprefix(partial)
