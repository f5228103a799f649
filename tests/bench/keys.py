"""Keys in a table of 10,000 rows while a thread indexes 150 MB of answers."""

from __future__ import annotations

import asyncio
import sys
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from textual import events

from tests.bench.indexing import add, new_index, open_index, write_output
from tests.bench.measure import Figure, percentile
from tests.bench.painting import SIZE, PaintingApp
from tests.bench.table import COLUMNS, MANY, Made
from wellspring_tui.tui.carrier import KEYS_WAIT_SECONDS
from wellspring_tui.tui.widgets.table import Table

if TYPE_CHECKING:
    from collections.abc import Iterator

_ROUNDS = 3
_KEYS = 60


def figures() -> Iterator[Figure]:
    """How long a key takes to paint, at rest and while answers are indexed."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_output(folder)
        before = sys.getswitchinterval()
        sys.setswitchinterval(KEYS_WAIT_SECONDS)  # as in the dashboard
        rest, busy = asyncio.run(_keys(folder))
        sys.setswitchinterval(before)
    for percent in (50, 95):
        ours, floor = percentile(busy, percent), percentile(rest, percent)
        met = ours <= 1.25 * floor if percent == 95 else None
        goal = "≤ 1.25 × at rest" if percent == 95 else ""
        what = f"keys: down while 150 MB is indexed, p{percent}"
        yield Figure(what, ours, "ms", floor, goal, met)


async def _keys(folder: Path) -> tuple[list[float], list[float]]:
    """Milliseconds to paint of keys at rest, and of keys while an index is filled."""
    table = Table(COLUMNS)
    app = PaintingApp(table)
    rest: list[float] = []
    busy: list[float] = []
    async with app.run_test(size=SIZE):
        table.show(Made(MANY))
        for _ in range(_ROUNDS):
            rest += [await _down(app) for _ in range(_KEYS)]
            await asyncio.to_thread(lambda: new_index(folder).close())
            thread = threading.Thread(target=_index, args=(folder,), daemon=True)
            thread.start()
            while thread.is_alive():
                busy.append(await _down(app))
    return rest, busy


def _index(folder: Path) -> None:
    with open_index(folder) as index:
        add(index, folder)


async def _down(app: PaintingApp) -> float:
    return await app.to_paint(lambda: app.post_message(events.Key("down", None)))
