"""Files: uploaded, listed, downloaded, deleted, expired."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

import openai
import pytest

from tests.local.conftest import jsonl, request_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.local.conftest import LocalService

CONTENT = b'{"custom_id": "a"}\n'


def test_an_uploaded_file_is_kept_byte_for_byte_for_thirty_days(
    shared_service: LocalService, matches: Callable[[str, object], None]
) -> None:
    content = b'{"custom_id": "\xe2\x80\xa8"}\r\n' + bytes(range(256)) * 20_000
    file = shared_service.upload(content, "Überfahrt A.jsonl")

    assert (file.bytes, file.purpose, file.status) == (len(content), "batch", "processed")
    assert file.filename == "Überfahrt A.jsonl"
    assert file.expires_at == file.created_at + 2_592_000
    answer = shared_service.http.get(f"{shared_service.base_url}/files/{file.id}/content")
    assert answer.content == content
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-length"] == str(len(content))
    url = f"{shared_service.base_url}/files/{file.id}"
    matches("OpenAIFile.wire", shared_service.http.get(url).json())
    matches("DeleteFileResponse", shared_service.http.delete(url).json())


def test_a_file_expires_when_its_owner_said(shared_service: LocalService) -> None:
    file = shared_service.openai.files.create(
        file=("input.jsonl", CONTENT),
        purpose="batch",
        expires_after={"anchor": "created_at", "seconds": 3600},
    )

    assert file.expires_at == file.created_at + 3600


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("input.txt", CONTENT),
        ("input.jsonl", b""),
        ("input.jsonl", b"a,b,c\n"),
        ("input.jsonl", b"\n" + CONTENT),
        ("input.jsonl", b"[" * 100_000),
    ],
)
def test_what_cannot_be_a_batch_file_is_refused_at_once(
    shared_service: LocalService, name: str, content: bytes
) -> None:
    with pytest.raises(openai.BadRequestError) as refusal:
        shared_service.upload(content, name)

    assert refusal.value.body == {
        "message": "Invalid file format for Batch API. Must be .jsonl",
        "type": "invalid_request_error",
        "param": None,
        "code": None,
    }
    assert refusal.value.request_id


def test_later_bad_lines_do_not_hinder_an_upload(shared_service: LocalService) -> None:
    assert shared_service.upload(CONTENT + b"not json\n").status == "processed"


@pytest.mark.parametrize(
    ("fields", "param", "code"),
    [
        ({}, "purpose", "missing_required_parameter"),
        ({"purpose": "lunch"}, "purpose", "invalid_value"),
        (
            {"purpose": "batch", "expires_after[anchor]": "created_at"},
            "expires_after.seconds",
            "missing_required_parameter",
        ),
        (
            {"purpose": "batch", "expires_after[seconds]": "3600"},
            "expires_after.anchor",
            "missing_required_parameter",
        ),
        (
            {
                "purpose": "batch",
                "expires_after[anchor]": "created_at",
                "expires_after[seconds]": "60",
            },
            "expires_after.seconds",
            "integer_below_min_value",
        ),
        (
            {
                "purpose": "batch",
                "expires_after[anchor]": "created_at",
                "expires_after[seconds]": "soon",
            },
            "expires_after.seconds",
            "invalid_type",
        ),
    ],
)
def test_upload_fields_are_checked(
    shared_service: LocalService, fields: dict[str, str], param: str, code: str
) -> None:
    answer = shared_service.http.post(
        f"{shared_service.base_url}/files", data=fields, files={"file": ("a.jsonl", CONTENT)}
    )

    assert answer.status_code == 400
    assert (answer.json()["error"]["param"], answer.json()["error"]["code"]) == (param, code)


def test_a_form_without_a_file_is_refused(shared_service: LocalService) -> None:
    answer = shared_service.http.post(
        f"{shared_service.base_url}/files", files={"purpose": (None, "batch")}
    )

    assert answer.json()["error"]["message"] == "Missing required parameter: 'file'."


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("application/json", b"{}"),
        ("multipart/form-data", b"x"),
        ("multipart/form-data; boundary=b", b"--b\r\nContent-Disposition: form-data; na"),
        ("multipart/form-data; boundary=b", b"no boundary in here"),
    ],
)
def test_a_form_that_is_none_is_refused_and_leaves_nothing(
    service: LocalService, kind: str, content: bytes
) -> None:
    answer = service.http.post(
        f"{service.base_url}/files", content=content, headers={"content-type": kind}
    )

    assert answer.status_code == 400
    assert answer.json()["error"]["type"] == "invalid_request_error"
    assert not list((service.data / "files").iterdir())


def test_files_are_listed_in_pages_in_both_orders(
    service: LocalService, matches: Callable[[str, object], None]
) -> None:
    ids = [service.upload(CONTENT).id for _ in range(7)]
    other = service.openai.files.create(file=("notes.txt", b"notes"), purpose="user_data")

    assert [file.id for file in service.openai.files.list(limit=3)] == [other.id, *ids[::-1]]
    assert [
        file.id for file in service.openai.files.list(limit=2, order="asc", purpose="batch")
    ] == (ids)
    page = service.http.get(
        f"{service.base_url}/files", params={"limit": 3, "after": ids[5]}
    ).json()
    matches("ListFilesResponse.wire", page)
    assert (page["first_id"], page["last_id"], page["has_more"]) == (ids[4], ids[2], True)
    empty = service.http.get(f"{service.base_url}/files", params={"after": ids[0]}).json()
    matches("ListFilesResponse.wire", empty)
    assert (empty["data"], empty["has_more"]) == ([], False)


def test_files_deleted_while_they_are_paged_do_not_break_the_paging(service: LocalService) -> None:
    ids = [service.upload(CONTENT).id for _ in range(5)]

    for file in service.openai.files.list(limit=2):
        deleted = service.openai.files.delete(file.id)
        assert (deleted.id, deleted.deleted) == (file.id, True)
        ids.remove(file.id)

    assert ids == []
    assert not list((service.data / "files").iterdir())


def test_unknown_and_deleted_files_are_not_found(shared_service: LocalService) -> None:
    gone = shared_service.upload(CONTENT)
    shared_service.openai.files.delete(gone.id)
    files = shared_service.openai.files

    for file_id in (gone.id, "file-unknown"):
        for call in (files.retrieve, files.delete, files.content):
            with pytest.raises(openai.NotFoundError) as refusal:
                call(file_id)
            assert refusal.value.body == {
                "message": f"No such File object: {file_id}",
                "type": "invalid_request_error",
                "param": "id",
                "code": None,
            }


def test_after_thirty_days_a_file_is_gone(start: Callable[..., LocalService]) -> None:
    first = start("--pace", "0")
    old, young = first.upload(CONTENT), first.upload(CONTENT)
    with sqlite3.connect(first.data / "service.sqlite") as database:
        database.execute(
            "UPDATE files SET expires_at = expires_at - 2592000 WHERE id = ?", [old.id]
        )
    database.close()

    with pytest.raises(openai.NotFoundError):
        first.openai.files.retrieve(old.id)
    assert [file.id for file in first.openai.files.list()] == [young.id]
    late = first.openai.batches.create(
        input_file_id=old.id, endpoint="/v1/chat/completions", completion_window="24h"
    )
    assert first.until_ended(late).status == "failed"

    first.stop()
    second = start("--pace", "0")
    with pytest.raises(openai.NotFoundError):
        second.openai.files.content(old.id)
    second.stop()
    assert [path.name for path in (second.data / "files").iterdir()] == [young.id]


def test_a_large_upload_takes_little_memory(service: LocalService) -> None:
    lines = jsonl([request_line(n, padding="x" * 1_000_000) for n in range(100)])

    file = service.upload(lines)

    assert file.bytes == len(lines)
    status = Path("/proc") / str(service.process.pid) / "status"
    if not status.exists():
        pytest.skip("this system does not tell how much memory a process took")
    peak = next(line for line in status.read_text().split("\n") if line.startswith("VmHWM"))
    assert int(peak.split()[1]) < 90_000
