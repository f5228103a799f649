"""The formats that answers can be written in."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import IO, TYPE_CHECKING, Protocol, cast

from wellspring_tui.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

    from wellspring_tui.answers.exports.source import Source


class _Module(Protocol):
    """What every module of a format has."""

    def write(self, source: Source, to: IO[bytes]) -> None:
        """Write all answers as a stream."""
        ...


@dataclass(frozen=True, slots=True)
class Format:
    """One way to write answers."""

    name: str
    suffix: str
    title: str
    """What it is good for, in a few words."""
    readable: bool = True
    """Whether a person would read it as it is, on a terminal."""

    def write(self, source: Source, to: IO[bytes]) -> None:
        """Write all answers as a stream. Raises StoppedError, StorageError, InputError."""
        module = import_module(f"{__package__}.as_{self.name}")
        cast("_Module", module).write(source, to)


FORMATS = {
    found.name: found
    for found in (
        Format("json", ".json", "every answer by section and prompt type"),
        Format("jsonl", ".jsonl", "one line of JSON a request"),
        Format("csv", ".csv", "a table for spreadsheets"),
        Format("markdown", ".md", "a document by section"),
        Format("html", ".html", "a page for the browser, in one file", readable=False),
        Format("parquet", ".parquet", "a table for data tools", readable=False),
    )
}


def format_named(name: str) -> Format:
    """The format of that name. Raises InputError."""
    if name not in FORMATS:
        raise InputError(f"there is no format “{name}”", todo=f"There are {', '.join(FORMATS)}.")
    return FORMATS[name]


def format_of(path: Path) -> Format | None:
    """The format that a file's name asks for by its ending; None when none does."""
    suffix = path.suffix.lower()
    return next((found for found in FORMATS.values() if found.suffix == suffix), None)


def export(source: Source, path: Path, name: str, *, replace: bool) -> Path:
    """Write the answers to a file, which appears whole or not at all; where it is.

    Raises InputError when the file is there already and must not be replaced, or nothing can
    be written there.
    """
    from wellspring_tui.saving import writable, written_whole

    chosen, final = format_named(name), writable(path)
    if final.exists() and not replace:
        raise InputError("the file exists", where=str(path), todo="Choose another name.")
    with written_whole(final) as file:
        chosen.write(source, file)
    return final
