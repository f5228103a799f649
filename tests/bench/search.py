"""Searching all answers, 50,000 lines, 150 MB, and what keys feel of it."""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from textual import events

from tests.bench.indexing import add, new_index, open_index, write_output
from tests.bench.measure import Figure, alternate, percentile
from tests.bench.painting import SIZE, PaintingApp
from tests.bench.table import COLUMNS, Made
from wellspring_tui.answers.results import Results
from wellspring_tui.errors import StoppedError
from wellspring_tui.progress import Progress
from wellspring_tui.tui.widgets.table import Table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_ROUNDS = 5
_RARE, _COMMON, _OF_THE_JSON, _FOREIGN = "quixotic", "sunlight", "content", "почва"
_READ_BYTES = 128 * 1024
_KEY_ROUNDS = 12
_KEYS = ["down", "down", "pagedown", "pageup"]


def figures() -> Iterator[Figure]:
    """A rare word, words that are everywhere, and keys meanwhile."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = write_output(folder)
        with new_index(folder) as index:
            add(index, folder)
        megabytes = path.stat().st_size / 1_000_000
        with open_index(folder) as index:
            results = Results(index, folder, folder)
            ours, floor = alternate(
                _ROUNDS, lambda: _searched_ms(results, _RARE), lambda: _find_ms(path)
            )
            per_150 = ours * 150 / megabytes
            what = f"search: a rare word in {megabytes:.0f} MB (floor: bytes.find)"
            yield Figure(what, ours, "ms", floor, "< 200 ms in 150 MB", per_150 < 200)
            yield Figure("search: a rare word beyond ASCII", _searched_ms(results, _FOREIGN))
            yield from _common(results)
            for word in (_RARE, _COMMON, _OF_THE_JSON):
                yield asyncio.run(_keys(results, word))


def _common(results: Results) -> Iterator[Figure]:
    firsts, wholes = [], []
    for _ in range(_ROUNDS):
        started = time.perf_counter()
        times = [(time.perf_counter() - started) * 1_000 for _ in results.search(_COMMON)]
        firsts.append(times[0])
        wholes.append(times[-1])
    yield Figure("search: a word in every answer, first results", statistics.median(firsts))
    yield Figure("search: a word in every answer, all", statistics.median(wholes))


def _searched_ms(results: Results, query: str) -> float:
    started = time.perf_counter()
    for _ in results.search(query):
        pass
    return (time.perf_counter() - started) * 1_000


def _find_ms(path: Path) -> float:
    """The shortest way to look for bytes in a file."""
    needle = _RARE.encode()
    started = time.perf_counter()
    with path.open("rb", buffering=0) as file:
        while chunk := file.read(_READ_BYTES):
            chunk.find(needle)
    return (time.perf_counter() - started) * 1_000


async def _keys(results: Results, word: str) -> Figure:
    """Keys in a table of 50,000 rows while a thread searches, against the same keys at rest."""
    table = Table(COLUMNS)
    app = PaintingApp(table)
    at_rest: list[float] = []
    meanwhile: list[float] = []
    async with app.run_test(size=SIZE):
        table.show(Made(50_000))
        for _ in range(_KEY_ROUNDS):
            at_rest += [await _key(app, key) for key in _KEYS]
            with _searching(results, word):
                meanwhile += [await _key(app, key) for key in _KEYS]
    ours, floor = percentile(meanwhile, 95), percentile(at_rest, 95)
    what = f"search: keys during “{word}”, p95 (floor: at rest)"
    return Figure(what, ours, "ms", floor, "≤ 1.25 ×", ours <= 1.25 * floor)


@contextmanager
def _searching(results: Results, word: str) -> Iterator[None]:
    progress = Progress()
    thread = threading.Thread(target=_again_and_again, args=(results, word, progress))
    thread.start()
    try:
        yield
    finally:
        progress.stopped.set()
        thread.join()


def _again_and_again(results: Results, word: str, progress: Progress) -> None:
    try:
        while True:
            for _ in results.search(word, progress):
                pass
    except StoppedError:
        return


async def _key(app: PaintingApp, key: str) -> float:
    press: Callable[[], object] = lambda: app.post_message(events.Key(key, None))  # noqa: E731
    return await app.to_paint(press)
