"""Writing so that it is there afterwards."""

from __future__ import annotations

import os
import shutil
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


def write_all(file: IO[bytes], pieces: Iterable[bytes]) -> None:
    """Write to an unbuffered file, which may take less than it is given.

    Unbuffered, because a buffer that could not be written to a full disk would be written
    again, later and unasked, when the file is closed. When the disk is in the way, the file
    is left as it was.
    """
    begun = file.tell()
    rest = memoryview(b"".join(pieces))
    try:
        while rest:
            rest = rest[file.write(rest) :]
    except OSError:
        file.truncate(begun)
        file.seek(begun)
        raise


def sync_file(path: Path) -> None:
    """See to it that a power cut takes nothing of the file."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Make renames into the folder outlive a power cut, where the system can."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def link(source: Path, target: Path) -> None:
    """A second name for the same bytes, or a copy where the file system knows no such thing."""
    try:
        os.link(source, target)
    except FileNotFoundError:
        raise
    except OSError:
        shutil.copyfile(source, target)
