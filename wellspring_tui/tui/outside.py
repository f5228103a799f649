"""Programs outside the dashboard that show one text: a pager and an editor.

They read a private temporary file, which is gone when they end.
"""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import tempfile
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from wellspring_tui.errors import InputError, StorageError
from wellspring_tui.text import one_line, safe

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Kind = Literal["pager", "editor"]

_VARIABLES: dict[Kind, tuple[str, ...]] = {"pager": ("PAGER",), "editor": ("VISUAL", "EDITOR")}
_USUAL: dict[Kind, str] = {"pager": "less", "editor": "vi"}
_NEVER_RAN = {126: "it is no program", 127: "there is no such program"}
"""What shells and `env` end with when they can't start a program."""


@dataclass(frozen=True, slots=True)
class Program:
    """A program of the person's choice, with its arguments."""

    arguments: tuple[str, ...]
    variable: str
    """The environment variable that names it, or is there to name another."""


def program(kind: Kind, environment: Mapping[str, str] = os.environ) -> Program:
    """The person's pager or editor, or the one that is on every system.

    Raises InputError when the variable can't be understood.
    """
    for variable in _VARIABLES[kind]:
        command = environment.get(variable, "").strip()
        if not command:
            continue
        try:
            return Program(tuple(shlex.split(command)), variable)
        except ValueError as error:
            raise InputError(
                f"the command can't be understood ({error})",
                where=variable,
                todo="Check its quotes.",
            ) from None
    return Program((_USUAL[kind],), _VARIABLES[kind][-1])


def show_text(kind: Kind, text: str, suffix: str) -> bool:
    """Open `text` in the pager or the editor and wait for its end; whether the file was changed.

    A pager passes what it reads on to the terminal, so it gets the text made safe; an editor
    shows control characters as signs, so it gets the text as it is. The terminal must be free:
    call it inside `App.suspend()`. Raises InputError and StorageError.
    """
    data = (safe(text) if kind == "pager" else text).encode("utf-8", "replace")
    with _temporary(data, suffix) as path:
        _run(program(kind), path)
        return path.exists() and path.read_bytes() != data


@contextmanager
def _temporary(data: bytes, suffix: str) -> Iterator[Path]:
    """A file that only its owner may read, gone afterwards. Raises StorageError."""
    try:
        # Editors leave copies beside the file: the folder goes with all of them.
        with tempfile.TemporaryDirectory(prefix="wellspring-", ignore_cleanup_errors=True) as name:
            path = Path(name) / f"answer{suffix}"
            path.touch(mode=0o600)
            path.write_bytes(data)
            yield path
    except OSError as error:
        raise StorageError(
            f"no temporary file can be written ({error.strerror})",
            where=tempfile.gettempdir(),
            todo="Make room, or choose another folder with TMPDIR.",
        ) from None


def _run(wanted: Program, path: Path) -> None:
    try:
        with _interrupts_left_to_the_program():
            code = subprocess.run([*wanted.arguments, str(path)], check=False).returncode
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise _not_started(wanted, str(reason)) from None
    if code in _NEVER_RAN:
        raise _not_started(wanted, _NEVER_RAN[code])


def _not_started(wanted: Program, reason: str) -> InputError:
    return InputError(
        f"{one_line(wanted.arguments[0], 40)} can't be started ({reason})",
        todo=f"Set {wanted.variable} to a program that is there.",
    )


@contextmanager
def _interrupts_left_to_the_program() -> Iterator[None]:
    """ctrl+c means the program in front; it goes to every process of the terminal."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    # A handler, not SIG_IGN: that one the program would inherit.
    before = signal.signal(signal.SIGINT, lambda _number, _frame: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
