"""The mouse on a table: clicks, double clicks and the wheel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from textual import events

from tests.tui.widgets.tables import SIZE, TableApp, first_shown, jobs, texts
from wellspring_tui.tui.widgets.table_model import ListRows, Row

if TYPE_CHECKING:
    from wellspring_tui.tui.widgets.table import Table


def wheel_down(table: Table) -> events.MouseScrollDown:
    return events.MouseScrollDown(table, 10, 3, 0, 1, 0, False, False, False, 10, 3)


async def test_a_click_selects_and_a_click_on_the_selected_row_opens() -> None:
    app = TableApp(jobs(range(5)))
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await pilot.click("#jobs", offset=(10, 3))
        assert app.table.cursor_key == "j2"
        assert app.heard("opened") == []
        await pilot.click("#jobs", offset=(10, 2))
        await pilot.click("#jobs", offset=(10, 2))
        assert app.heard("opened") == ["j1"]


@pytest.mark.parametrize("line", [1, 3])
async def test_a_double_click_opens_once(line: int) -> None:
    app = TableApp(jobs(range(5)))
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await pilot.double_click("#jobs", offset=(10, line))
        assert app.heard("opened") == [f"j{line - 1}"]


async def test_one_click_opens_a_heading_and_a_double_click_opens_it_once() -> None:
    rows = [Row("h", ("Soil",), heading=True), Row("a", ("A",)), Row("i", ("Water",), heading=True)]
    app = TableApp(ListRows(rows))
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await pilot.click("#jobs", offset=(10, 3))
        assert (app.table.cursor_key, app.heard("opened")) == ("i", ["i"])
        await pilot.double_click("#jobs", offset=(10, 1))
        assert (app.table.cursor_key, app.heard("opened")) == ("h", ["i", "h"])


async def test_a_click_below_the_last_row_does_nothing() -> None:
    app = TableApp(jobs(range(3)))
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await pilot.click("#jobs", offset=(10, 8))
        assert app.table.cursor_key == "j0"
        assert app.heard("opened") == []


async def test_a_click_finds_its_row_below_a_border() -> None:
    app = TableApp(jobs(range(5)))
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        app.table.styles.border = ("round", "white")
        await pilot.pause()
        await pilot.click("#jobs", offset=(10, 3))
        assert app.table.cursor_key == "j1"
        await pilot.click("#jobs", offset=(10, 0))
        assert app.heard("header") == []


async def test_a_click_on_a_header_asks_to_sort_by_it_if_it_can_be_sorted() -> None:
    app = TableApp(jobs(range(5)))
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        header = texts(app.table)[0]
        for label in ("Name", "Status", "Cost"):
            await pilot.click("#jobs", offset=(header.index(label), 0))
        assert app.heard("header") == ["name", "cost"]
        assert app.table.cursor_key == "j0"


async def test_the_wheel_scrolls_and_leaves_the_cursor() -> None:
    app = TableApp(jobs(range(100)))
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        app.table.post_message(wheel_down(app.table))
        await pilot.pause()
        assert first_shown(app) != "Job 0"
        assert app.table.cursor_key == "j0"
