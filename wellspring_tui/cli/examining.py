"""What `wellspring doctor` finds on this machine: folders, files, disk, terminal, extras."""

from __future__ import annotations

import os
import shlex
import shutil
import stat
import sys
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from wellspring_tui.cli.output import on_terminal
from wellspring_tui.errors import ExitCode, WellspringError
from wellspring_tui.figures import size

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from wellspring_tui.places import Places

_LITTLE_ROOM_BYTES = 1_000_000_000
_LEAST_TERMINAL = (80, 24)
_FOLDER_MODE, _FILE_MODE = 0o700, 0o600
_EXTRAS = {
    "keyring": ("keyring", "API keys in the system's keyring"),
    "model": ("xllamacpp", "answers of a small model on this machine"),
    "parquet": ("pyarrow", "answers as Parquet"),
    "tokens": ("tiktoken", "tokens counted exactly before sending"),
}
"""An extra of the package → the module that it brings, and what that is for."""


class State(StrEnum):
    """How something was found; only an error changes the exit code."""

    OK = "ok"
    NOTE = "note"
    """Not there, and not needed."""
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    check: str
    """What was looked at, in a word that stays."""
    what: str
    state: State = State.OK
    todo: str | None = None
    code: ExitCode = ExitCode.OK

    @classmethod
    def of(cls, check: str, error: WellspringError) -> Finding:
        """What went wrong when it was looked at."""
        what = f"{error.where}: {error.what}" if error.where else error.what
        return cls(check, what, State.ERROR, error.todo, error.exit_code)


def folders(places: Places) -> Iterator[Finding]:
    """The home, and whatever in it may be read by others."""
    home = places.data
    if not home.exists():
        yield Finding("home", f"home: {home} (will be made)")
    elif (wrong := _wrong_mode("home", "home", home, _FOLDER_MODE)) is not None:
        yield wrong
    else:
        yield Finding("home", f"home: {home}")
    for folder in dict.fromkeys((places.logs, places.config.parent, *_inner_folders(home))):
        if folder != home and folder.is_dir():
            yield from _told(_wrong_mode("folder", "folder", folder, _FOLDER_MODE))
    for file in (*home.glob("ledger.sqlite*"), places.config, *places.logs.glob("*")):
        if file.is_file():
            yield from _told(_wrong_mode("file", "file", file, _FILE_MODE))


def disk(places: Places) -> Finding:
    """The room that is left where answers go."""
    home = places.data
    there = next(folder for folder in (home, *home.parents) if folder.exists())
    free = shutil.disk_usage(there).free
    if free < _LITTLE_ROOM_BYTES:
        todo = "Make room before a large job."
        return Finding("disk", f"disk: only {size(free)} free", State.WARNING, todo)
    return Finding("disk", f"disk: {size(free)} free")


def terminal() -> Finding:
    """What the dashboard would be shown on."""
    if not on_terminal(sys.stdout):
        return Finding("terminal", "terminal: none, stdout goes elsewhere", State.NOTE)
    columns, rows = shutil.get_terminal_size()
    name = os.environ.get("TERM", "")
    facts = [f"{columns}x{rows}", name or "no TERM", sys.stdout.encoding.upper()]
    facts += [variable for variable in ("COLORTERM", "NO_COLOR") if os.environ.get(variable)]
    what = f"terminal: {', '.join(facts)}"
    if columns < _LEAST_TERMINAL[0] or rows < _LEAST_TERMINAL[1]:
        return Finding("terminal", what, State.WARNING, "The dashboard wants 80x24 at least.")
    if "UTF" not in sys.stdout.encoding.upper():
        todo = "Set a UTF-8 locale, such as LANG=C.UTF-8."
        return Finding("terminal", what, State.WARNING, todo)
    if name in ("", "dumb"):
        return Finding("terminal", what, State.WARNING, "The dashboard needs a TERM that can move.")
    return Finding("terminal", what)


def extras() -> Iterator[Finding]:
    """The optional parts of the package."""
    from importlib.util import find_spec

    for extra, (module, purpose) in _EXTRAS.items():
        what = f"extra {extra} ({purpose})"
        if find_spec(module) is None:
            todo = f"pip install 'wellspring-tui[{extra}]'"
            yield Finding("extra", f"{what}: not installed", State.NOTE, todo)
        elif extra == "keyring":
            yield _keyring(what)
        else:
            yield Finding("extra", f"{what}: installed")


def _keyring(what: str) -> Finding:
    from wellspring_tui.keychain import backend_name

    try:
        return Finding("extra", f"{what}: installed, {backend_name()}")
    except WellspringError as error:
        return Finding("extra", f"{what}: {error.what}", State.NOTE, error.todo)


def _inner_folders(home: Path) -> list[Path]:
    usual = [home / name for name in ("input", "output", "local", "real-time")]
    return [*usual, *sorted(home.glob("local-*"))]


def _wrong_mode(check: str, kind: str, path: Path, expected: int) -> Finding | None:
    """A finding about a mode that lets others in, or its owner out."""
    if os.name != "posix":
        return None
    mode = stat.S_IMODE(path.stat().st_mode) & 0o777
    if mode == expected:
        return None
    what = f"{kind}: {path} has mode {mode:04o}, not {expected:04o}"
    todo = f"chmod {expected:o} {shlex.quote(str(path))}"
    if mode & expected != expected:
        return Finding(check, what, State.ERROR, todo, ExitCode.INPUT)
    return Finding(check, f"{what}: others may read it", State.WARNING, todo)


def _told(finding: Finding | None) -> Iterator[Finding]:
    if finding is not None:
        yield finding
