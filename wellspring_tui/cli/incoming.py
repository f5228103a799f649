"""What comes in from outside the arguments: prompts on stdin, texts in files."""

from __future__ import annotations

import secrets
import shutil
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wellspring_tui.cli.output import on_terminal
from wellspring_tui.errors import InputError, PromptsFileError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wellspring_tui.places import Places

STDIN = Path("-")
"""What stands for stdin among the arguments."""
_NAME = "stdin"
_LONGEST_TEXT_BYTES = 1024 * 1024


@contextmanager
def prompts_file(given: Path, places: Places, *, kept: bool) -> Iterator[Path]:
    """The prompts file that was named; of stdin a private copy, on disk as a whole.

    The copy goes when this ends, unless it is `kept` for a job that was made. Raises
    InputError when nothing can come.
    """
    if given != STDIN:
        yield given
        return
    if sys.stdin is None:  # the shell closed it: `<&-`
        raise InputError("stdin is closed, so there is nothing to read", todo="Name a file.")
    if on_terminal(sys.stdin):
        command = click.get_current_context().command_path
        raise InputError(
            "stdin is the terminal, so there is nothing to read",
            todo=f"Name a file, or pipe one in: `… | {command} {STDIN}`.",
        )
    from wellspring_tui.private import create, make_folder, writing

    path = make_folder(places.data / _NAME / secrets.token_hex(4)) / _NAME
    done = False
    try:
        with writing(path), create(path) as file:
            shutil.copyfileobj(sys.stdin.buffer, file)
        yield path
        done = kept
    except PromptsFileError as error:
        # Nobody knows the copy, and soon it is not there.
        todo = error.todo and error.todo.replace(f"check {_NAME}", f"check {STDIN}")
        raise PromptsFileError(error.what, where=_NAME, todo=todo) from None
    finally:
        if not done:
            shutil.rmtree(path.parent)


def text_of_file(path: Path, what: str) -> str:
    """The text in a file that an argument names. Raises InputError."""
    try:
        with path.open("rb") as file:
            raw = file.read(_LONGEST_TEXT_BYTES + 1)
        text = raw.decode("utf-8-sig")
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise InputError(f"the {what} can't be read ({why})", where=str(path)) from None
    if len(raw) > _LONGEST_TEXT_BYTES:
        raise InputError(f"the {what} is longer than 1 MiB", where=str(path))
    return text
