"""Opening the results of 50,000 answers, against those of nine: what a screen asks for first."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tests.bench.indexing import add, new_index, write_output
from tests.bench.measure import Figure, alternate
from wellspring_tui.answers.comparing import Comparison
from wellspring_tui.answers.index import AnswerIndex
from wellspring_tui.answers.model import Kind, Place
from wellspring_tui.answers.results import Results

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_NINE, _MANY = 9, 50_000
_ROUNDS = 15
_IN_VIEW = 50
_MORE_MS = 3
"""What a large job may add to the first picture of a screen, which takes a tenth of a second."""
_FLAGGED = frozenset(Kind) - {Kind.ANSWERED}


def figures() -> Iterator[Figure]:
    """The first page and the first answer; what a large job's own thread then takes."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_output(folder)
        with new_index(folder) as index:
            add(index, folder)
        few = folder / "few.sqlite"
        _make_few(few, folder)
        many = folder / "index.sqlite"
        ours, floor = alternate(
            _ROUNDS, lambda: _opened_ms(many, folder), lambda: _opened_ms(few, folder)
        )
        what = f"opening: {_MANY:,} answers (floor: {_NINE})"
        more = ours - floor
        yield Figure(what, ours, "ms", floor, f"≤ {_MORE_MS} ms more", more <= _MORE_MS)
        with AnswerIndex(many) as index:
            outline = _median_ms(index.outline)
            yield Figure("opening: outline", outline, goal="< 3 ms", met=outline < 3)
            yield Figure("opening: totals, in a thread", _median_ms(index.totals))
            yield Figure("opening: sections, in a thread", _median_ms(index.sections))
            rows = _median_ms(lambda: index.rows_where(_FLAGGED))
            yield Figure("opening: failed, missing, truncated, refused", rows)
        compared = _median_ms(lambda: _compared(many, folder), rounds=5)
        yield Figure(
            "opening: comparison with itself", compared, goal="< 1 s", met=compared < 1_000
        )


def _make_few(path: Path, folder: Path) -> None:
    """An index of the first lines only."""
    output = folder / "few.output.jsonl"
    with (folder / "part-001.output.jsonl").open("rb") as file:
        output.write_bytes(b"".join(next(file) for _ in range(_NINE)))
    with AnswerIndex.create(path) as index:
        index.add_requests(
            (f"section-{n}.facts.{n:05d}", f"Section {n}", "facts", Place("part-001.jsonl", 0, 1))
            for n in range(_NINE)
        )
        index.add_file(output, 1, lambda _done, _total: None)


def _opened_ms(path: Path, folder: Path) -> float:
    started = time.perf_counter()
    with AnswerIndex(path) as index:
        results = Results(index, folder, folder)
        len(index)
        index.outline()
        first, *_ = index.answers(0, _IN_VIEW)
        results.text(first)
        return (time.perf_counter() - started) * 1_000


def _compared(path: Path, folder: Path) -> None:
    one, other = (Results(AnswerIndex(path), folder, folder) for _ in range(2))
    with Comparison(one, other) as found:
        found.pairs(_MANY // 2, _MANY // 2 + _IN_VIEW)


def _median_ms(work: Callable[[], object], rounds: int = _ROUNDS) -> float:
    def timed() -> float:
        started = time.perf_counter()
        work()
        return (time.perf_counter() - started) * 1_000

    return sorted(timed() for _ in range(rounds))[rounds // 2]
