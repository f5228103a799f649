"""The Batch API as other services speak it, in front of a real one.

Each dialect stands between a client and the built-in service and has the ways that are told
of its service in documentation and recordings; what that service would refuse, it refuses.
"""

from __future__ import annotations

import base64
import json
from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeAlias

from tests.support.scripted import Asked, Reply, forward, json_reply, refusal

if TYPE_CHECKING:
    from collections.abc import Callable

Raw: TypeAlias = "dict[str, Any]"

_KEY = "Bearer sk-dialect-0123456789"


class Dialect:
    """Passes everything on to `upstream`, and has it its own way."""

    prefix = "/v1"
    """Of its own addresses."""
    windows: tuple[str, ...] = ("24h",)
    purpose = "batch"
    upload_path = "/files"

    def __init__(self, upstream: str) -> None:
        self.upstream = upstream
        self.created: list[Raw] = []
        """What the creations of batches asked for."""
        self.scenario: str | None = None
        """What goes wrong with the batches."""

    def __call__(self, asked: Asked) -> Reply:
        path = asked.target.partition("?")[0].removeprefix(self.prefix)
        if asked.headers.get("authorization") != _KEY:
            return self.refuses_key()
        match asked.method, path.strip("/").split("/"):
            case "POST", ["files", *_]:
                return self._takes_file(asked, path)
            case "GET", ["files"]:
                return self.lists_files(self._asks(asked, asked.target))
            case "GET", ["files", file_id]:
                return self._one(self._asks(asked, f"/files/{self.own(file_id)}"), self.file)
            case "GET", ["files", file_id, "content"]:
                answer = self._asks(asked, f"/files/{self.own(file_id)}/content")
                return Reply(answer.status, self.content(answer.body), answer.headers)
            case "POST", ["batches"]:
                return self._creates(asked)
            case "GET", ["batches"]:
                return self.lists_batches(self._asks(asked, asked.target))
            case _, ["batches", batch_id, *rest]:
                target = "/".join(["/batches", self.own(batch_id), *rest])
                return self._one(self._asks(asked, target), self.batch)
        return refusal(404, f"{asked.method} {path} is not here")

    # -- what a dialect has otherwise -----------------------------------------------

    def refuses_key(self) -> Reply:
        """The answer to whoever has no key."""
        return refusal(401, "Incorrect API key provided.", "invalid_api_key")

    def own(self, shown_id: str) -> str:
        """The real id behind one that this service shows."""
        return shown_id

    def upload(self, body: bytes) -> bytes:
        """An upload's form, as the service behind understands it."""
        return body

    def file(self, raw: Raw) -> Raw:
        """A file object."""
        return raw

    def new_file(self, raw: Raw) -> Raw:
        """The answer to an upload."""
        return raw

    def batch(self, raw: Raw) -> Raw:
        """A batch object."""
        return raw

    def new_batch(self, raw: Raw) -> Raw:
        """The answer to a creation."""
        return raw

    def listed_batch(self, raw: Raw) -> Raw:
        """A batch object in a list."""
        return self.batch(raw)

    def refuses(self, asked: Raw) -> Reply | None:
        """Why no batch is created of what was asked for."""
        if asked["completion_window"] in self.windows:
            return None
        return refusal(400, f"completion_window must be one of {self.windows}")

    def content(self, body: bytes) -> bytes:
        """A result file."""
        return body

    def lists_files(self, answer: Reply) -> Reply:
        """A page of files."""
        page = json.loads(answer.body)
        return json_reply(page | {"data": [self.file(raw) for raw in page["data"]]})

    def lists_batches(self, answer: Reply) -> Reply:
        """A page of batches."""
        page = json.loads(answer.body)
        return json_reply(page | {"data": [self.listed_batch(raw) for raw in page["data"]]})

    # -- the rest --------------------------------------------------------------------

    def _asks(self, asked: Asked, target: str, body: bytes | None = None) -> Reply:
        path = target.removeprefix(self.prefix).replace(f"purpose={self.purpose}", "purpose=batch")
        sent = asked.body if body is None else body
        return forward(Asked(asked.method, f"/v1{path}", asked.headers, sent), self.upstream)

    def _one(self, answer: Reply, shown: Callable[[Raw], Raw]) -> Reply:
        if answer.status != 200:
            return answer
        return json_reply(shown(json.loads(answer.body)))

    def _takes_file(self, asked: Asked, path: str) -> Reply:
        form = asked.body
        if path != self.upload_path or f'"purpose"\r\n\r\n{self.purpose}\r\n'.encode() not in form:
            return refusal(400, f"upload to {self.upload_path} for {self.purpose}")
        form = form.replace(f"\r\n\r\n{self.purpose}\r\n".encode(), b"\r\n\r\nbatch\r\n", 1)
        return self._one(self._asks(asked, "/files", self.upload(form)), self.new_file)

    def _creates(self, asked: Asked) -> Reply:
        wanted = json.loads(asked.body)
        self.created.append(wanted)
        if refused := self.refuses(wanted):
            return refused
        sent = wanted | {
            "completion_window": "24h",
            "input_file_id": self.own(wanted["input_file_id"]),
            "endpoint": self.endpoint(wanted["endpoint"]),
        }
        if self.scenario is not None:
            sent["metadata"] = wanted["metadata"] | {"scenario": self.scenario}
        answer = self._asks(asked, "/batches", json.dumps(sent).encode())
        return self._one(answer, lambda raw: self.new_batch(self.batch(raw)))

    def endpoint(self, shown: str) -> str:
        """The endpoint that the service behind has for one of this service's."""
        return shown


