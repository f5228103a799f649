"""A file upload, written to disk while it arrives.

The form's file goes straight to its place beside the finished files, so that 200 MB
take no memory and "moving it into place" is a rename.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING

from python_multipart import MultipartParser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header

from wellspring_tui.local.disk import write_all
from wellspring_tui.local.wire import ApiError

if TYPE_CHECKING:
    from pathlib import Path

    from python_multipart.multipart import MultipartCallbacks
    from starlette.requests import Request

MAX_BYTES = 512 * 1024 * 1024
"""OpenAI's limit for one uploaded file, whatever its purpose."""
_MAX_FIELD_BYTES = 64 * 1024
_WRITE_BYTES = 1024 * 1024


@dataclass(slots=True)
class Upload:
    """What a form brought: its fields, and the file's name and size once one was there."""

    fields: dict[str, str] = field(default_factory=dict)
    filename: str | None = None
    bytes: int = 0


async def receive(request: Request, path: Path) -> Upload:
    """Read a multipart form; its part `file` is written to `path`, which stays when this raises."""
    kind, options = parse_options_header(request.headers.get("content-type"))
    boundary = options.get(b"boundary")
    if kind != b"multipart/form-data" or not boundary:
        raise ApiError(400, "The request must be sent as multipart/form-data.")
    with path.open("wb", buffering=0) as file:
        form = _Form(boundary, file)
        try:
            async for chunk in request.stream():
                form.feed(chunk)
                if form.pending_bytes >= _WRITE_BYTES:
                    await asyncio.to_thread(form.write)
            form.finish()
        except FormParserError as error:
            raise ApiError(400, f"The form can't be read: {error}") from None
        await asyncio.to_thread(form.write)
    return form.upload


class _Form:
    """Takes the bytes of a form and sorts them into fields and the file."""

    def __init__(self, boundary: bytes, file: IO[bytes]) -> None:
        self.upload = Upload()
        self.pending_bytes = 0
        self._file = file
        self._pending: list[bytes] = []
        self._header = bytearray()
        self._header_value = bytearray()
        self._disposition = b""
        self._name = ""
        self._is_file = False
        self._value = bytearray()
        self._ended = False
        callbacks: MultipartCallbacks = {
            "on_part_begin": self._part_begins,
            "on_header_field": self._header_name_comes,
            "on_header_value": self._header_value_comes,
            "on_header_end": self._header_ends,
            "on_headers_finished": self._headers_end,
            "on_part_data": self._data_comes,
            "on_part_end": self._part_ends,
            "on_end": self._form_ends,
        }
        self._parser = MultipartParser(boundary, callbacks)

    def feed(self, chunk: bytes) -> None:
        self._parser.write(chunk)

    def finish(self) -> None:
        self._parser.finalize()
        if not self._ended:
            raise FormParserError("it ends before its last boundary")

    def write(self) -> None:
        """Put what came of the file so far on disk."""
        write_all(self._file, self._pending)
        self._pending.clear()
        self.pending_bytes = 0

    def _part_begins(self) -> None:
        self._disposition = b""
        self._name = ""
        self._is_file = False
        self._value.clear()

    def _header_name_comes(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _header_value_comes(self, data: bytes, start: int, end: int) -> None:
        self._header_value += data[start:end]

    def _header_ends(self) -> None:
        if self._header.lower() == b"content-disposition":
            self._disposition = bytes(self._header_value)
        self._header.clear()
        self._header_value.clear()

    def _headers_end(self) -> None:
        _, options = parse_options_header(self._disposition)
        self._name = options.get(b"name", b"").decode("utf-8", "replace")
        self._is_file = self._name == "file" and b"filename" in options
        if self._is_file:
            self.upload.filename = options[b"filename"].decode("utf-8", "replace")

    def _data_comes(self, data: bytes, start: int, end: int) -> None:
        piece = data[start:end]
        if self._is_file:
            self._pending.append(piece)
            self.pending_bytes += len(piece)
            self.upload.bytes += len(piece)
            if self.upload.bytes > MAX_BYTES:
                raise ApiError(413, f"The file is larger than the {MAX_BYTES} bytes a file may be.")
            return
        self._value += piece
        if len(self._value) > _MAX_FIELD_BYTES:
            raise ApiError(413, f"The form's field '{self._name}' is too long.")

    def _part_ends(self) -> None:
        if not self._is_file:
            self.upload.fields[self._name] = self._value.decode("utf-8", "replace")

    def _form_ends(self) -> None:
        self._ended = True
