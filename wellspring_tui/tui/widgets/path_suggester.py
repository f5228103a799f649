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
    folder, _, begun = typed.rpartition("/")
    if not begun:
        return None
    shown_folder = typed[: len(typed) - len(begun)]
    place = Path(shown_folder or ".").expanduser() if folder or shown_folder else Path()
    try:
        with os.scandir(place) as entries:
            names = [
                (not entry.is_dir(), entry.name)
                for entry in entries
                if entry.name.startswith(begun) and entry.name != begun
            ]
    except (OSError, RuntimeError, ValueError):
        return None  # nothing can be offered: there is no such folder, or no such user
    # A field shows what it is given, and a name may hold anything.
    names = [(is_file, name) for is_file, name in names if safe(name) == name]
    if not names:
        return None
    is_file, name = min(names)
    return f"{shown_folder}{name}" + ("" if is_file else "/")
