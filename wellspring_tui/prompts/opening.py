"""Opening a prompts file: what kind is it, and can it be read at all?

The first bytes decide, so that a film or a disk image is turned away at once,
however large it is.
"""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import msgspec

from wellspring_tui.errors import PromptsFileError
from wellspring_tui.prompts.model import FileKind
from wellspring_tui.prompts.requests_jsonl import RequestsFile
from wellspring_tui.prompts.rows import RowsFile
from wellspring_tui.prompts.sniffing import csv_table, is_request, json_table, keys_of
from wellspring_tui.prompts.visual import VisualPromptsFile
from wellspring_tui.text import one_line

if TYPE_CHECKING:
    from pathlib import Path

    from wellspring_tui.prompts.model import PromptsFile

_HEAD_BYTES = 64 * 1024
_BYTE_ORDER_MARKS = (
    (b"\xef\xbb\xbf", "starts with a UTF-8 byte order mark", "Save it as UTF-8 without BOM"),
    (b"\xff\xfe\x00\x00", "is UTF-32", "Save it as UTF-8"),
    (b"\x00\x00\xfe\xff", "is UTF-32", "Save it as UTF-8"),
    (b"\xff\xfe", "is UTF-16", "Save it as UTF-8"),
    (b"\xfe\xff", "is UTF-16", "Save it as UTF-8"),
)
_EXPECTED = "Expected a Wellspring prompts JSON or a JSONL file of batch requests."


def open_prompts(path: Path, *, with_template: bool = False) -> PromptsFile:
    """The prompts file at `path`, recognised by its content.

    What may be a table or something else is a table `with_template`. Raises PromptsFileError
    when it can't be read or is of no known kind.
    """
    head = _head(path)
    where = one_line(str(path))
    _refuse_other_encodings(head, where)
    text = head.lstrip()
    if not text:
        raise PromptsFileError("the file is empty", where=where, todo=_EXPECTED)
    whole = len(head) < _HEAD_BYTES
    if not text.startswith((b"{", b"[")):
        start_text = head.decode("utf-8", "ignore")
        if rows := csv_table(path, start_text, whole=whole, wanted=with_template):
            return RowsFile(rows)
        start = one_line(text[:40].decode("utf-8", "replace"), 24)
        raise PromptsFileError(
            f"this is not JSON: it starts with “{start}”", where=where, todo=_EXPECTED
        )
    if _is_output_line(text):
        raise PromptsFileError(
            "this is an output file of a batch: it holds answers, not prompts",
            where=where,
            todo=f"`wellspring import {one_line(path.name)}` reads it as a job.",
        )
    if _is_request_line(text, whole=whole):
        return RequestsFile(path)
    if objects := json_table(path, text, whole=whole, wanted=with_template):
        return RowsFile(objects)
    if text.startswith(b"["):
        raise PromptsFileError(
            "the file holds a JSON list, which is no prompts file", where=where, todo=_EXPECTED
        )
    return VisualPromptsFile(path)


def looks_like_prompts(path: Path) -> bool:
    """Whether a look at the start of a file finds prompts in it, for a list of files."""
    try:
        head = _head(path)
        kind = open_prompts(path).kind
    except PromptsFileError:
        return False
    cut = len(head) == _HEAD_BYTES
    return kind in (FileKind.REQUESTS, FileKind.ROWS) or cut or b'"batch_prompts"' in head


def _head(path: Path) -> bytes:
    where = one_line(str(path))
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise PromptsFileError(
                "this is a folder", where=where, todo="Name a prompts file in it."
            )
        if not stat.S_ISREG(mode):
            raise PromptsFileError("this is not an ordinary file", where=where, todo=_EXPECTED)
        with path.open("rb") as file:
            return file.read(_HEAD_BYTES)
    except FileNotFoundError:
        raise PromptsFileError(
            "there is no such file", where=where, todo="Check the path."
        ) from None
    except PermissionError:
        raise PromptsFileError(
            "you have no permission to read it", where=where, todo="Check the file's mode."
        ) from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise PromptsFileError(
            f"it can't be read ({reason})", where=where, todo="Check the path."
        ) from None


def _refuse_other_encodings(head: bytes, where: str) -> None:
    for mark, what, todo in _BYTE_ORDER_MARKS:
        if head.startswith(mark):
            raise PromptsFileError(f"the file {what}", where=where, todo=f"{todo} and try again.")
    if b"\x00" in head[:4]:  # JSON's first two characters are ASCII, so this is UTF-16 or UTF-32
        raise PromptsFileError(
            "the file is not UTF-8 text", where=where, todo="Save it as UTF-8 and try again."
        )
    if b"\x00" in head:
        raise PromptsFileError("this is a binary file, not JSON", where=where, todo=_EXPECTED)


class _Result(msgspec.Struct):
    custom_id: object
    response: object
    error: object = msgspec.UNSET
    method: object = None


def _is_output_line(text: bytes) -> bool:
    """Whether the first line is one of an output or error file of a batch.

    A table may have a column `response` of its own: there it is text.
    """
    try:
        result = msgspec.json.decode(text.partition(b"\n")[0], type=_Result)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    failed = result.response is None and result.error is not msgspec.UNSET
    return result.method is None and (isinstance(result.response, dict) or failed)


def _is_request_line(text: bytes, *, whole: bool) -> bool:
    """Whether the first line looks like a batch request; one cut by the head is judged by keys."""
    line, line_break, _ = text.partition(b"\n")
    if not line_break and not whole:
        return b'"custom_id"' in line and b'"body"' in line
    if keys_of(line) is None:
        # A broken first line: the keys tell what it was meant to be.
        return b'"custom_id"' in line
    return is_request(line)
