"""Prompts files in UTF-16, or with a byte order mark, read as if they were plain UTF-8.

Spreadsheets and editors on Windows write both. A file is read as a stream all the same, so
that a large one takes no more memory than it would in UTF-8.
"""

from __future__ import annotations

import codecs
import io
from typing import IO, TYPE_CHECKING

from wellspring_tui.errors import PromptsFileError
from wellspring_tui.text import one_line

if TYPE_CHECKING:
    from pathlib import Path

    from _typeshed import WriteableBuffer

_LOOK_BYTES = 4
_CHUNK_BYTES = 64 * 1024
_UTF_8, _UTF_32 = "utf-8", "utf-32"
_MARKS = (
    (codecs.BOM_UTF8, _UTF_8),
    # Before those of UTF-16: one of these begins like one of them.
    (codecs.BOM_UTF32_LE, _UTF_32),
    (codecs.BOM_UTF32_BE, _UTF_32),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_TODO = "Save it as UTF-8 and try again."


def open_utf8(path: Path) -> IO[bytes]:
    """The bytes of a text file as UTF-8, without a byte order mark.

    UTF-16 without a mark is known by its first two characters, if they are ASCII. Raises
    OSError; PromptsFileError for UTF-32 and, while one reads, for broken UTF-16.
    """
    file = path.open("rb")
    try:
        encoding, mark = _encoding(file.read(_LOOK_BYTES), path)
        file.seek(len(mark))
    except BaseException:
        file.close()
        raise
    if encoding == _UTF_8:
        return file
    return io.BufferedReader(_Recoded(file, encoding, path), 2 * _CHUNK_BYTES)


def refuse_broken_utf8(path: Path) -> None:
    """Raises PromptsFileError, with the line, for a file with bytes that are no text."""
    decoder = codecs.getincrementaldecoder(_UTF_8)()
    lines = 0
    with open_utf8(path) as file:
        while True:
            raw = file.read(_CHUNK_BYTES)
            try:
                lines += decoder.decode(raw, final=not raw).count("\n")
            except UnicodeDecodeError as error:
                raise _broken("UTF-8 text", lines, error, path) from None
            if not raw:
                return


def _encoding(head: bytes, path: Path) -> tuple[str, bytes]:
    """What a file is written in, and the mark that it begins with."""
    for mark, encoding in _MARKS:
        if not head.startswith(mark):
            continue
        if encoding == _UTF_32:
            raise PromptsFileError("the file is UTF-32", where=one_line(str(path)), todo=_TODO)
        return encoding, mark
    for encoding, upper in (("utf-16-le", 1), ("utf-16-be", 0)):
        first_two = head[1 - upper : 4 : 2]
        if head[upper:4:2] == b"\x00\x00" and b"\x00" not in first_two and first_two.isascii():
            return encoding, b""
    return _UTF_8, b""


def _broken(what: str, lines: int, error: UnicodeDecodeError, path: Path) -> PromptsFileError:
    """`lines` have ended before the bytes that `error` is about."""
    readable = error.object[: error.start].decode(error.encoding)
    line = lines + readable.count("\n") + 1
    return PromptsFileError(
        f"the file is not {what} (line {line})", where=one_line(str(path)), todo=_TODO
    )


class _Recoded(io.RawIOBase):
    """A file in another encoding, as UTF-8."""

    def __init__(self, file: IO[bytes], encoding: str, path: Path) -> None:
        super().__init__()
        self._file = file
        self._decoder = codecs.getincrementaldecoder(encoding)()
        self._path = path
        self._lines = 0
        self._ready = b""

    def readable(self) -> bool:
        return True

    def close(self) -> None:
        self._file.close()
        super().close()

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        ended = False
        while not self._ready and not ended:
            raw = self._file.read(_CHUNK_BYTES)
            ended = not raw
            try:
                text = self._decoder.decode(raw, final=ended)
            except UnicodeDecodeError as error:
                raise _broken("valid UTF-16", self._lines, error, self._path) from None
            self._lines += text.count("\n")
            self._ready = text.encode()
        room = memoryview(buffer).cast("B")
        size = min(len(room), len(self._ready))
        room[:size], self._ready = self._ready[:size], self._ready[size:]
        return size
