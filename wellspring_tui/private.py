"""Folders and files that only their owner may read: 0700 and 0600, whatever the umask."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

from wellspring_tui.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def make_folder(path: Path) -> Path:
    """The folder at `path`, made with its parents when it is not there. Raises StorageError."""
    missing = [folder for folder in (path, *path.parents) if not folder.exists()]
    try:
        for folder in reversed(missing):
            folder.mkdir(exist_ok=True)
            folder.chmod(0o700)
    except OSError as error:
        raise StorageError(
            f"the folder can't be made ({error.strerror})",
            where=str(path),
            todo="Choose another place with --home or WELLSPRING_HOME.",
        ) from None
    if not path.is_dir():
        raise StorageError(
            "a file is where a folder belongs",
            where=str(path),
            todo="Move it away, or choose another place with --home or WELLSPRING_HOME.",
        )
    return path


def create(path: Path) -> IO[bytes]:
    """A new file for writing, cut to nothing if it was there. Raises OSError."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    return os.fdopen(handle, "wb", buffering=1024 * 1024)


def put_in_place(file: IO[bytes], temporary: Path, final: Path) -> None:
    """Sync and close `file`, written at `temporary`, and give it its name at once and whole."""
    file.flush()
    os.fsync(file.fileno())
    file.close()
    temporary.replace(final)
    sync_folder(final.parent)


def sync_folder(path: Path) -> None:
    """Make the names in a folder last through a power cut, where the system can."""
    if os.name != "posix":
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Inside, what the disk refuses becomes a StorageError about that file, or about `path`."""
    try:
        yield
    except OSError as error:
        raise StorageError(
            f"it can't be read ({error.strerror})",
            where=str(error.filename or path),
            todo="Check its mode, and whose it is.",
        ) from None


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Inside, what the disk refuses becomes a StorageError about `path`."""
    try:
        yield
    except OSError as error:
        raise StorageError(
            f"it can't be written ({error.strerror})",
            where=str(path),
            todo="Make room, check the folder's mode, or choose another place.",
        ) from None
