"""Opening a prompts file: what kind is it, and can it be read at all?

The first bytes decide, so that a film or a disk image is turned away at once,
however large it is.
"""

from __future__ import annotations

import io
import stat
from typing import IO, TYPE_CHECKING

import msgspec

from wellspring_tui.errors import PromptsFileError
from wellspring_tui.prompts.encodings import open_utf8
from wellspring_tui.prompts.plain import PlainPromptsFile, begins_with_prompt, holds_mapping
from wellspring_tui.prompts.requests_jsonl import RequestsFile
from wellspring_tui.prompts.rows import RowsFile
from wellspring_tui.prompts.sniffing import csv_table, is_request, json_table, keys_of
from wellspring_tui.prompts.visual import VisualPromptsFile
from wellspring_tui.text import one_line

if TYPE_CHECKING:
    from pathlib import Path

    from wellspring_tui.prompts.images import ImageOpener
    from wellspring_tui.prompts.model import PromptsFile

_HEAD_BYTES = 64 * 1024
_EXPECTED = "Expected prompts in JSON, or a JSONL file of batch requests."


def open_prompts(
    path: Path, open_image: ImageOpener | None = None, *, with_template: bool = False
) -> PromptsFile:
    """The prompts file at `path`, recognised by its content.

    `open_image` opens the images that its prompts name; by default it does so wherever this
    user may read, their paths taken from the file's folder. What may be a table or something
    else is a table `with_template`. Raises PromptsFileError when the file can't be read or is
    of no known kind.
    """
    head = _head(path)
    with open_utf8(path) as file:
        return _recognised(path, head, file, open_image, with_template=with_template)


def _recognised(
    path: Path,
    head: bytes,
    file: IO[bytes],
    open_image: ImageOpener | None = None,
    *,
    with_template: bool = False,
) -> PromptsFile:
    where = one_line(str(path))
    text = head.lstrip()
    if not text:
        raise PromptsFileError("the file is empty", where=where, todo=_EXPECTED)
    whole = len(head) < _HEAD_BYTES
    if not text.startswith((b"{", b"[")):
        start_text = head.decode("utf-8", "ignore")
        if rows := csv_table(path, start_text, whole=whole, wanted=with_template):
            return RowsFile(rows, open_image)
        start = one_line(text[:40].decode("utf-8", "replace"), 24)
        raise PromptsFileError(
            f"this is not JSON: it starts with “{start}”", where=where, todo=_EXPECTED
        )
    if text.startswith(b"["):
        return PlainPromptsFile(path, is_list=True, open_image=open_image)
    if _is_output_line(text):
        raise PromptsFileError(
            "this is an output file of a batch: it holds answers, not prompts",
            where=where,
            todo=f"`wellspring import {one_line(path.name)}` reads it as a job.",
        )
    if _is_request_line(text, whole=whole):
        return RequestsFile(path)
    if objects := json_table(path, text, whole=whole, wanted=with_template):
        return RowsFile(objects, open_image)
    if holds_mapping(file):
        return PlainPromptsFile(path, is_list=False)
    return VisualPromptsFile(path)


def looks_like_prompts(path: Path) -> bool:
    """Whether a look at the start of a file finds prompts in it, for a list of files."""
    try:
        head = _head(path)
        found = _recognised(path, head, io.BytesIO(head))
    except PromptsFileError:
        return False
    is_cut = len(head) == _HEAD_BYTES
    match found:
        case PlainPromptsFile():
            return begins_with_prompt(io.BytesIO(head), is_list=found.is_list, is_cut=is_cut)
        case VisualPromptsFile():
            return is_cut or b'"batch_prompts"' in head
    return True


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
        with open_utf8(path) as file:
            head = file.read(_HEAD_BYTES)
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
    _refuse_binary(head, where)
    return head


def _refuse_binary(head: bytes, where: str) -> None:
    if b"\x00" in head[:4]:  # JSON's first two characters are ASCII, so this is UTF-32
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
