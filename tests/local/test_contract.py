"""Every answer of every verb, in every state of a batch, fits OpenAI's published schemas."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.local.conftest import SCHEMAS, jsonl, request_line
from wellspring_tui.local.wire import ENDPOINTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import httpx2
    from openai.types import Batch

    from tests.local.conftest import LocalService

BATCH_KEYS = {
    *("id", "object", "endpoint", "model", "errors", "input_file_id", "completion_window"),
    *("status", "output_file_id", "error_file_id", "created_at", "in_progress_at", "expires_at"),
    *("finalizing_at", "completed_at", "failed_at", "expired_at", "cancelling_at", "cancelled_at"),
    *("request_counts", "usage", "metadata"),
}
FILE_KEYS = {
    *("id", "object", "bytes", "created_at", "expires_at", "filename", "purpose", "status"),
    "status_details",
}

STATES = {
    "validating": "stall:3600:validating",
    "in_progress": "stall:3600,fail:1:500",
    "finalizing": "stall:3600:finalizing,fail:1:500",
    "completed": "fail:1:500",
    "failed": "lose:input",
    "expired": "expire",
    "cancelling": "stall:30:cancelling,stall:3600",
    "cancelled": "stall:3600,fail:1:500",
}
"""How a batch gets into each state, and stays there long enough to be looked at."""


class Client:
    """Asks, and holds each answer against the schema of what was asked for."""

    def __init__(self, service: LocalService, matches: Callable[[str, object], None]) -> None:
        self._service = service
        self._matches = matches

    def __call__(self, method: str, path: str, **parts: Any) -> Any:
        answer = self._service.http.request(method, self._service.base_url + path, **parts)
        assert answer.headers["x-request-id"].startswith("req_")
        if path.endswith("/content") and answer.status_code == 200:
            assert answer.headers["content-type"] == "application/octet-stream"
            return answer.content
        assert answer.headers["content-type"] == "application/json"
        body = answer.json()
        self._matches(_schema(method, path, answer), body)
        for thing in body.get("data") or [body]:
            keys = {"batch": BATCH_KEYS, "file": FILE_KEYS}.get(thing.get("object", ""))
            if keys is not None and "deleted" not in thing:
                assert set(thing) == keys
        return body


def _schema(method: str, path: str, answer: httpx2.Response) -> str:
    if answer.status_code != 200:
        return "ErrorResponse"
    whole = path.partition("?")[0].strip("/").split("/")
    match method, whole:
        case "GET", ["batches"]:
            return "ListBatchesResponse.wire"
        case "GET", ["files"]:
            return "ListFilesResponse.wire"
        case "DELETE", ["files", _]:
            return "DeleteFileResponse"
        case _, ["batches", *_]:
            return "Batch.wire"
    return "OpenAIFile.wire"


@pytest.fixture
def ask(shared_service: LocalService, matches: Callable[[str, object], None]) -> Client:
    return Client(shared_service, matches)


@pytest.fixture
def in_state(shared_service: LocalService) -> Iterator[Callable[[str], Batch]]:
    """Bring a batch into a state; what has not ended is cancelled afterwards."""
    batches: list[Batch] = []

    def bring(state: str) -> Batch:
        created = shared_service.submit(map(request_line, range(10)), scenario=STATES[state])
        batches.append(created)
        if state in ("cancelling", "cancelled"):
            if state == "cancelled":
                shared_service.until(created, lambda now: now.status == "in_progress")
            created = shared_service.openai.batches.cancel(created.id)
        return shared_service.until(created, lambda now: now.status == state)

    yield bring
    for batch in batches:
        if shared_service.openai.batches.retrieve(batch.id).completed_at is None:
            shared_service.http.post(f"{shared_service.base_url}/batches/{batch.id}/cancel")


@pytest.mark.parametrize("state", STATES)
def test_every_verb_answers_as_published_whatever_state_a_batch_is_in(
    ask: Client,
    in_state: Callable[[str], Batch],
    matches: Callable[[str, object], None],
    shared_service: LocalService,
    state: str,
) -> None:
    batch = in_state(state)

    # A batch goes on between two questions, counting its lines while it is cancelled, too.
    before, seen, listed = None, ask("GET", f"/batches/{batch.id}"), None
    while before != seen:
        before, listed = seen, ask("GET", "/batches?limit=100")
        seen = ask("GET", f"/batches/{batch.id}")

    assert seen["status"] == state
    assert listed is not None
    assert seen in listed["data"]
    # Codes of validation, timestamps of what was reached and null for what was not.
    reached = {name for name in BATCH_KEYS if name.endswith("_at") and seen[name] is not None}
    assert {"created_at", "expires_at"} <= reached
    assert ("in_progress_at" in reached) == (seen["request_counts"]["total"] > 0)
    for file_id in filter(None, (seen["output_file_id"], seen["error_file_id"])):
        file = ask("GET", f"/files/{file_id}")
        assert file["purpose"] == "batch_output"
        assert len(ask("GET", f"/files/{file_id}/content")) == file["bytes"]
        for line in shared_service.lines(file_id):
            matches("BatchRequestOutput", line)
            assert set(line) == {"id", "custom_id", "response", "error"}
            assert (line["response"] is None) != (line["error"] is None)
    cancelled = ask("POST", f"/batches/{batch.id}/cancel")
    if state in ("completed", "failed", "expired"):
        assert "Cannot cancel a batch with status" in cancelled["error"]["message"]
    else:
        assert cancelled["status"] in ("cancelling", "cancelled")


def test_every_way_to_be_refused_has_the_published_shape(ask: Client) -> None:
    file = ask("POST", "/files", data={"purpose": "batch"}, files={"file": ("a.jsonl", b"{}\n")})
    asked: list[tuple[str, str, dict[str, Any]]] = [
        ("POST", "/files", {"data": {"purpose": "batch"}}),
        ("POST", "/files", {"data": {"purpose": "x"}, "files": {"file": ("a.jsonl", b"{}\n")}}),
        ("POST", "/files", {"data": {"purpose": "batch"}, "files": {"file": ("a.txt", b"{}\n")}}),
        ("GET", "/files?limit=0", {}),
        ("GET", "/files?order=sideways", {}),
        ("GET", "/files?after=file-none", {}),
        ("GET", "/files/file-none", {}),
        ("GET", "/files/file-none/content", {}),
        ("DELETE", "/files/file-none", {}),
        ("PUT", "/files", {}),
        ("POST", "/batches", {"json": {}}),
        ("POST", "/batches", {"content": b"{"}),
        ("GET", "/batches?limit=101", {}),
        ("GET", "/batches?after=batch_none", {}),
        ("GET", "/batches/batch_none", {}),
        ("GET", "/batches/none", {}),
        ("POST", "/batches/batch_none/cancel", {}),
        ("GET", "/nothing", {}),
        *(("POST", endpoint.removeprefix("/v1"), {"json": {}}) for endpoint in ENDPOINTS),
    ]

    answers = [ask(method, path, **parts) for method, path, parts in asked]

    assert all("error" in answer for answer in answers)
    assert ask("DELETE", f"/files/{file['id']}")["deleted"] is True
    assert "error" in ask("GET", f"/files/{file['id']}/content")


def test_the_pages_of_lists_have_their_ends_named(ask: Client) -> None:
    for _ in range(3):
        body = {"data": {"purpose": "batch"}, "files": {"file": ("a.jsonl", jsonl([{}]))}}
        file = ask("POST", "/files", **body)
        created = {
            "input_file_id": file["id"],
            "endpoint": ENDPOINTS[0],
            "completion_window": "24h",
            "output_expires_after": {"anchor": "created_at", "seconds": 3_600},
        }
        assert ask("POST", "/batches", json=created)["status"] == "validating"

    for path in ("/batches", "/files"):
        page = ask("GET", f"{path}?limit=2")
        ids = [thing["id"] for thing in page["data"]]
        assert (page["first_id"], page["last_id"], page["has_more"]) == (ids[0], ids[1], True)
        after = ask("GET", f"{path}?limit=1&after={ids[0]}")
        assert [thing["id"] for thing in after["data"]] == ids[1:]
    last = ask("GET", "/files?limit=1&order=asc")["data"][0]["id"]
    end = ask("GET", f"/files?after={last}")
    assert (end["data"], end["first_id"], end["last_id"], end["has_more"]) == (
        [],
        None,
        None,
        False,
    )


def test_the_schemas_would_notice(matches: Callable[[str, object], None]) -> None:
    from jsonschema import ValidationError

    assert SCHEMAS.is_dir()
    with pytest.raises(ValidationError):
        matches("Batch.wire", {"id": "batch_1", "object": "batch"})
