"""The cursor, the marks and the view of a table, driven by keys as a person does."""

from __future__ import annotations

import pytest

from tests.tui.widgets.tables import SIZE, TableApp, first_shown, jobs, texts
from wellspring_tui.tui.widgets.table import MARKED_AT_ONCE
from wellspring_tui.tui.widgets.table_model import ListRows, Row


async def test_the_first_row_is_highlighted_from_the_start() -> None:
    app = TableApp(jobs(range(100)))
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await pilot.pause()
        assert app.table.cursor_key == "j0"
        assert set(app.heard("highlighted")) == {"j0"}


@pytest.mark.parametrize(
    ("keys", "position"),
    [
        (["down"], 1),
        (["j", "j", "k"], 1),
        (["down", "up", "up"], 0),
        (["end"], 99),
        (["G", "g"], 0),
        (["G", "down"], 99),
        (["end", "home"], 0),
        (["pagedown"], 10),
        (["pagedown", "pagedown", "pageup"], 10),
        (["ctrl+d"], 5),
        (["ctrl+d", "ctrl+d", "ctrl+u"], 5),
    ],
)
async def test_keys_move_the_cursor(keys: list[str], position: int) -> None:
    app = TableApp(jobs(range(100)))
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await pilot.press(*keys)
        assert app.table.cursor_position == position
        assert app.heard("highlighted")[-1] == f"j{position}"
        assert any("▌" in line and f"Job {position} " in line for line in texts(app.table))


async def test_enter_opens_the_row_under_the_cursor() -> None:
    app = TableApp(jobs(range(5)))
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await pilot.press("down", "enter")
        assert app.heard("opened") == ["j1"]


async def test_the_view_follows_the_cursor_and_never_shows_room_below_the_last_row() -> None:
    app = TableApp(jobs(range(100)))
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await pilot.press("G")
        assert first_shown(app) == "Job 90"
        await pilot.resize_terminal(60, 21)
        await pilot.pause()
        assert first_shown(app) == "Job 80"
        await pilot.resize_terminal(60, 6)
        await pilot.pause()
        assert "Job 99" in texts(app.table)[-1]


# Rows come and go around the cursor


async def test_the_cursor_stays_on_its_row_when_rows_come_in_above() -> None:
    app = TableApp(jobs(range(10, 100)))
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await pilot.press("down", "down")
        before = app.heard("highlighted")
        app.table.show(jobs([5, *range(10, 100)]))
        await pilot.pause()
        assert (app.table.cursor_key, app.table.cursor_position) == ("j12", 3)
        assert first_shown(app) == "Job 5"
        assert app.heard("highlighted") == before


async def test_further_down_nothing_on_the_screen_moves_when_rows_come_in_above() -> None:
    app = TableApp(jobs(range(10, 100)))
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await pilot.press(*["pagedown"] * 4, "up", "up")
        before = texts(app.table)
        app.table.show(jobs(range(100)))
        await pilot.pause()
        assert texts(app.table) == before


async def test_the_view_stays_when_the_cursor_was_scrolled_out_of_it() -> None:
    app = TableApp(jobs(range(100)))
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        app.table.scroll_to(y=50, animate=False)
        await pilot.pause()
        app.table.show(jobs(range(-5, 100)))
        await pilot.pause()
        assert first_shown(app) == "Job 50"
        assert app.table.cursor_key == "j0"


async def test_sorting_takes_the_view_to_the_cursors_row() -> None:
    app = TableApp(jobs(range(100)))
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await pilot.press("down")
        app.table.show(jobs(reversed(range(100))))
        await pilot.pause()
        assert (app.table.cursor_key, app.table.cursor_position) == ("j1", 98)
        assert any("▌" in line and "Job 1 " in line for line in texts(app.table))


async def test_when_its_row_goes_the_cursor_takes_the_next_one_that_is_left() -> None:
    app = TableApp(jobs(range(20)))
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await pilot.press(*["down"] * 5)
        app.table.show(jobs(n for n in range(20) if n not in {0, 1, 5, 6}))
        await pilot.pause()
        assert app.table.cursor_key == "j7"
        assert app.heard("highlighted")[-1] == "j7"
        app.table.show(jobs([0, 1, 2]))
        await pilot.pause()
        assert app.table.cursor_key == "j2"


async def test_all_rows_go_and_others_come() -> None:
    app = TableApp(jobs(range(20)), empty="No jobs yet.")
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await pilot.press("G")
        app.table.show(ListRows())
        await pilot.pause()
        assert app.table.cursor_key is None
        assert app.heard("highlighted")[-1] is None
        assert any("No jobs yet." in line for line in texts(app.table))
        await pilot.press("down", "enter", "space", "a", "pagedown", "G")
        assert app.heard("opened") == []
        app.table.show(jobs([7]))
        await pilot.pause()
        assert app.heard("highlighted")[-1] == "j7"
        await pilot.press("down", "up", "pagedown", "G", "enter")
        assert app.heard("opened") == ["j7"]


async def test_move_to_a_key() -> None:
    app = TableApp(jobs(range(100)))
    async with app.run_test(size=SIZE, notifications=True):
        assert app.table.move_to("j42")
        assert app.table.cursor_position == 42
        assert not app.table.move_to("nobody")
        assert app.table.cursor_key == "j42"
        app.table.move_to_position(10_000)
        assert app.table.cursor_key == "j99"


async def test_a_table_may_be_moved_before_it_is_on_the_screen() -> None:
    app = TableApp(jobs(range(100)))
    app.table.show(jobs(range(100)))
    app.table.move_to("j50")
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await pilot.pause()
        assert app.heard("highlighted")[-1] == "j50"
        assert any("▌" in line and "Job 50 " in line for line in texts(app.table))


# Marks


async def test_space_marks_and_moves_on() -> None:
    app = TableApp(jobs(range(5)))
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await pilot.press("space", "space")
        assert app.table.marks == {"j0", "j1"}
        assert app.heard("marks") == [{"j0"}, {"j0", "j1"}]
        assert ["◆" in line for line in texts(app.table)[1:4]] == [True, True, False]
        await pilot.press("up", "space")
        assert app.table.marks == {"j0"}
        app.table.clear_marks()
        await pilot.pause()
        assert app.heard("marks")[-1] == frozenset()
        assert not any("◆" in line for line in texts(app.table))


async def test_marks_stay_with_their_rows_and_go_with_them() -> None:
    app = TableApp(jobs(range(5)))
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await pilot.press("space", "space", "space")
        app.table.show(jobs([4, 2, 0]))
        await pilot.pause()
        assert app.heard("marks")[-1] == {"j0", "j2"}
        assert ["◆" in line for line in texts(app.table)[1:4]] == [False, True, True]


async def test_a_marks_all_rows_but_no_heading_and_a_again_none() -> None:
    rows = [Row("h", ("Section",), heading=True), *jobs(range(3)).page(0, 3)]
    app = TableApp(ListRows(rows))
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await pilot.press("space")
        assert app.table.marks == frozenset()
        await pilot.press("a")
        assert app.table.marks == {"j0", "j1", "j2"}
        await pilot.press("a")
        assert app.table.marks == frozenset()


async def test_too_many_rows_are_not_marked_at_once_and_it_says_so() -> None:
    app = TableApp(jobs(range(MARKED_AT_ONCE + 1)))
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await pilot.press("a")
        assert app.table.marks == frozenset()
        assert len(app._notifications) == 1
