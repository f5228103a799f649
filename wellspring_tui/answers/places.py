"""Lines of a job's files, read from where an index says they are."""

from __future__ import annotations

from contextlib import ExitStack
from typing import IO, TYPE_CHECKING

from wellspring_tui.errors import StorageError

if TYPE_CHECKING:
    from pathlib import Path

    from wellspring_tui.answers.model import Place


class PlacedLines:
    """Lines by their places in the files of one folder; each file is opened once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: dict[str, IO[bytes]] = {}
        self._opened = ExitStack()

    def __enter__(self) -> PlacedLines:
        return self

    def __exit__(self, *_: object) -> None:
        self._opened.close()

    def at(self, place: Place) -> bytes:
        """The bytes there. Raises StorageError."""
        path = self._folder / place.file
        try:
            if place.file not in self._files:
                self._files[place.file] = self._opened.enter_context(path.open("rb"))
            file = self._files[place.file]
            file.seek(place.offset)
            return file.read(place.length)
        except OSError as error:
            raise StorageError(f"it can't be read ({error.strerror})", where=str(path)) from None
