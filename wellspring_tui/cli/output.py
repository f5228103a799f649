"""Data goes to stdout; everything that is said goes to stderr."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager, suppress
from typing import IO, TYPE_CHECKING

from wellspring_tui.errors import StorageError
from wellspring_tui.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator

PROGRAM = "wellspring"
COMPLETING = "_WELLSPRING_COMPLETE"
"""Set, as click has it, when a shell asks how a word may go on; there are no arguments then."""


class ReaderGoneError(Exception):
    """Whoever read stdout has had enough (`| head`)."""


@contextmanager
def stdout_bytes() -> Iterator[IO[bytes]]:
    """Stdout, to be filled with bytes; flushed at the end.

    Raises ReaderGoneError when its reader is gone, StorageError when it can't be written.
    """
    if sys.stdout is None:  # the shell closed it: `>&-`
        raise StorageError("stdout is closed")
    try:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        _drop_stdout()
        raise ReaderGoneError from None
    except OSError as error:
        _drop_stdout()
        raise StorageError(f"stdout can't be written ({error.strerror})") from None


def data(text: str) -> None:
    """Write `text`, a line or several, as data."""
    with stdout_bytes() as out:
        out.write(text.encode(sys.stdout.encoding, "replace") + b"\n")


def json_data(value: object) -> None:
    """Write `value` as JSON: indented, UTF-8 whatever the terminal speaks."""
    import msgspec

    with stdout_bytes() as out:
        out.write(msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n")


def say(text: str) -> None:
    """Tell the person something on stderr, in one line that a terminal breaks between words."""
    line = f"{PROGRAM}: {one_line(text)}"
    if on_terminal(sys.stderr):
        import textwrap
        from shutil import get_terminal_size

        line = textwrap.fill(
            line, get_terminal_size().columns, break_long_words=False, break_on_hyphens=False
        )
    # When even stderr is gone there is nobody left to tell.
    with suppress(OSError):
        print(line, file=sys.stderr, flush=True)


def on_terminal(stream: IO[str] | None) -> bool:
    """Whether a person looks at `stream`."""
    return stream is not None and stream.isatty()


def terminal_width() -> int | None:
    """How many cells wide a line of data may be; None where no person looks at it."""
    from shutil import get_terminal_size

    return get_terminal_size().columns if on_terminal(sys.stdout) else None


def _drop_stdout() -> None:
    """Let what is still buffered go nowhere, or Python would complain when it exits."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
