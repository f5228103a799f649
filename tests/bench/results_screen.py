"""The results screen: opening 50,000 answers against nine, and keys among them."""

from __future__ import annotations

import asyncio
import gc
import statistics
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

import orjson
from textual import events

from tests.bench.measure import Figure, percentile
from tests.bench.painting import SIZE, Painting
from tests.support.files import answer
from tests.support.jobs import job, part
from wellspring_tui.answers.index import AnswerIndex
from wellspring_tui.answers.model import Place
from wellspring_tui.jobs.model import INDEX_NAME
from wellspring_tui.private import make_folder
from wellspring_tui.settings import load_settings
from wellspring_tui.tui.app import WellspringApp
from wellspring_tui.tui.screens.results import ResultsScreen
from wellspring_tui.tui.widgets.reader import Reader
from wellspring_tui.wellspring import Wellspring

if TYPE_CHECKING:
    from collections.abc import Iterator

NINE, SOME, MANY = 9, 500, 50_000
ROUNDS = 7
A_SECTION = 100
EVERY_BAD = 50
"""One answer in so many was cut off."""
GOAL_OPENING, GOAL_KEY_MS, GOAL_KEY = 2.0, 30, 1.3
KEYS = {
    "next": ["n"] * 4,
    "next problem": ["x"] * 4,
    # Back again too, so that five hundred answers have as much to paint.
    "page down": ["pagedown", "pagedown", "pageup", "pageup"],
}

_TEXT = "## Finding the ground\n\n- **Sunlight**: six hours a day, measured in June.\n" * 34
_PATIENCE_SECONDS = 30.0
_COUNTED_SECONDS = 0.5
"""After so long a large job is counted."""


class PaintingDashboard(Painting, WellspringApp):
    """The dashboard, telling of its paintings."""


def figures() -> Iterator[Figure]:
    """The first answer on the screen, and keys that move among answers."""
    with tempfile.TemporaryDirectory() as folder:
        settings = load_settings(home=Path(folder), service="local")
        with Wellspring(replace(settings, local_check_interval_seconds=3_600.0)) as door:
            for count in (NINE, SOME, MANY):
                make_job(door, str(count), count)
            found = asyncio.run(_measured(door))
    nine, many = statistics.median(found["nine"]), statistics.median(found["many"])
    yield Figure(
        f"opening {MANY:,} answers: first one on the screen",
        many,
        floor=nine,
        goal=f"≤ {GOAL_OPENING:g} × nine answers",
        met=many <= GOAL_OPENING * nine,
    )
    for name in KEYS:
        ours, floor = (percentile(found[f"{name} {count}"], 95) for count in (MANY, SOME))
        yield Figure(
            f"among {MANY:,} answers: {name} to paint, p95",
            ours,
            floor=floor,
            goal=f"≤ {GOAL_KEY_MS} ms, ≤ {GOAL_KEY} × {SOME}",
            met=ours <= GOAL_KEY_MS and ours <= GOAL_KEY * floor,
        )


def make_job(door: Wellspring, job_id: str, count: int) -> None:
    """A job that is over, with so many answers on disk."""
    outputs = make_folder(door.settings.places.outputs(job_id))
    made = replace(part(job_id), requests=count)
    door.ledger.add_job(job(job_id, requests=count), [made])
    path = outputs / "part-001.output.jsonl"
    with path.open("wb") as file:
        for number in range(count):
            finish = "length" if number % EVERY_BAD == EVERY_BAD - 1 else "stop"
            choice = {"index": 0, "message": {"content": _TEXT}, "finish_reason": finish}
            line = answer(str(number), choices=[choice])
            file.write(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))
    with AnswerIndex.create(outputs / INDEX_NAME) as index:
        index.add_requests(
            (str(number), f"Section {number // A_SECTION}", "facts_prompt", Place("", 0, 0))
            for number in range(count)
        )
        index.add_file(path, 1, lambda _done, _total: None)
        door.ledger.steps.collected(made, index.totals(), None, own=index.counts_of_part(1))


async def _measured(door: Wellspring) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {"nine": [], "many": []}
    app = PaintingDashboard(door)
    async with app.run_test(size=SIZE):
        for count in (NINE, MANY):  # once for what is imported and parsed at the first opening
            await _opened(app, count)
            await _closed(app)
        for _ in range(ROUNDS):
            for name, count in (("nine", NINE), ("many", MANY)):
                found[name].append(await _opened(app, count))
                await _closed(app)
        gc.freeze()  # as the dashboard does when it starts
        for count in [SOME, MANY] * ROUNDS:
            await _opened(app, count)
            await asyncio.sleep(_COUNTED_SECONDS)
            for name, keys in KEYS.items():
                await _key(app, keys[0])
                found.setdefault(f"{name} {count}", []).extend(
                    [await _key(app, key) for key in keys]
                )
            await _closed(app)
    return found


async def _key(app: PaintingDashboard, key: str) -> float:
    return await app.to_paint(lambda: app.post_message(events.Key(key, None)))


async def _opened(app: PaintingDashboard, count: int) -> float:
    """Milliseconds until the first answer is painted."""
    await app.quiet()
    start = perf_counter()
    app.open_results(str(count))
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline:
        painted_at = await app.painting()
        screen = app.screen
        if isinstance(screen, ResultsScreen) and _reads(screen):
            return (painted_at - start) * 1_000
    raise TimeoutError(f"the {count:,} answers were not shown")


def _reads(screen: ResultsScreen) -> bool:
    return any("Sunlight" in reader.shown_text for reader in screen.query(Reader))


async def _closed(app: PaintingDashboard) -> None:
    await app.quiet()
    app.pop_screen()
    await app.quiet()
