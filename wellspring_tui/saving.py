"""Files that a user asked for: they appear at once and whole, or not at all."""

from __future__ import annotations

import os
import stat
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

from wellspring_tui.errors import InputError
from wellspring_tui.private import put_in_place, writing

if TYPE_CHECKING:
    from collections.abc import Iterator

PREFIX = ".wellspring-"
"""How a file is called while it is written; one that a killed process left is so too."""


def writable(wanted: Path) -> Path:
    """Where a file asked for at `wanted` will be; a link stays a link.

    Raises InputError when nothing can be written there.
    """
    try:
        path = wanted.expanduser().resolve()
        if path.exists() and not path.is_file():
            what = "this is a folder" if path.is_dir() else "this is not an ordinary file"
            raise InputError(what, where=str(wanted), todo="Name a file.")
        # Only a trial tells of quotas and read-only disks.
        handle, trial = _new_beside(path)
        os.close(handle)
        trial.unlink()
    except (OSError, ValueError, RuntimeError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise InputError(
            f"nothing can be written there ({reason})",
            where=str(wanted),
            todo="Name a file in a folder of yours.",
        ) from None
    return path


@contextmanager
def written_whole(path: Path, mode: int | None = None) -> Iterator[IO[bytes]]:
    """Something to write to; the file takes its name only when all was written.

    Without a `mode` it has that of the file it replaces, or what the umask leaves.
    Raises StorageError.
    """
    with writing(path):
        handle, temporary = _new_beside(path)
        try:
            with os.fdopen(handle, "wb", buffering=1024 * 1024) as file:
                yield file
                temporary.chmod(_usual_mode(path) if mode is None else mode)
                put_in_place(file, temporary, path)
        finally:
            temporary.unlink(missing_ok=True)


def _new_beside(path: Path) -> tuple[int, Path]:
    """An empty file in the folder of `path`, open for writing. Raises OSError."""
    handle, name = tempfile.mkstemp(prefix=PREFIX, dir=path.parent)
    return handle, Path(name)


def _usual_mode(path: Path) -> int:
    """The mode of the file that is replaced, or what the umask leaves of a new one."""
    if path.exists():
        return stat.S_IMODE(path.stat().st_mode)
    umask = os.umask(0)
    os.umask(umask)
    return 0o666 & ~umask
