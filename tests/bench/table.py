"""The table against Textual's DataTable, with the same rows in the same run."""

from __future__ import annotations

import asyncio
import statistics
from time import perf_counter, process_time
from typing import TYPE_CHECKING

from rich.text import Text
from textual import events
from textual.content import Content
from textual.widgets import DataTable

from tests.bench.measure import Figure, peak_megabytes, percentile
from tests.bench.painting import SIZE, PaintingApp
from wellspring_tui.tui.widgets.table import Table
from wellspring_tui.tui.widgets.table_model import Column, Row

if TYPE_CHECKING:
    from collections.abc import Iterator

FEW, MANY, MOST = 100, 10_000, 50_000
CELLS = 20
ROUNDS = 15
IDLE_SECONDS = 5

KEYS = {
    "down": ["down"] * 4,
    # Back again too, so that a hundred rows have as much to paint.
    "pagedown": ["pagedown", "pagedown", "pageup", "pageup"],
}

COLUMNS = [
    Column("name", "Name", 24, flexible=True, sortable=True),
    Column("status", "Status", 13),
    Column("progress", "Progress", 14),
    *[Column(f"number{n}", f"Number {n}", 10, align="right") for n in range(7)],
]


class Made:
    """Rows made when they are asked for, as a ledger's are; the source of both tables."""

    def __init__(self, count: int, *, turn: int = 0, backwards: bool = False) -> None:
        """In another `turn` a cell of each of the first twenty rows is another."""
        self._count = count
        self._turn = turn
        self._backwards = backwards
        self._pages: dict[tuple[int, int], list[Row]] = {}

    def __len__(self) -> int:
        return self._count

    def page(self, start: int, stop: int) -> list[Row]:
        """The rows from `start` up to `stop`, made once."""
        if (start, stop) not in self._pages:
            self._pages[start, stop] = [self._row(self._number(n)) for n in range(start, stop)]
        return self._pages[start, stop]

    def position(self, key: str) -> int | None:
        """Where the row of that key is."""
        return self._number(int(key))

    def _number(self, position: int) -> int:
        return self._count - 1 - position if self._backwards else position

    def _row(self, n: int) -> Row:
        return Row(
            str(n),
            (
                f"Development budget {n}",
                Content.styled("● completed", "$text-success"),
                Content.assemble(("━━━━━━━━", "$text-success"), ("──────", "$foreground 20%")),
                *[f"{n * 37 % 9973:,}" for _ in range(6)],
                f"{self._turn if n < CELLS else 0}s",
            ),
        )


def figures() -> Iterator[Figure]:
    """Filling, keys, refreshing, sorting, idling, memory."""
    for count in (FEW, MANY, MOST):
        yield from _figures_of(count, asyncio.run(_table(count)))
    yield _memory()


def _figures_of(count: int, found: dict[str, float]) -> Iterator[Figure]:
    rows = f"{count:,} rows"
    yield Figure(f"{rows}: fill to paint", found["fill"], goal="< 100 ms", met=found["fill"] < 100)
    for key in KEYS:
        floor = found[f"{key}, few"]
        yield Figure(
            f"{rows}: {key} to paint, p95 (floor: {FEW} rows)",
            found[key],
            floor=floor,
            goal="≤ 30 ms, ≤ 1.3 ×",
            met=found[key] <= 30 and found[key] <= 1.3 * floor,
        )
    yield Figure(f"{rows}: sorted rows to paint", found["sort"])
    yield Figure(f"{rows}: refresh {CELLS} cells to paint", found["refresh_wall"])
    theirs = asyncio.run(_data_table(count)) if count <= MANY else None
    yield Figure(
        f"{rows}: refresh {CELLS} cells, cpu (floor: DataTable)",
        found["refresh"],
        floor=theirs,
        goal="≥ 15 × cheaper" if theirs and count == MANY else "",
        met=theirs / found["refresh"] >= 15 if theirs and count == MANY else None,
    )
    yield Figure(
        f"{rows}: idle, {CELLS} cells a second",
        found["idle"],
        unit="%",
        goal="≤ 1% of a core",
        met=found["idle"] <= 1,
    )


async def _table(count: int) -> dict[str, float]:
    table = Table(COLUMNS)
    app = PaintingApp(table)
    rows, backwards = Made(count), Made(count, backwards=True)
    turns = [Made(count, turn=turn) for turn in range(1, ROUNDS + 1)]
    async with app.run_test(size=SIZE):
        found = {"fill": await app.to_paint(lambda: table.show(rows))}
        for name, keys in KEYS.items():
            times: dict[int, list[float]] = {FEW: [], count: []}
            for size in [FEW, count] * ROUNDS:
                table.show(Made(size))
                times[size] += [await _key(app, key) for key in keys]
            found[name] = percentile(times[count], 95)
            found[f"{name}, few"] = percentile(times[FEW], 95)
        sorts = [
            await app.to_paint(lambda order=order: table.show(order))  # type: ignore[misc]
            for order in [backwards, rows] * 3
        ]
        found["sort"] = statistics.median(sorts)
        table.action_first()
        walls = [
            await app.to_paint(lambda turn=turn: table.show(turn))  # type: ignore[misc]
            for turn in turns
        ]
        # The rows are made by now, as they are for DataTable: making them is the source's affair.
        costs = [
            await app.processor(lambda turn=turn: table.show(turn))  # type: ignore[misc]
            for turn in turns
        ]
        found["refresh_wall"], found["refresh"] = statistics.median(walls), statistics.median(costs)
        found["idle"] = await _idle(table, turns)
    return found


async def _key(app: PaintingApp, key: str) -> float:
    return await app.to_paint(lambda: app.post_message(events.Key(key, None)))


async def _idle(table: Table, turns: list[Made]) -> float:
    """Percent of a core, with twenty cells changing every second."""
    wall, processor = perf_counter(), process_time()
    for second in range(IDLE_SECONDS):
        table.show(turns[second % len(turns)])
        await asyncio.sleep(1)
    return 100 * (process_time() - processor) / (perf_counter() - wall)


async def _data_table(count: int) -> float:
    """Milliseconds of processor that DataTable takes to show twenty changed cells."""
    table: DataTable[Text] = DataTable(cursor_type="row")
    app = PaintingApp(table)
    async with app.run_test(size=SIZE):
        for column in COLUMNS:
            table.add_column(Text(column.label), width=column.width, key=column.key)
        for row in Made(count).page(0, count):
            table.add_row(*(Text(str(cell)) for cell in row.cells), key=row.key)
        await app.quiet()
        costs = []
        for turn in range(ROUNDS):

            def change(words: str = f"{turn}s") -> None:
                for n in range(CELLS):
                    table.update_cell(str(n), COLUMNS[-1].key, Text(words))

            costs.append(await app.processor(change))
    return statistics.median(costs)


def _memory() -> Figure:
    code = """
import asyncio
from tests.bench.painting import SIZE, PaintingApp
from tests.bench.table import COLUMNS, MANY, Made
from wellspring_tui.tui.widgets.table import Table

async def main():
    table = Table(COLUMNS)
    app = PaintingApp(table)
    async with app.run_test(size=SIZE):
        table.show(Made(MANY))
        await app.quiet()

asyncio.run(main())
"""
    peak = peak_megabytes(code)
    return Figure(
        f"{MANY:,} rows paged: peak memory of the app", peak, "MB", goal="≤ 60 MB", met=peak <= 60
    )