class Azure(Dialect):
    """Files are pending for a while, ids that are not there are empty, errors have no type."""

    prefix = "/openai/v1"

    def __init__(self, upstream: str) -> None:
        super().__init__(upstream)
        self.asked_for: Counter[str] = Counter()
        """How often somebody looked at a file."""

    def refuses_key(self) -> Reply:
        said = "Access denied due to invalid subscription key or wrong API endpoint."
        return json_reply({"error": {"code": "401", "message": said}}, 401)

    def upload(self, body: bytes) -> bytes:
        return body.replace(b'"/chat/completions"', b'"/v1/chat/completions"')

    def endpoint(self, shown: str) -> str:
        return shown if shown.startswith("/v1/") else f"/v1{shown}"

    def new_file(self, raw: Raw) -> Raw:
        return raw | {"status": "pending"}

    def file(self, raw: Raw) -> Raw:
        self.asked_for[raw["id"]] += 1
        return raw | {"status": "processed" if self._is_processed(raw["id"]) else "pending"}

    def _is_processed(self, file_id: str) -> bool:
        return self.asked_for[file_id] > 2

    def refuses(self, asked: Raw) -> Reply | None:
        file_id = asked["input_file_id"]
        if self._is_processed(file_id):
            return super().refuses(asked)
        said = (
            f"The input file '{file_id}' is in 'pending' state. Only files with status "
            "'Processed' are accepted for batch inferencing."
        )
        return json_reply({"error": {"code": "BadRequest", "message": said}}, 400)

    def batch(self, raw: Raw) -> Raw:
        empty = {name: raw[name] or "" for name in ("output_file_id", "error_file_id")}
        for error in (raw["errors"] or {"data": []})["data"]:
            if error["code"] == "token_limit_exceeded":
                error["message"] = (
                    "The number of enqueued tokens has surpassed the configured limit of 30K "
                    "for the deployment gpt-4o-mini."
                )
        blobs = {"input_blob": "https://x.blob.example/in.jsonl", "output_blob": None}
        return raw | empty | blobs


class Groq(Dialect):
    """Windows up to a week; it tells neither model nor usage."""

    prefix = "/openai/v1"
    windows = ("24h", "48h", "3d", "7d")

    def batch(self, raw: Raw) -> Raw:
        return {name: value for name, value in raw.items() if name not in ("model", "usage")}

    def refuses(self, asked: Raw) -> Reply | None:
        if asked["endpoint"] != "/v1/chat/completions":
            return refusal(400, "Only /v1/chat/completions is supported.")
        return super().refuses(asked)


