"""A Batch API in memory whose clock is the test's: nothing moves unless `advance` says so."""

from __future__ import annotations

import json
from email import message_from_bytes, policy
from itertools import count
from typing import TYPE_CHECKING, Any, TypeAlias

from tests.support.files import answer, encoded
from tests.support.scripted import Asked, Reply, json_reply, refusal

if TYPE_CHECKING:
    from collections.abc import Iterable

Raw: TypeAlias = "dict[str, Any]"

_NEXT = {"validating": "in_progress", "in_progress": "finalizing"}
_ENDED = frozenset({"completed", "failed", "cancelled"})
_BEGAN = 4_000_000_000
"""Seconds since 1970, later than anything a test does."""


class SmallService:
    """Call it with what was asked; look at its `batches`."""

    def __init__(self) -> None:
        self.batches: list[Raw] = []
        """Newest first, as they are listed."""
        self._files: dict[str, tuple[str, bytes]] = {}
        self._numbers = count(1)

    def __call__(self, asked: Asked) -> Reply | None:
        match asked.method, asked.path.strip("/").split("/"):
            case "POST", ["files"]:
                return json_reply(self._file(self._add(*_uploaded(asked))))
            case "GET", ["files"]:
                newest_first = [self._file(file_id) for file_id in reversed(self._files)]
                return json_reply({"object": "list", "data": newest_first, "has_more": False})
            case _, ["files", file_id, *_] if file_id not in self._files:
                return refusal(404, f"No such File object: {file_id}")
            case "DELETE", ["files", file_id]:
                del self._files[file_id]
                return json_reply({"id": file_id, "object": "file", "deleted": True})
            case "GET", ["files", file_id]:
                return json_reply(self._file(file_id))
            case "GET", ["files", file_id, "content"]:
                return Reply(200, self._files[file_id][1])
            case "POST", ["batches"]:
                return json_reply(self._create(json.loads(asked.body)))
            case "GET", ["batches"]:
                return json_reply({"object": "list", "data": self.batches, "has_more": False})
            case "GET", ["batches", batch_id]:
                return json_reply(self._batch(batch_id))
            case "POST", ["batches", batch_id, "cancel"]:
                return self._cancel(self._batch(batch_id))
        return refusal(404, f"Invalid URL ({asked.method} {asked.path})")

    def advance(self) -> None:
        """Every batch comes to its next status."""
        for batch in self.batches:
            if batch["status"] == "validating" and batch["input_file_id"] not in self._files:
                self._fail(batch)
            elif batch["status"] == "cancelling":
                self._end(batch, "cancelled", answered=1)
            elif batch["status"] == "finalizing":
                self._end(batch, "completed", answered=batch["request_counts"]["total"])
            elif batch["status"] in _NEXT:
                self._come_to(batch, _NEXT[batch["status"]])

    def _come_to(self, batch: Raw, status: str) -> None:
        batch["status"] = status
        batch[f"{status}_at"] = _BEGAN + next(self._numbers)
        if status == "in_progress":
            total = len(self._custom_ids(batch))
            batch["request_counts"] = {"total": total, "completed": 0, "failed": 0}

    def _fail(self, batch: Raw) -> None:
        missing = batch["input_file_id"]
        said = f"Cannot find file {missing}, or organization org-1 does not have access to it."
        error = {"code": "invalid_request", "line": None, "message": said, "param": "file_id"}
        batch["errors"] = {"object": "list", "data": [error]}
        self._come_to(batch, "failed")

    def _end(self, batch: Raw, status: str, answered: int) -> None:
        own_ids = self._custom_ids(batch) if batch["request_counts"] else []
        said = {"code": "batch_cancelled", "message": "It was not executed."}
        rest = [
            {"id": own_id, "custom_id": own_id, "response": None, "error": said}
            for own_id in own_ids[answered:]
        ]
        lines = {"output": [answer(own_id) for own_id in own_ids[:answered]], "error": rest}
        for kind, found in lines.items():
            if found:
                batch[f"{kind}_file_id"] = self._add(f"{kind}.jsonl", encoded(*found))
        if batch["request_counts"]:
            batch["request_counts"]["completed"] = len(lines["output"])
        self._come_to(batch, status)

    def _cancel(self, batch: Raw) -> Reply:
        if batch["status"] in _ENDED:
            return refusal(409, f"Cannot cancel a batch with status '{batch['status']}'.")
        self._come_to(batch, "cancelling")
        return json_reply(batch)

    def _create(self, asked: Raw) -> Raw:
        number = next(self._numbers)
        batch = {
            "id": f"batch_{number}",
            "object": "batch",
            "status": "validating",
            "created_at": _BEGAN + number,
            "expires_at": _BEGAN + number + 86_400,
            "request_counts": None,
            "errors": None,
            "output_file_id": None,
            "error_file_id": None,
            **asked,
        }
        self.batches.insert(0, batch)
        return batch

    def _batch(self, batch_id: str) -> Raw:
        return next(batch for batch in self.batches if batch["id"] == batch_id)

    def _custom_ids(self, batch: Raw) -> list[str]:
        lines: Iterable[bytes] = self._files[batch["input_file_id"]][1].split(b"\n")
        return [json.loads(line)["custom_id"] for line in lines if line]

    def _add(self, name: str, content: bytes) -> str:
        file_id = f"file-{next(self._numbers)}"
        self._files[file_id] = name, content
        return file_id

    def _file(self, file_id: str) -> Raw:
        name, content = self._files[file_id]
        return {"id": file_id, "object": "file", "filename": name, "bytes": len(content)}


def _uploaded(asked: Asked) -> tuple[str, bytes]:
    """The name and content of the file in an upload's form."""
    head = f"content-type: {asked.headers['content-type']}\r\n\r\n".encode()
    form = message_from_bytes(head + asked.body, policy=policy.HTTP)
    for part in form.iter_parts():
        name = part.get_filename()
        if name:
            content = part.get_payload(decode=True)
            assert isinstance(content, bytes)
            return name, content
    raise AssertionError("an upload without a file")
