"""The network: files up and down against curl, a listing against the SDK's own models.

All of it on loopback against one built-in service, so that its share is in both sides.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import orjson

from tests.bench.measure import Figure, alternate, peak_megabytes
from wellspring_tui.local.store import Counts, Store, StoredFile
from wellspring_tui.services.client import Service

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

_FILE_BYTES = 200_000_000
_BATCHES = 5_000
_REQUESTS = 1_000
_ROUNDS = 5
_KEY = "anything"
_CREATED_AT = 1_748_305_615
_TEXT = "Explain how the tide tables of a small harbour are read, and by whom. " * 9


def figures() -> Iterator[Figure]:
    """Time and memory of an upload and a download, and the time of a listing."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = _write_input(folder)
        with _running(folder) as base_url:
            service = Service(base_url, _KEY)
            yield from _transfers(service, path)
            yield from _listing(service)
            service.close()


def _transfers(service: Service, path: Path) -> Iterator[Figure]:
    base_url, size = service.base_url, f"{_FILE_BYTES / 1_000_000:.0f} MB"
    ours, floor = alternate(
        _ROUNDS, lambda: _upload_ms(service, path), lambda: _curl_upload_ms(service, path)
    )
    goal = "≤ 1.3 × curl"
    yield Figure(f"network: upload of {size}", ours, "ms", floor, goal, ours <= 1.3 * floor)
    uploaded = upload(service, path)
    ours, floor = alternate(
        _ROUNDS,
        lambda: _download_ms(service, uploaded, path),
        lambda: _curl_download_ms(base_url, uploaded, path),
    )
    yield Figure(f"network: download of {size}", ours, "ms", floor, goal, ours <= 1.3 * floor)

    idle = _peak_megabytes(base_url, "")
    for what, call in (
        ("upload", f"bench.upload(service, bench.Path({str(path)!r}))"),
        ("download", f"bench.download(service, {uploaded!r}, bench.Path({str(path)!r}))"),
    ):
        grown = _peak_megabytes(base_url, call) - idle
        yield Figure(
            f"network: {what}, memory growth", grown, "MB", goal="≤ 10 MB", met=grown <= 10
        )


def _listing(service: Service) -> Iterator[Figure]:
    import openai

    goal = "≥ 5 × quicker than SDK models"
    # Of the time that passes a good part is the service's own, the same on both sides.
    clocks = {"": time.perf_counter, ", processor time": time.process_time}

    with openai.OpenAI(
        base_url=service.base_url,
        api_key=_KEY,
        http_client=openai.DefaultHttpxClient(trust_env=False),
    ) as sdk:
        for what, clock in clocks.items():
            ours, floor = alternate(
                _ROUNDS,
                partial(_list_ms, service.batches, clock),
                partial(_list_ms, partial(sdk.batches.list, limit=100), clock),
            )
            name = f"network: listing {_BATCHES:,} batches{what}"
            yield Figure(name, ours, "ms", floor, goal, 5 * ours <= floor)


def upload(service: Service, path: Path) -> str:
    """Upload the file; its id."""
    return service.upload(path, path.name, _ignore).id


def download(service: Service, file_id: str, path: Path) -> None:
    """Download a file next to `path`."""
    with path.with_suffix(".ours").open("wb") as file:
        service.download(file_id, file, _ignore)


def _ignore(_done: int, _total: int | None) -> None:
    """A heartbeat nobody hears."""


def _upload_ms(service: Service, path: Path) -> float:
    started = time.perf_counter()
    file_id = upload(service, path)
    taken = _ms_since(started)
    _delete(service.base_url, file_id)
    return taken


def _curl_upload_ms(service: Service, path: Path) -> float:
    # Without `Expect` curl does not wait for the service's leave to send.
    form = ("-F", "purpose=batch", "-F", f"file=@{path}", "-H", "Expect:")
    started = time.perf_counter()
    answer = _curl(f"{service.base_url}/files", *form)
    taken = _ms_since(started)
    _delete(service.base_url, orjson.loads(answer)["id"])
    return taken


def _download_ms(service: Service, file_id: str, path: Path) -> float:
    started = time.perf_counter()
    download(service, file_id, path)
    return _ms_since(started)


def _curl_download_ms(base_url: str, file_id: str, path: Path) -> float:
    to = path.with_suffix(".curl")
    started = time.perf_counter()
    _curl(f"{base_url}/files/{file_id}/content", "-o", str(to))
    return _ms_since(started)


def _list_ms(listing: Callable[[], Iterable[object]], clock: Callable[[], float]) -> float:
    started = clock()
    assert sum(1 for _ in listing()) == _BATCHES
    return (clock() - started) * 1_000


def _ms_since(started: float) -> float:
    return (time.perf_counter() - started) * 1_000


def _peak_megabytes(base_url: str, call: str) -> float:
    """The peak of a process that has imported the SDK, spoken to the service, and calls this."""
    return peak_megabytes(
        "import openai, tests.bench.network as bench\n"
        f"service = bench.Service({base_url!r}, {_KEY!r})\n"
        "service.find_file('none', 0)\n"
        f"{call}\n"
    )


def _curl(url: str, *options: str) -> bytes:
    command = ["curl", "-sS", "--fail", "--noproxy", "*", "-H", f"Authorization: Bearer {_KEY}"]
    return subprocess.run([*command, *options, url], check=True, capture_output=True).stdout


def _delete(base_url: str, file_id: str) -> None:
    _curl(f"{base_url}/files/{file_id}", "-X", "DELETE")


def _write_input(folder: Path) -> Path:
    """An input file as large as OpenAI's guide allows."""
    path = folder / "input.jsonl"
    line = {
        "custom_id": "request-000001",
        "method": "POST",
        "url": "/v1/chat/completions",
        "body": {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": _TEXT}]},
    }
    raw = orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE)
    path.write_bytes(raw * (_FILE_BYTES // len(raw)) + b" " * (_FILE_BYTES % len(raw)))
    return path


@contextmanager
def _running(folder: Path) -> Iterator[str]:
    """The base URL of a built-in service that has run `_BATCHES` batches."""
    data = folder / "service"
    data.mkdir()
    store = Store(data / "service.sqlite")
    for number in range(_BATCHES):
        _add_completed(store, number)
    store.close()
    process = subprocess.Popen(
        [sys.executable, "-m", "wellspring_tui.local", "--data", str(data), "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.communicate()


def _add_completed(store: Store, number: int) -> None:
    batch_id, at = f"batch_{number:032x}", _CREATED_AT + 60 * number
    store.add_batch(
        batch_id,
        endpoint="/v1/chat/completions",
        input_file_id=f"file-in{number:020}",
        completion_window="24h",
        created_at=at,
        expires_at=at + 86_400,
        metadata=orjson.dumps({"wellspring_job": "tides", "wellspring_part": batch_id}).decode(),
        output_life_seconds=None,
    )
    store.begin(
        batch_id,
        model="gpt-4o-mini-2024-07-18",
        total=_REQUESTS,
        enqueued_tokens=223 * _REQUESTS,
        token_limit=None,
        at=at + 60,
    )
    store.advance(batch_id, Counts(_REQUESTS, 0, 223 * _REQUESTS, 703 * _REQUESTS))
    store.finalize(batch_id, at=at + 900)
    output = StoredFile(
        f"file-out{number:019}", 1_000, at + 902, None, f"{batch_id}_output.jsonl", "batch_output"
    )
    store.decide(batch_id, "completed", output_file_id=output.id, error_file_id=None)
    store.end(batch_id, [output], at=at + 902)
