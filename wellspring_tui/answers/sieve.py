"""Which lines of a JSONL file may hold words in one of their texts, told by their bytes.

Decoding 150 MB of lines takes seconds, looking for a few bytes in them a tenth of one.
No line that holds the words is missed, others may come along: an id may hold them too.
"""

from __future__ import annotations

import re
import string
from typing import IO, TYPE_CHECKING

from wellspring_tui.finding import cases
from wellspring_tui.resting import Rests

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# What no writer of JSON escapes; some escape what means something in HTML, or a slash.
_PLAIN = string.ascii_letters + string.digits + "-_.,:;!?()%$#@*"
_PLAIN_RUNS = re.compile(f"[{re.escape(_PLAIN)}]+")
_FOREIGN_RUNS = re.compile(r"[^\x00-\x7f]+")

_CHUNK_BYTES = 128 * 1024
"""Fits the processor's cache."""


class Sieve:
    """Lets lines through that may hold the words of a query."""

    def __init__(self, query: str) -> None:
        words = " ".join(query.split())
        plain = max(_PLAIN_RUNS.findall(words), key=len, default="")
        foreign = max(_FOREIGN_RUNS.findall(words), key=len, default="")
        self._plain = plain.lower().encode()
        self._foreign = _Foreign(foreign) if len(foreign) > len(plain) else None
        self._rests = Rests()

    def lines(
        self, file: IO[bytes], heartbeat: Callable[[int], None]
    ) -> Iterator[tuple[int, bytes]]:
        """(offset, line) of what is let through; `heartbeat` hears how many bytes are done.

        `file` is best unbuffered.
        """
        pieces: list[bytes] = []
        begin = 0
        while chunk := file.read(_CHUNK_BYTES):
            end = chunk.rfind(b"\n") + 1
            if end == 0:
                pieces.append(chunk)
                continue
            block = b"".join((*pieces, chunk[:end]))
            yield from self._of_block(block, begin)
            begin += len(block)
            pieces = [chunk[end:]]
            heartbeat(begin)
            self._rests.take()
        yield from self._of_block(b"".join(pieces), begin)

    def _of_block(self, block: bytes, begin: int) -> Iterator[tuple[int, bytes]]:
        """Lines of a block, which is whole lines and begins at `begin` of its file."""
        lowered = block.lower()
        at = self._find(lowered, 0)
        while 0 <= at < len(block):
            start = lowered.rfind(b"\n", 0, at) + 1
            end = lowered.find(b"\n", at) + 1 or len(block)
            yield begin + start, block[start:end]
            self._rests.take()
            at = self._find(lowered, end)

    def _find(self, lowered: bytes, start: int) -> int:
        """Where something like the words stands from `start` on; -1 when it does nowhere."""
        if self._foreign is not None:
            return self._foreign.find(lowered, start)
        return lowered.find(self._plain, start)


class _Foreign:
    """A run of letters beyond ASCII: as they are or as JSON's escapes, in either case."""

    def __init__(self, run: str) -> None:
        forms = [cases(character) for character in run]
        self._raw = _compiled([_raw(of_one) for of_one in forms])
        self._escaped = _compiled([_escaped(of_one) for of_one in forms])
        self._mixed = _compiled([_raw(of_one) + _escaped(of_one) for of_one in forms])

    def find(self, lowered: bytes, start: int) -> int:
        """As `bytes.find`, in bytes made lower-case, escapes included."""
        if b"\\u" not in lowered:
            expression = self._raw
        else:
            expression = self._escaped if lowered.isascii() else self._mixed
        found = expression.search(lowered, start)
        return -1 if found is None else found.start()


def _compiled(alternatives: list[list[bytes]]) -> re.Pattern[bytes]:
    return re.compile(b"".join(b"(?:%b)" % b"|".join(of_one) for of_one in alternatives))


def _raw(forms: tuple[str, ...]) -> list[bytes]:
    return [re.escape(form.encode("utf-8", "surrogatepass").lower()) for form in forms]


def _escaped(forms: tuple[str, ...]) -> list[bytes]:
    """`\\u00e9`; of a text within a text, as some services write bodies, `\\\\u00e9`."""
    return [re.escape(form.lower().encode()) if form.isascii() else _escape(form) for form in forms]


def _escape(form: str) -> bytes:
    units = form.encode("utf-16-be", "surrogatepass")
    pairs = zip(units[::2], units[1::2], strict=True)
    return b"".join(rb"\\+u%02x%02x" % pair for pair in pairs)
