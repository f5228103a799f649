"""Killed at the worst moments, the service goes on without answering anything twice."""

from __future__ import annotations

import sqlite3
import sys
from typing import TYPE_CHECKING

import pytest

from tests.local.conftest import decoded, request_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.local.conftest import LocalService


def test_killed_in_the_middle_it_goes_on_and_answers_nothing_twice(
    start: Callable[..., LocalService],
) -> None:
    first = start("--pace", "5")
    batch = first.submit(map(request_line, range(400)))
    first.until(
        batch, lambda now: now.request_counts is not None and now.request_counts.completed > 50
    )
    first.kill()
    log = first.data / "batches" / batch.id / "output.jsonl"
    answered = decoded(log.read_bytes())
    assert 50 < len(answered) < 400
    with log.open("ab") as file:  # the line that was being written when the power went
        file.write(b'{"id":"batch_req_half","custom_id":"request-399","resp')

    second = start("--pace", "0")
    ended = second.until_ended(second.openai.batches.retrieve(batch.id))

    assert ended.status == "completed"
    lines = second.lines(ended.output_file_id)
    assert lines[: len(answered)] == answered
    assert sorted(line["custom_id"] for line in lines) == sorted(f"request-{n}" for n in range(400))
    assert ended.request_counts is not None
    assert ended.request_counts.to_dict() == {"total": 400, "completed": 400, "failed": 0}
    assert ended.usage is not None
    assert ended.usage.total_tokens == sum(
        line["response"]["body"]["usage"]["total_tokens"] for line in lines
    )


def test_stopped_in_the_middle_it_goes_on(start: Callable[..., LocalService]) -> None:
    first = start("--pace", "10")
    batch = first.submit(map(request_line, range(2000)))
    first.until(batch, lambda now: now.status == "in_progress")
    assert first.stop() == 0

    second = start("--pace", "0")
    ended = second.until_ended(second.openai.batches.retrieve(batch.id))

    assert len(second.lines(ended.output_file_id)) == 2000


def test_killed_while_it_cancels_it_cancels_all_the_same(
    start: Callable[..., LocalService],
) -> None:
    first = start("--pace", "8")
    batch = first.submit(map(request_line, range(100)))
    first.until(
        batch, lambda now: now.request_counts is not None and now.request_counts.completed > 1
    )
    assert first.openai.batches.cancel(batch.id).status == "cancelling"
    first.kill()

    second = start("--pace", "0")
    ended = second.until_ended(second.openai.batches.retrieve(batch.id))

    assert ended.status == "cancelled"
    answered = second.lines(ended.output_file_id)
    assert len(answered) + len(second.lines(ended.error_file_id)) == 100


def test_killed_between_moving_the_results_and_saying_so_it_finds_them(
    start: Callable[..., LocalService],
) -> None:
    first = start("--pace", "3")
    batch = first.submit(map(request_line, range(20)))
    first.until(batch, lambda now: now.status == "finalizing")
    first.kill()
    output = first.data / "batches" / batch.id / "output.jsonl"
    answered = output.read_bytes()
    # The two steps it would have taken next; the third was not reached.
    with sqlite3.connect(first.data / "service.sqlite") as database:
        database.execute("UPDATE batches SET ending = 'completed', output_file_id = 'file-moved'")
    database.close()
    output.rename(first.data / "files" / "file-moved")

    second = start("--pace", "0")
    ended = second.until_ended(second.openai.batches.retrieve(batch.id))

    assert (ended.status, ended.output_file_id) == ("completed", "file-moved")
    assert second.openai.files.content("file-moved").content == answered
    assert not list((second.data / "batches").iterdir())


def test_what_an_interrupted_upload_left_is_removed(start: Callable[..., LocalService]) -> None:
    first = start("--pace", "0")
    kept = first.upload(b'{"custom_id": "a"}\n')
    first.kill()
    leftover = first.data / "files" / "file-half.part"
    leftover.write_bytes(b"half an upl")

    second = start("--pace", "0")

    assert second.openai.files.content(kept.id).content == b'{"custom_id": "a"}\n'
    assert not leftover.exists()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits another process")
def test_on_a_full_disk_it_waits_and_goes_on_when_there_is_room(service: LocalService) -> None:
    resource = pytest.importorskip("resource")
    pid, unlimited = service.process.pid, resource.RLIM_INFINITY
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (400_000, unlimited))
    batch = service.submit(map(request_line, range(600)))
    service.until_logged("waits for the disk")
    assert service.openai.batches.retrieve(batch.id).status == "in_progress"

    resource.prlimit(pid, resource.RLIMIT_FSIZE, (unlimited, unlimited))

    ended = service.until_ended(batch)
    assert ended.status == "completed"
    lines = service.lines(ended.output_file_id)
    assert len(lines) == len({line["custom_id"] for line in lines}) == 600
    assert ended.request_counts is not None
    assert ended.request_counts.completed == 600
