"""Keeping the own columns of a table's rows with the job that is made of them."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING

from wellspring_tui.answers.own_rows import ROWS_NAME, line_of
from wellspring_tui.private import create, put_in_place

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from wellspring_tui.prompts.model import Request


class RowsWriter:
    """Writes them into a job's folder of input files, as its requests go by."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / ROWS_NAME
        self._temporary = folder / f"{ROWS_NAME}.tmp"
        self._file: IO[bytes] | None = None

    def kept(self, requests: Iterable[Request]) -> Iterator[Request]:
        """The same requests, each with its row on disk; those without one just pass."""
        for request in requests:
            if request.row:
                if self._file is None:
                    self._file = create(self._temporary)
                self._file.write(line_of(request.custom_id, request.row))
            yield request

    def finish(self) -> Path | None:
        """The whole file, synced; None when no request has a row."""
        if self._file is None:
            return None
        put_in_place(self._file, self._temporary, self._path)
        return self._path

    def close(self) -> None:
        """Close what is still open, after a failure."""
        if self._file is not None:
            self._file.close()
