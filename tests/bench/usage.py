"""Usage over 10,000 jobs of nine sums each, against one bare sum over the same rows."""

from __future__ import annotations

import sqlite3
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from tests.bench.measure import Figure, alternate
from tests.support.jobs import NOON, job
from tests.support.used import KNOWN, used
from wellspring_tui.jobs.database import Database
from wellspring_tui.jobs.entries import Entries
from wellspring_tui.jobs.usage import JobUsage
from wellspring_tui.jobs.usage_book import write_usage
from wellspring_tui.jobs.usage_report import GROUPINGS
from wellspring_tui.settings import load_settings
from wellspring_tui.wellspring import Wellspring

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from wellspring_tui.jobs.usage_report import By

_JOBS = 10_000
_SECTIONS = 9
_BARE = "SELECT count(*), sum(total_tokens), sum(output_tokens) FROM usage GROUP BY section"


def figures() -> Iterator[Figure]:
    """How long a report takes by each heading."""
    with tempfile.TemporaryDirectory() as folder:
        settings = load_settings(home=Path(folder), service="local")
        _fill(settings.places.ledger)
        with (
            Wellspring(settings) as wellspring,
            sqlite3.connect(settings.places.ledger) as bare,
        ):
            for by in GROUPINGS:
                if by == "type":
                    continue  # of one job only
                ours, floor = alternate(5, _report(wellspring, by), _bare(bare))
                name = f"usage: {_JOBS:,} jobs by {by}"
                yield Figure(name, ours, "ms", floor, "< 500 ms", ours < 500)
        bare.close()


def _report(wellspring: Wellspring, by: By) -> Callable[[], float]:
    return lambda: _timed(lambda: wellspring.usage(by))


def _bare(db: sqlite3.Connection) -> Callable[[], float]:
    return lambda: _timed(lambda: db.execute(_BARE).fetchall())


def _timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return (time.perf_counter() - start) * 1_000


def _fill(path: Path) -> None:
    """All jobs at once, an hour apart."""
    file = Database(path)
    with file.writing() as db:
        for number in range(_JOBS):
            at = NOON - timedelta(hours=number)
            made = job(f"j{number:05}", created_at=at, requests=_SECTIONS)
            Entries.insert_job(db, made)
            model = ("gpt-4o-mini", "gpt-4.1", "o3")[number % 3]
            sums = tuple(
                used(f"Section {section}", 600 + number % 97, at=at, model=model)
                for section in range(_SECTIONS)
            )
            write_usage(db, JobUsage(made.id, sums, {(model, False): KNOWN}))
    file.close()
