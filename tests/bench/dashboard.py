"""The real Jobs screen over a ledger of 10,000 jobs, against one of 100."""

from __future__ import annotations

import asyncio
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from textual import events

from tests.bench.measure import Figure, percentile
from tests.bench.painting import SIZE, Painting
from wellspring_tui.jobs.database import Database
from wellspring_tui.jobs.entries import Entries
from wellspring_tui.jobs.model import Job, Part, Step
from wellspring_tui.settings import load_settings
from wellspring_tui.tui.app import WellspringApp
from wellspring_tui.wellspring import Wellspring

if TYPE_CHECKING:
    from collections.abc import Iterator

_FEW, _MANY = 100, 10_000
_ROUNDS = 25
_KEYS = {
    "down": ["down"],
    "page down and up": ["pagedown", "pageup"],
    "order": ["s"],
    "a letter of the filter": ["slash", "7", "backspace", "escape"],
}


class _Dashboard(WellspringApp, Painting):
    """The dashboard that tells when it has painted."""


def figures() -> Iterator[Figure]:
    """Keys at 10,000 jobs, with everything that a key brings about on the Jobs screen."""
    with tempfile.TemporaryDirectory() as name:
        found = {
            count: asyncio.run(_keys(Path(name) / str(count), count)) for count in (_FEW, _MANY)
        }
    for keys in _KEYS:
        ours, floor = (percentile(found[count][keys], 95) for count in (_MANY, _FEW))
        yield Figure(
            f"{_MANY:,} jobs: {keys}, p95 (floor: {_FEW} jobs)",
            ours,
            floor=floor,
            goal="≤ 30 ms, ≤ 1.3 ×",
            met=ours <= 30 and ours <= 1.3 * floor,
        )


async def _keys(home: Path, count: int) -> dict[str, list[float]]:
    """Milliseconds to paint of each kind of key."""
    _fill(home, count)
    times: dict[str, list[float]] = {keys: [] for keys in _KEYS}
    with Wellspring(load_settings(home=home, service="local")) as door:
        app = _Dashboard(door)
        async with app.run_test(size=SIZE):
            await app.quiet()
            for _ in range(_ROUNDS):
                for kind, keys in _KEYS.items():
                    times[kind] += [await _press(app, key) for key in keys]
    return times


async def _press(app: Painting, key: str) -> float:
    letter = key if len(key) == 1 else None
    return await app.to_paint(lambda: app.post_message(events.Key(key, letter)))


def _fill(home: Path, count: int) -> None:
    """A ledger of jobs that have ended, of all kinds and sizes, in one transaction."""
    places = load_settings(home=home, service="local").places
    database = Database(places.ledger)
    now = datetime.now(UTC)
    entries = Entries(now.timestamp)
    with database.writing() as db:
        for number in range(count):
            made = now - timedelta(minutes=number)
            entries.insert_job(db, _job(number, made))
            entries.insert_parts(db, [_part(number)])
            entries.event(db, f"j{number}", 1, "collected")
            entries.derive(db, f"j{number}")
    database.close()


def _job(number: int, made: datetime) -> Job:
    return Job(
        id=f"j{number}",
        name=f"garden-handbook-{number}",
        description=None,
        source=f"/prompts/{number}.json",
        kind="Wellspring visual prompts",
        service="local",
        endpoint="/v1/chat/completions",
        model=("gpt-4o-mini", "o3-mini", "gpt-4.1")[number % 3],
        window="24h",
        requests=9,
        tokens_estimated=900,
        created_at=made,
    )


def _part(number: int) -> Part:
    return Part(
        id=f"j{number}-1",
        job_id=f"j{number}",
        number=1,
        step=Step.COLLECTED,
        status=("completed", "expired", "cancelled")[number % 3],
        token=f"j{number}-1",
        requests=9,
        size_bytes=6_300,
        sha256="0" * 64,
        endpoint="/v1/chat/completions",
        model="gpt-4o-mini",
        tokens=900,
    )
