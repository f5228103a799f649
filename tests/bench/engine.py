"""The built-in service as a batch engine: answers in a second against a bare client, and memory.

The model server takes 50 ms for an answer and 32 requests at once, so it gives 640 answers
in a second at most. The bare client keeps its 32 slots busy and does nothing else.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import orjson

from tests.bench.measure import Figure
from tests.support.model_server import ModelServer
from wellspring_tui.services.client import Service

if TYPE_CHECKING:
    from collections.abc import Iterator

ONLY_BY_NAME = "it takes about a minute and a half"

_SLOTS = 32
_LATENCY_SECONDS = 0.05
_MOST = _SLOTS / _LATENCY_SECONDS
_LINES = 6_400
_MANY = 50_000
_MOST_MEGABYTES = 250
_KEY = "anything"
_CHAT = "/v1/chat/completions"
_TEXT = "Explain how the tide tables of a small harbour are read, and by whom. " * 9
_ENDED = frozenset({"completed", "failed", "expired", "cancelled"})


def figures() -> Iterator[Figure]:
    """Lines in a second in front of a server, and of simulated answers; memory of both."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        options = ("--latency", str(_LATENCY_SECONDS), "--slots", str(_SLOTS))
        with ModelServer(folder, *options) as server:
            yield from _in_front(folder, server.url)
        with ModelServer(folder, "--latency", "0", "--slots", "1000") as server:
            yield from _many(folder / "quick", "at a server", "--model-server", server.url)
        yield from _many(folder / "simulated", "simulated")


def _in_front(folder: Path, url: str) -> Iterator[Figure]:
    floor = asyncio.run(_bare(url))
    path = _write_input(folder, _LINES)
    with _running(folder / "front", "--model-server", url) as (_, service):
        seconds = _answering_seconds(service, path)
    rate = _LINES / seconds
    goal = f"≥ 80 % of {_MOST:.0f}"
    name = f"engine: {_LINES:,} lines at a server"
    yield Figure(name, rate, "/s", floor, goal, rate >= 0.8 * _MOST)


def _many(data: Path, kind: str, *options: str) -> Iterator[Figure]:
    data.mkdir()
    path = _write_input(data, _MANY)
    with _running(data / "service", *options) as (process, service):
        seconds = _answering_seconds(service, path)
        peak = _peak_megabytes(process.pid)
    yield Figure(f"engine: {_MANY:,} lines {kind}", _MANY / seconds, "/s")
    goal = f"≤ {_MOST_MEGABYTES} MB"
    yield Figure(
        "engine: peak memory over them", peak, "MB", goal=goal, met=peak <= _MOST_MEGABYTES
    )


def _answering_seconds(service: Service, path: Path) -> float:
    """From the end of the validation to the end of the batch."""
    uploaded = service.upload(path, path.name, lambda _done, _total: None)
    batch = service.create(uploaded.id, _CHAT, "24h", {})
    while (batch := service.retrieve(batch.id)).status == "validating":
        time.sleep(0.01)
    begun = time.perf_counter()
    while (batch := service.retrieve(batch.id)).status not in _ENDED:
        time.sleep(0.02)
    assert batch.status == "completed", batch
    return time.perf_counter() - begun


async def _bare(url: str) -> float:
    """Answers in a second that a client gets that only asks."""
    body = orjson.dumps(_body(0))
    head = f"POST {_CHAT} HTTP/1.1\r\nhost: bare\r\ncontent-length: {len(body)}\r\n\r\n"
    begun = time.perf_counter()
    asking = (_ask(url, head.encode() + body, _LINES // _SLOTS) for _ in range(_SLOTS))
    await asyncio.gather(*asking)
    return _LINES / (time.perf_counter() - begun)


async def _ask(url: str, request: bytes, times: int) -> None:
    address = urlsplit(url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    for _ in range(times):
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        size = head.partition(b"content-length: ")[2].partition(b"\r")[0]
        await reader.readexactly(int(size))
    writer.close()


def _body(number: int) -> dict[str, object]:
    content = f"{number} {_TEXT}"
    return {"model": "tiny", "messages": [{"role": "user", "content": content}]}


def _write_input(folder: Path, lines: int) -> Path:
    path = folder / "input.jsonl"
    with path.open("wb") as file:
        for number in range(lines):
            line = {
                "custom_id": f"request-{number}",
                "method": "POST",
                "url": _CHAT,
                "body": _body(number),
            }
            file.write(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))
    return path


@contextmanager
def _running(data: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], Service]]:
    command = [sys.executable, "-m", "wellspring_tui.local", "--data", str(data), "--port", "0"]
    with subprocess.Popen(
        [*command, "--pace", "0", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        service = Service(process.stdout.readline().strip(), _KEY)
        try:
            yield process, service
        finally:
            service.close()
            process.terminate()


def _peak_megabytes(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    peak = next(line for line in status.split("\n") if line.startswith("VmHWM"))
    return int(peak.split()[1]) * 1_024 / 1_000_000
