"""`/v1/files`: upload, list, look up, delete, download."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING

import msgspec
from starlette.responses import FileResponse

from wellspring_tui.local import params, wire
from wellspring_tui.local.disk import sync_folder
from wellspring_tui.local.store import StoredFile
from wellspring_tui.local.uploads import Upload, receive
from wellspring_tui.local.wire import ApiError, no_such_file

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.requests import Request

    from wellspring_tui.local.settings import Settings
    from wellspring_tui.local.store import Store

PURPOSES = ("assistants", "batch", "fine-tune", "vision", "user_data", "evals")
BATCH_LIFE_SECONDS = 2_592_000
"""OpenAI deletes batch files after 30 days unless told otherwise."""
MAX_PAGE = 10_000
PART_SUFFIX = ".part"
_BOM = b"\xef\xbb\xbf"


class Files:
    """The files' side of the service."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self._folder = settings.files
        self._scenario_of = settings.scenario_of
        self._store = store
        self._refused: Counter[str] = Counter()
        """How often a file's content was not given out."""

    async def create(self, request: Request) -> wire.JsonObject:
        """Take an upload. It is seen by others only when all of it is on disk."""
        file_id = wire.new_file_id()
        part = self._folder / f"{file_id}{PART_SUFFIX}"
        try:
            upload = await receive(request, part)
            file = await asyncio.to_thread(self._accept, file_id, upload, part)
        finally:
            part.unlink(missing_ok=True)
        return wire.file_object(file)

    def _accept(self, file_id: str, upload: Upload, part: Path) -> StoredFile:
        fields: wire.JsonObject = dict(upload.fields)
        purpose = params.choice(fields, "purpose", PURPOSES)
        life = params.life_seconds(_policy(upload.fields), "expires_after")
        if upload.filename is None:
            raise wire.missing_parameter("file")
        if purpose == "batch":
            _check_batch_file(upload, part)
            life = life or BATCH_LIFE_SECONDS
        now = wire.now()
        file = StoredFile(
            id=file_id,
            bytes=upload.bytes,
            created_at=now,
            expires_at=now + life if life else None,
            filename=upload.filename,
            purpose=purpose,
        )
        part.replace(self._folder / file_id)
        sync_folder(self._folder)
        self._store.add_file(file)
        return file

    async def page(self, request: Request) -> wire.JsonObject:
        query = request.query_params
        limit = params.limit(query, default=MAX_PAGE, maximum=MAX_PAGE)
        order = params.choice({"order": query.get("order", "desc")}, "order", ("asc", "desc"))
        after = query.get("after")
        place = self._store.file_place(after) if after else None
        if after and place is None:
            raise no_such_file(after)
        found = self._store.files(
            after=place,
            limit=limit + 1,
            newest_first=order == "desc",
            purpose=query.get("purpose"),
            now=wire.now(),
        )
        objects = [wire.file_object(file) for file in found[:limit]]
        return wire.page(objects, has_more=len(found) > limit)

    async def retrieve(self, request: Request) -> wire.JsonObject:
        return wire.file_object(self._file(request))

    async def delete(self, request: Request) -> wire.JsonObject:
        file = self._file(request)
        self._store.delete_file(file.id)
        await asyncio.to_thread((self._folder / file.id).unlink, missing_ok=True)
        return {"id": file.id, "object": "file", "deleted": True}

    def content(self, request: Request) -> FileResponse:
        file = self._file(request)
        self._check_download(file)
        path = self._folder / file.id
        try:
            stat = path.stat()
        except FileNotFoundError:
            raise no_such_file(file.id) from None
        return FileResponse(
            path,
            media_type="application/octet-stream",
            filename=file.filename,
            stat_result=stat,
        )

    def _check_download(self, file: StoredFile) -> None:
        batch = self._store.batch_of_result(file.id) if file.purpose == wire.RESULT else None
        if batch is None:
            return
        if self._refused[file.id] < self._scenario_of(batch.metadata).refused_downloads:
            self._refused[file.id] += 1
            raise ApiError(502, "Bad gateway, as the scenario says.", kind="server_error")

    def remove_expired(self) -> None:
        """Free the disk of files that have reached their end."""
        for file_id in self._store.expired_files(now=wire.now()):
            self._store.delete_file(file_id)
            (self._folder / file_id).unlink(missing_ok=True)

    def remove_leftovers(self) -> None:
        """Remove what an interrupted upload left. Only before the service listens."""
        kept = self._store.kept_files()
        for path in self._folder.iterdir():
            if path.name not in kept:
                path.unlink()

    def _file(self, request: Request) -> StoredFile:
        file_id = request.path_params["file_id"]
        file = self._store.file(file_id, now=wire.now())
        if file is None:
            raise no_such_file(file_id)
        return file


def _policy(fields: dict[str, str]) -> wire.JsonObject | None:
    """The form's `expires_after[anchor]` and `expires_after[seconds]` as one policy."""
    anchor, seconds = fields.get("expires_after[anchor]"), fields.get("expires_after[seconds]")
    if anchor is None and seconds is None:
        return None
    whole = seconds is not None and seconds.isascii() and seconds.isdigit()
    return {"anchor": anchor, "seconds": int(seconds or 0) if whole else seconds}


def _check_batch_file(upload: Upload, path: Path) -> None:
    """Refuse what can't be a batch input file at all; its lines are checked by the batch.

    A byte order mark passes here and fails there, as it does on OpenAI's service.
    """
    name = (upload.filename or "").lower()
    if not name.endswith(".jsonl") or not upload.bytes or not _starts_with_json(path):
        raise ApiError(400, "Invalid file format for Batch API. Must be .jsonl")


def _starts_with_json(path: Path) -> bool:
    with path.open("rb") as file:
        first = file.readline().removeprefix(_BOM)
    try:
        msgspec.json.decode(first, type=msgspec.Raw)
    except (ValueError, RecursionError):
        return False
    return True
