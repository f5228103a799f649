"""Whatever happens to the rows, the cursor is on a row, in view, and marks are on rows."""

from __future__ import annotations

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tui.widgets.tables import TableApp, jobs, painted, texts, width_of

keys = st.sampled_from(["down", "up", "pagedown", "pageup", "home", "end", "space", "ctrl+d"])
some_rows = st.lists(st.integers(0, 60), unique=True, max_size=60)
steps = st.lists(st.one_of(keys, some_rows), min_size=1, max_size=12)


@settings(max_examples=40)
@given(some_rows, steps)
def test_the_cursor_is_always_on_a_row_that_is_there(
    first: list[int], steps: list[str | list[int]]
) -> None:
    asyncio.run(_play(first, steps))


async def _play(first: list[int], steps: list[str | list[int]]) -> None:
    app = TableApp(jobs(first))
    shown = first
    async with app.run_test(size=(40, 8), notifications=True) as pilot:
        for step in steps:
            before = app.table.cursor_key
            marks = app.table.marks
            if isinstance(step, str):
                await pilot.press(step)
            else:
                shown = step
                app.table.show(jobs(shown))
                await pilot.pause()
                there = {f"j{n}" for n in shown}
                assert app.table.marks == marks & there
                assert app.table.cursor_key == before or before not in there
            _assert_sound(app, shown)


def _assert_sound(app: TableApp, shown: list[int]) -> None:
    table = app.table
    assert {width_of(strip) for strip in painted(table)} == {table.size.width}
    if not shown:
        assert table.cursor_key is None
        return
    number = shown[table.cursor_position]
    assert table.cursor_key == f"j{number}"
    assert app.heard("highlighted")[-1] == table.cursor_key
    pointed = [line for line in texts(table) if line.startswith("▌")]
    assert len(pointed) == 1
    assert f"Job {number} " in pointed[0]
    assert table.scroll_y <= max(0, len(shown) - 7)
