"""Writing input files: 50,000 requests, against a bare orjson + sha256 + fsync loop."""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import orjson

from tests.bench.measure import Figure, alternate, peak_megabytes
from wellspring_tui.jobs.planning import Planner
from wellspring_tui.prompts.building import RequestBuilder
from wellspring_tui.prompts.model import RequestOptions
from wellspring_tui.service_profiles import ServiceProfile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wellspring_tui.prompts.model import Request

_REQUESTS = 50_000
_TEXT = "Collect what a group must know before it takes on a plot of land. " * 10
_SECTIONS = 500
_OPTIONS = RequestOptions()

_ALONE = "import tests.bench.writing as bench"


def figures() -> Iterator[Figure]:
    """Time and memory of writing."""
    with tempfile.TemporaryDirectory() as folder:
        ours, floor = alternate(
            5, lambda: _timed(plan, Path(folder)), lambda: _timed(bare, Path(folder))
        )
    name = f"writing: {_REQUESTS:,} requests"
    yield Figure(name, ours, "ms", floor, "≤ 1.15 × orjson+sha256+fsync", ours <= 1.15 * floor)
    before = peak_megabytes(_ALONE)
    memory = peak_megabytes(f"{_ALONE}\nbench.plan_somewhere()") - before
    yield Figure("writing: memory for them", memory, "MB", goal="≤ 25 MB", met=memory <= 25)


def plan(folder: Path) -> None:
    """Build the requests and write them as the program does."""
    planner = Planner(folder, replace(ServiceProfile("bench"), max_requests=_REQUESTS))
    for _ in planner.placed(requests()):
        pass


def plan_somewhere() -> None:
    """`plan` in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        plan(Path(folder))


def requests() -> Iterator[Request]:
    """The requests, made one at a time."""
    builder = RequestBuilder(_OPTIONS)
    for number in range(_REQUESTS):
        text = f"{number} {_TEXT}"
        yield builder.build(f"Section {number % _SECTIONS}", "facts_prompt", text, number + 1)


def bare(folder: Path) -> None:
    """The same bytes by the shortest loop."""
    digest = hashlib.sha256()
    with (folder / "bare.jsonl").open("wb", buffering=1024 * 1024) as file:
        for number in range(_REQUESTS):
            line = orjson.dumps(
                {
                    "custom_id": f"section-{number % _SECTIONS}.facts-prompt.{number + 1:04d}",
                    "method": "POST",
                    "url": "/v1/chat/completions",
                    "body": {
                        "model": "gpt-4o-mini",
                        "temperature": 0.3,
                        "max_tokens": 2000,
                        "messages": [{"role": "user", "content": f"{number} {_TEXT}"}],
                    },
                },
                option=orjson.OPT_APPEND_NEWLINE,
            )
            digest.update(line)
            file.write(line)
        file.flush()
        os.fsync(file.fileno())


def _timed(work: object, folder: Path) -> float:
    started = time.perf_counter()
    work(folder)  # type: ignore[operator]
    return (time.perf_counter() - started) * 1_000
