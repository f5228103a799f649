"""Where results go: stdout, or a file that appears at once and whole."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from wellspring_tui.cli.output import stdout_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Destination:
    """A place for results that has been found writable; `path` is None for stdout."""

    path: Path | None = None

    @contextmanager
    def open(self) -> Iterator[IO[bytes]]:
        """Something to write to. Raises StorageError."""
        if self.path is None:
            with stdout_bytes() as out:
                yield out
            return
        from wellspring_tui.saving import written_whole

        with written_whole(self.path) as file:
            yield file


def destination(wanted: Path | None) -> Destination:
    """The place that `-o` names; without it, or with `-`, stdout.

    Raises InputError when nothing can be written there.
    """
    if wanted is None or str(wanted) == "-":
        return Destination()
    from wellspring_tui.saving import writable

    return Destination(writable(wanted))
