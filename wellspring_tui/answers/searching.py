"""Looking for words in all answers of a job, or in all its prompts, while one types.

There is no index of words: the files are gone through, quickly, and only lines that may
hold the words are read.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from itertools import accumulate, islice
from typing import TYPE_CHECKING, Literal, NamedTuple

from wellspring_tui.answers.lines import decode_line
from wellspring_tui.answers.sieve import Sieve
from wellspring_tui.answers.texts import text_of_request, text_of_response
from wellspring_tui.errors import StorageError
from wellspring_tui.finding import pattern

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from wellspring_tui.answers.index import AnswerIndex
    from wellspring_tui.progress import Progress

Where = Literal["answers", "prompts"]

_STAGE = "Searching"
_TELL_EVERY_SECONDS = 0.1
_LOOK_UP_LINES = 256
"""Lines with a hit whose rows are asked for at once."""


@dataclass(frozen=True, slots=True)
class Found:
    """What has been found so far, or in all once it is `complete`."""

    hits_by_row: Mapping[int, int]
    """How many hits each row has; rows without are not in it."""
    complete: bool
    rows: tuple[int, ...]
    """The rows with hits, in view order."""
    hits: int
    """In all rows together."""


class _Line(NamedTuple):
    offset: int
    custom_id: str
    hits: int


@dataclass(frozen=True, slots=True)
class _Scope:
    """What is gone through, and how a line of it is read."""

    folder: Path
    files: list[str]
    text_of: Callable[[object], str]
    rows_of: Callable[[Iterable[str]], dict[tuple[str, int], int]]


@dataclass(slots=True)
class Search:
    """One search over the files of a job; `found` yields what is known as it grows."""

    index: AnswerIndex
    inputs: Path
    outputs: Path
    query: str
    where: Where
    progress: Progress
    _hits_by_row: dict[int, int] = field(default_factory=dict)
    _told_at: float = 0.0

    def found(self) -> Iterator[Found]:
        """Growing results, at most ten a second; the last is complete.

        Raises StoppedError when the user stops it, StorageError when a file can't be read.
        """
        wanted = pattern(self.query)
        if wanted is not None:
            self._told_at = time.monotonic()
            if self.where == "answers":
                self._search_reasons(wanted)
            for _ in self._search_files(wanted):
                if time.monotonic() - self._told_at >= _TELL_EVERY_SECONDS:
                    yield self._so_far(complete=False)
                    self._told_at = time.monotonic()
        yield self._so_far(complete=True)

    def _so_far(self, *, complete: bool) -> Found:
        known = self._hits_by_row
        return Found(dict(known), complete, tuple(sorted(known)), sum(known.values()))

    def _search_reasons(self, wanted: re.Pattern[str]) -> None:
        """Of a request that failed the reason is all there is to read."""
        for row, reason in self.index.reasons():
            hits = _count(wanted, reason)
            if hits:
                self._hits_by_row[row] = hits

    def _search_files(self, wanted: re.Pattern[str]) -> Iterator[None]:
        scope, sieve = self._scope(), Sieve(self.query)
        paths = [scope.folder / name for name in scope.files]
        sizes = [_size_bytes(path) for path in paths]
        for path, before in zip(paths, accumulate([0, *sizes]), strict=False):

            def heard(done: int, before: int = before) -> None:
                self.progress.step(_STAGE, before + done, sum(sizes))

            for lines in _batched(_lines_with_hits(path, scope, sieve, wanted, heard)):
                self._file_hits(path.name, lines, scope)
                self.progress.check(_STAGE)
                yield

    def _file_hits(self, name: str, lines: list[_Line], scope: _Scope) -> None:
        """Note hits by row. A line that no row counts as its own (an older answer) has none."""
        rows = scope.rows_of(line.custom_id for line in lines)
        for line in lines:
            row = rows.get((name, line.offset))
            if row is not None:
                self._hits_by_row[row] = line.hits

    def _scope(self) -> _Scope:
        index = self.index
        if self.where == "answers":
            files = index.files_of_answers()
            return _Scope(self.outputs, files, text_of_response, index.rows_of_responses)
        # A request whose line was never here stands in a file without a name.
        files = [name for name in index.files_of_requests() if name]
        return _Scope(self.inputs, files, text_of_request, index.rows_of_requests)


def _lines_with_hits(
    path: Path,
    scope: _Scope,
    sieve: Sieve,
    wanted: re.Pattern[str],
    heard: Callable[[int], None],
) -> Iterator[_Line]:
    try:
        with path.open("rb", buffering=0) as file:
            for offset, line in sieve.lines(file, heard):
                raw = decode_line(line)
                hits = _count(wanted, scope.text_of(raw))
                if hits and isinstance(raw, dict):
                    yield _Line(offset, str(raw.get("custom_id")), hits)
    except OSError as error:
        raise _unreadable(path, error) from None


def _batched(lines: Iterable[_Line]) -> Iterator[list[_Line]]:
    coming = iter(lines)
    while batch := list(islice(coming, _LOOK_UP_LINES)):
        yield batch


def _count(wanted: re.Pattern[str], text: str) -> int:
    return sum(1 for _ in wanted.finditer(text))


def _size_bytes(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError as error:
        raise _unreadable(path, error) from None


def _unreadable(path: Path, error: OSError) -> StorageError:
    return StorageError(f"it can't be read ({error.strerror})", where=str(path))
