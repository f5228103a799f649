"""Speaking to the built-in service, over real HTTP."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest

from tests.support.files import CHAT, jsonl, request
from tests.support.homes import stop_builtin, until
from wellspring_tui.errors import GoneError, NetworkError, RefusedError, StoppedError
from wellspring_tui.services.builtin import BuiltinService
from wellspring_tui.services.client import Service

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from wellspring_tui.services.model import Batch


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A connection to a built-in service that minds nothing."""
    home = tmp_path_factory.mktemp("home")
    builtin = BuiltinService(home / "local", pace_seconds=0.0)
    opened = Service(builtin.base_url(), "built-in")
    yield opened
    opened.close()
    builtin.release()
    stop_builtin(home)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """An input file of three requests."""
    made = tmp_path / "part-001.jsonl"
    made.write_bytes(jsonl(map(request, "abc")))
    return made


def silent(_done: int, _total: int | None) -> None:
    """A heartbeat nobody hears."""


def ended(service: Service, batch: Batch) -> Batch:
    """The batch once it has ended."""
    until(lambda: service.retrieve(batch.id).ended, f"{batch.id} to end")
    return service.retrieve(batch.id)


def test_a_batch_goes_up_is_answered_and_comes_down(service: Service, path: Path) -> None:
    heard: list[tuple[int, int | None]] = []
    sent = service.upload(path, "wellspring-x.jsonl", lambda *now: heard.append(now))
    assert (sent.filename, sent.size_bytes) == ("wellspring-x.jsonl", path.stat().st_size)
    assert heard[-1] == (path.stat().st_size, path.stat().st_size)

    created = service.create(sent.id, CHAT, "24h", {"wellspring_part": "x"})
    assert created.input_file_id == sent.id
    assert created.metadata == {"wellspring_part": "x"}
    assert not created.ended
    batch = ended(service, created)
    assert batch.status == "completed"
    assert batch.counts is not None
    assert (batch.counts.total, batch.counts.completed) == (3, 3)
    assert batch.error_file_id is None

    assert batch.output_file_id is not None
    file = io.BytesIO()
    written = service.download(batch.output_file_id, file, lambda *now: heard.append(now))
    assert written == len(file.getvalue()) == service.file(batch.output_file_id).size_bytes
    assert heard[-1] == (written, written)
    assert file.getvalue().count(b"\n") == 3


def test_a_large_file_is_streamed_with_progress_and_can_be_stopped(
    service: Service, tmp_path: Path
) -> None:
    path = tmp_path / "large.jsonl"
    path.write_bytes(jsonl([request("a", messages=[{"role": "user", "content": "x" * 10**6}])] * 3))
    size = path.stat().st_size
    heard: list[int] = []
    service.upload(path, "large.jsonl", lambda done, _total: heard.append(done))
    assert len(heard) > 10
    assert heard == sorted(heard)
    assert heard[-1] == size

    def stop(done: int, _total: int | None) -> None:
        if done > size // 2:
            raise StoppedError("stopped while uploading")

    with pytest.raises(StoppedError):
        service.upload(path, "stopped.jsonl", stop)
    assert service.find_file("stopped.jsonl", size) is None


def test_a_download_can_be_stopped(service: Service, path: Path) -> None:
    sent = service.upload(path, "stop.jsonl", silent)

    def stop(_done: int, _total: int | None) -> None:
        raise StoppedError("stopped while fetching")

    with pytest.raises(StoppedError):
        service.download(sent.id, io.BytesIO(), stop)


def test_an_upload_is_found_again_by_its_name_and_size(service: Service, path: Path) -> None:
    size = path.stat().st_size
    assert service.find_file("again.jsonl", size) is None
    service.upload(path, "again.jsonl", silent)
    newest = service.upload(path, "again.jsonl", silent)
    assert service.find_file("again.jsonl", size) == newest
    assert service.find_file("again.jsonl", size + 1) is None


def test_every_batch_is_listed_once_newest_first_over_several_pages(
    service: Service, path: Path
) -> None:
    sent = service.upload(path, "many.jsonl", silent)
    made = [service.create(sent.id, CHAT, "24h", {"number": str(n)}).id for n in range(105)]
    listed = [batch.id for batch in service.batches()]
    assert listed[:105] == made[::-1]
    assert len(set(listed)) == len(listed)
    ended(service, service.retrieve(made[-1]))


def test_a_batch_that_has_ended_cannot_be_cancelled(service: Service, path: Path) -> None:
    sent = service.upload(path, "cancel.jsonl", silent)
    batch = ended(service, service.create(sent.id, CHAT, "24h", {}))
    with pytest.raises(RefusedError, match="Cannot cancel a batch with status 'completed'"):
        service.cancel(batch.id)


def test_a_running_batch_is_cancelled(tmp_path: Path, path: Path) -> None:
    builtin = BuiltinService(tmp_path / "home" / "local", pace_seconds=60.0)
    service = Service(builtin.base_url(), "built-in")
    try:
        sent = service.upload(path, "slow.jsonl", silent)
        batch = service.create(sent.id, CHAT, "24h", {})
        assert service.cancel(batch.id).status in ("cancelling", "cancelled")
    finally:
        service.close()
        builtin.release()
        stop_builtin(tmp_path / "home")


def test_what_the_service_does_not_know_is_gone(service: Service) -> None:
    with pytest.raises(GoneError, match="No batch found"):
        service.retrieve("batch_" + "0" * 32)
    with pytest.raises(GoneError, match="No such File object"):
        service.file("file-nowhere")
    with pytest.raises(GoneError):
        service.download("file-nowhere", io.BytesIO(), silent)


def test_a_service_can_be_used_again_after_it_was_closed(service: Service) -> None:
    service.close()
    assert list(service.batches()) is not None


def test_a_service_that_was_closed_for_good_is_asked_no_more(service: Service) -> None:
    other = Service(service.base_url, "built-in")
    assert list(other.batches()) is not None
    other.close(for_good=True)
    with pytest.raises(NetworkError, match=r"the connection to .* is closed"):
        list(other.batches())
