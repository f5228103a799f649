"""Writing 50,000 answers in each format: time, memory and size."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tests.bench.indexing import add, new_index, open_index, write_output
from tests.bench.measure import Figure
from wellspring_tui.answers.exports.formats import FORMATS
from wellspring_tui.answers.exports.source import Source
from wellspring_tui.answers.results import Results

if TYPE_CHECKING:
    from collections.abc import Iterator

ONLY_BY_NAME = True
"""Rendering as many answers as HTML takes minutes."""

_GOAL_MEGABYTES = 200

_ALONE = """
import pathlib, time
import tests.bench.exporting as bench
started = time.perf_counter()
bench.write({folder!r}, {name!r})
seconds = time.perf_counter() - started
status = pathlib.Path("/proc/self/status").read_text()
peak = next(line for line in status.split("\\n") if line.startswith("VmHWM"))
print(seconds, int(peak.split()[1]) * 1_024 / 1_000_000)
"""


def figures() -> Iterator[Figure]:
    """A figure of time and one of memory for each format."""
    with tempfile.TemporaryDirectory() as folder:
        write_output(Path(folder))
        with new_index(Path(folder)) as index:
            add(index, Path(folder))
        for name in FORMATS:
            code = _ALONE.format(folder=folder, name=name)
            done = subprocess.run(
                [sys.executable, "-c", code], check=True, capture_output=True, text=True
            )
            seconds, megabytes = map(float, done.stdout.split())
            yield Figure(f"exporting: {name}", seconds, "s")
            met = megabytes < _GOAL_MEGABYTES
            goal = f"< {_GOAL_MEGABYTES} MB"
            yield Figure(f"exporting: {name}, peak memory", megabytes, "MB", goal=goal, met=met)


def write(folder: str, name: str) -> None:
    """Write the answers to a file in the folder."""
    there = Path(folder)
    with open_index(there) as index, (there / f"out{FORMATS[name].suffix}").open("wb") as to:
        FORMATS[name].write(Source(Results(index, there, there), {"name": "Bench"}), to)
