"""A private copy of a prompts file: what is checked is what is sent, whoever writes to it."""

from __future__ import annotations

import shutil
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

from wellspring_tui.errors import PromptsFileError
from wellspring_tui.private import create, make_folder, writing
from wellspring_tui.rest.roots import LARGEST_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator

_CHUNK_BYTES = 1024 * 1024
_ABANDONED_SECONDS = 86_400.0


@contextmanager
def copied(file: IO[bytes], name: str, folder: Path) -> Iterator[Path]:
    """A copy of `file`, called `name`, in a folder of its own below `folder`, while it is needed.

    Raises PromptsFileError when it grows beyond all bounds, StorageError without room.
    """
    make_folder(folder)
    with tempfile.TemporaryDirectory(dir=folder) as private:
        path = Path(private) / name
        with writing(folder), create(path) as copy:
            left = LARGEST_BYTES
            while chunk := file.read(min(_CHUNK_BYTES, left + 1)):
                left -= len(chunk)
                if left < 0:
                    raise PromptsFileError(f"it has grown beyond {LARGEST_BYTES:,} bytes")
                copy.write(chunk)
        yield path


def sweep(folder: Path) -> None:
    """Take away the copies of servers that were killed."""
    if not folder.is_dir():
        return
    for left in folder.iterdir():
        if time.time() - left.stat().st_mtime > _ABANDONED_SECONDS:
            shutil.rmtree(left, ignore_errors=True)