class Together(Dialect):
    """Capitals, ISO times, a percentage; lists without a page; no metadata."""

    purpose = "batch-api"
    upload_path = "/files/upload"

    def upload(self, body: bytes) -> bytes:
        assert b'name="file_name"' in body
        return body

    def batch(self, raw: Raw) -> Raw:
        counts = raw["request_counts"]
        shown = {
            "id": raw["id"],
            "input_file_id": raw["input_file_id"],
            "status": raw["status"].upper(),
            "created_at": _iso(raw["created_at"]),
            "job_deadline": _iso(raw["expires_at"]),
            "endpoint": raw["endpoint"],
            "progress": 100.0 * counts["completed"] / max(1, counts["total"]),
            "model_id": raw["model"],
        }
        for name in ("output_file_id", "error_file_id"):
            if raw[name]:
                shown[name] = raw[name]
        if raw["errors"]:
            shown["error"] = "; ".join(error["message"] for error in raw["errors"]["data"])
        return shown

    def new_batch(self, raw: Raw) -> Raw:
        return {"job": raw, "warning": ""}

    def lists_batches(self, answer: Reply) -> Reply:
        return json_reply([self.batch(raw) for raw in json.loads(answer.body)["data"]])


class DashScope(Dialect):
    """Its own ids of files, windows of two weeks, and a model to try it with."""

    prefix = "/compatible-mode/v1"
    windows = ("24h", "336h")

    def own(self, shown_id: str) -> str:
        return shown_id.replace("file-batch-", "file-")

    def file(self, raw: Raw) -> Raw:
        return raw | {"id": raw["id"].replace("file-", "file-batch-"), "status": "uploaded"}

    new_file = file

    def upload(self, body: bytes) -> bytes:
        chat = body.replace(b"/v1/chat/ds-test", b"/v1/chat/completions")
        return chat.replace(b"batch-test-model", b"gpt-4o-mini")

    def endpoint(self, shown: str) -> str:
        return shown.replace("ds-test", "completions")

    def batch(self, raw: Raw) -> Raw:
        shown = {
            name: value and value.replace("file-", "file-batch-")
            for name, value in raw.items()
            if name.endswith("_file_id")
        }
        return raw | shown


class SiliconFlow(Dialect):
    """An upload's answer is wrapped, the model is named twice, nobody counts."""

    windows = ("24h", "336h")

    def new_file(self, raw: Raw) -> Raw:
        return {"code": 20000, "message": "Ok", "status": True, "data": raw}

    def refuses(self, asked: Raw) -> Reply | None:
        if not asked.get("replace", {}).get("model"):
            return refusal(400, "replace.model is required")
        return super().refuses(asked)

    def batch(self, raw: Raw) -> Raw:
        waits = raw["status"] == "validating"
        return raw | {
            "status": "in_queue" if waits else raw["status"],
            "request_counts": None,
        }


class LiteLlm(Dialect):
    """Very long ids, other ones in a list, and fields of its own."""

    def own(self, shown_id: str) -> str:
        if shown_id.startswith(("batch_", "file-")):
            return shown_id
        padded = shown_id + "=" * (-len(shown_id) % 4)
        return base64.urlsafe_b64decode(padded).decode().rpartition(";")[2]

    def file(self, raw: Raw) -> Raw:
        return raw | {"id": _long(raw["id"])}

    new_file = file

    def batch(self, raw: Raw) -> Raw:
        ids = {name: raw[name] and _long(raw[name]) for name in raw if name.endswith("_file_id")}
        return raw | ids | {"id": _long(raw["id"]), "_hidden_params": {"model_id": "m"}}

    def listed_batch(self, raw: Raw) -> Raw:
        return raw | {"_hidden_params": {}}


class Ogx(Dialect):
    """Bodies of answers are text, and it tells neither an end nor sizes."""

    def batch(self, raw: Raw) -> Raw:
        kept = {name: value for name, value in raw.items() if name not in ("usage", "expires_at")}
        return kept | {"metadata": raw["metadata"] or {}}

    def file(self, raw: Raw) -> Raw:
        return {name: value for name, value in raw.items() if name != "bytes"}

    def content(self, body: bytes) -> bytes:
        lines = [json.loads(line) for line in body.split(b"\n") if line]
        for line in lines:
            if line["response"]:
                line["response"]["body"] = json.dumps(line["response"]["body"])
        return b"".join(json.dumps(line).encode() + b"\n" for line in lines)


def _iso(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")


def _long(own_id: str) -> str:
    told = f"litellm_proxy:application/octet-stream;unified_id,{'0' * 60};{own_id}"
    return base64.urlsafe_b64encode(told.encode()).decode().rstrip("=")
