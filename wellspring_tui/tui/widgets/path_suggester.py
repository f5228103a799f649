"""Completing a path as it is typed: the right arrow takes what is offered."""

from __future__ import annotations

import os
from pathlib import Path

from textual.suggester import Suggester

from wellspring_tui.text import safe
from wellspring_tui.tui.carrier import in_thread


class PathSuggester(Suggester):
    """Offers the first name in the folder that goes on as what is typed."""

    def __init__(self) -> None:
        # Folders change.
        super().__init__(use_cache=False, case_sensitive=True)

    async def get_suggestion(self, value: str) -> str | None:
        """A longer path, or None."""
        return await in_thread(lambda: completed(value))


def completed(typed: str) -> str | None:
    """`typed` with the first name that begins so, folders before files; None when there is none.

    A hidden name is offered once its dot is typed.
    """
    begun = typed.rpartition("/")[2]
    if not begun:
        return None
    folder = typed[: len(typed) - len(begun)]
    try:
        with os.scandir(typed_path(folder)) as entries:
            names = [
                (not entry.is_dir(), entry.name)
                for entry in entries
                if entry.name.startswith(begun) and entry.name != begun
            ]
    except (OSError, ValueError):
        return None  # there is no such folder, or nobody may look into it
    # A field shows what it is given, and a name may hold anything.
    names = [(is_file, name) for is_file, name in names if safe(name) == name]
    if not names:
        return None
    is_file, name = min(names)
    return f"{folder}{name}" + ("" if is_file else "/")


def typed_path(text: str) -> Path:
    """A path as somebody typed it, with `~` for their home."""
    path = Path(text.strip())
    try:
        return path.expanduser()
    except RuntimeError:  # `~somebody` whom the system does not know: then it is a name
        return path
