"""The cursor, the marks and the view of a table, driven as a person does."""

from __future__ import annotations

import pytest
from textual import events
from textual.content import Content

from tests.tui.widgets.tables import COLUMNS, TableApp, jobs, painted, texts, width_of
from wellspring_tui.tui.widgets.table import MARKED_AT_ONCE, Table
from wellspring_tui.tui.widgets.table_model import Column, ListRows, Row

SIZE = (60, 11)  # a header and ten rows


def wheel_down(table: Table) -> events.MouseScrollDown:
    return events.MouseScrollDown(table, 10, 3, 0, 1, 0, False, False, False, 10, 3)


def first_shown(app: TableApp) -> str:
    return texts(app.table)[1][3:].split("  ")[0]


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


# The mouse


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


async def test_other_columns_are_painted_with_the_rows_that_go_with_them() -> None:
    app = TableApp(jobs(range(2)))
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        app.table.columns = (Column("found", "Found", 6), Column("name", "Name", 12))
        app.table.show(ListRows([Row("j0", ("7", "Job 0")), Row("j1", ("12", "Job 1"))]))
        app.table.refresh()
        await pilot.pause()
        assert texts(app.table)[0].split() == ["Found", "Name"]
        assert texts(app.table)[2].split() == ["12", "Job", "1"]


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


# Looks


async def test_the_header_shows_the_sort_order() -> None:
    app = TableApp(jobs(range(5)))
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        app.table.sort_key = "name"
        await pilot.pause()
        assert "Name ▲" in texts(app.table)[0]
        app.table.sort_descending = True
        await pilot.pause()
        assert "Name ▼" in texts(app.table)[0]
        app.table.sort_key = "cost"
        await pilot.pause()
        assert "Cost ▼" in texts(app.table)[0]
        assert "Name ▼" not in texts(app.table)[0]


async def test_a_heading_spans_the_width() -> None:
    rows = [Row("h", ("A section of the manual with a long name", "3 of 9"), heading=True)]
    app = TableApp(ListRows(rows))
    async with app.run_test(size=SIZE, notifications=True):
        line = texts(app.table)[1]
        assert "A section of the manual with a long name" in line
        assert line.rstrip().endswith("3 of 9")


async def test_columns_go_by_priority_when_the_terminal_gets_narrow() -> None:
    app = TableApp(jobs(range(5)))
    async with app.run_test(size=(50, 8), notifications=True) as pilot:
        assert "Cost" in texts(app.table)[0]
        await pilot.resize_terminal(30, 8)
        await pilot.pause()
        assert "Cost" not in texts(app.table)[0]
        assert "Status" in texts(app.table)[0]
        await pilot.resize_terminal(20, 8)
        await pilot.pause()
        assert texts(app.table)[1].startswith("▌  Job 0")
        for width in (5, 3, 1):
            await pilot.resize_terminal(width, 8)
            await pilot.pause()
            assert {width_of(strip) for strip in painted(app.table)} == {width}


async def test_the_empty_words_are_wrapped_in_a_narrow_table() -> None:
    app = TableApp(empty="No jobs yet. Press n to choose a prompts file. [/]")
    async with app.run_test(size=(20, 10), notifications=True):
        words = " ".join(" ".join(texts(app.table)[1:]).split())
        assert words == "No jobs yet. Press n to choose a prompts file. [/]"


async def test_the_cursor_shows_without_colours_and_is_dimmer_without_focus() -> None:
    app = TableApp(jobs(range(3)))
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await pilot.pause()
        focused = painted(app.table)[1]
        app.set_focus(None)
        await pilot.pause()
        blurred = painted(app.table)[1]
        assert focused.text == blurred.text
        assert focused.text.startswith("▌")
        assert [segment.style for segment in focused] != [segment.style for segment in blurred]


async def test_styles_of_a_cell_follow_the_theme() -> None:
    cell = Content.assemble(("● ", "$success"), ("completed", "$success bold"))
    app = TableApp(ListRows([Row("j", ("Job", cell, "$1"))]))
    async with app.run_test(size=SIZE, notifications=True) as pilot:

        def colour() -> object:
            return next(s.style.color for s in painted(app.table)[1] if s.style and "●" in s.text)

        app.theme = "textual-dark"
        await pilot.pause()
        dark = colour()
        app.theme = "dracula"
        await pilot.pause()
        assert colour() != dark


# Only what is in view


class CountingRows(ListRows):
    """Rows that note what they are asked for."""

    def __init__(self, count: int) -> None:
        super().__init__(jobs(range(count)).page(0, count))
        self.asked: list[tuple[int, int]] = []

    def page(self, start: int, stop: int) -> tuple[Row, ...]:
        self.asked.append((start, stop))
        return tuple(super().page(start, stop))


async def test_only_rows_near_the_view_are_fetched_and_each_but_once() -> None:
    rows = CountingRows(50_000)
    app = TableApp(rows)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await pilot.press("down", "pagedown", "G", "up", "pageup", "g")
        await pilot.pause()
        assert len(rows.asked) == len(set(rows.asked))
        assert all(stop <= 200 or start >= 50_000 - 200 for start, stop in rows.asked)


async def test_a_source_that_comes_up_short_leaves_lines_blank() -> None:
    class Shrinking(ListRows):
        def page(self, start: int, stop: int) -> tuple[Row, ...]:
            return tuple(super().page(start, stop))[:3]

    app = TableApp(Shrinking(jobs(range(8)).page(0, 8)))
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await pilot.press("G", "enter", "space")
        assert app.heard("opened") == []
        assert texts(app.table)[5].strip() == ""


async def test_only_lines_that_look_different_are_painted_again() -> None:
    app = TableApp(jobs(range(100)))
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await pilot.pause()
        before = painted(app.table)
        rows = list(jobs(range(100)).page(0, 100))
        rows[4] = Row("j4", ("Job 4", "failed", "$4"))
        rows[90] = Row("j90", ("Job 90", "failed", "$90"))
        app.table.show(ListRows(rows))
        await pilot.pause()
        after = painted(app.table)
        again = [line for line, strip in enumerate(after) if strip is not before[line]]
        assert again == [5]
        assert "failed" in after[5].text


async def test_a_changed_colour_is_painted_though_the_words_are_the_same() -> None:
    def rows(style: str) -> ListRows:
        return ListRows([Row("j", ("Job", Content.styled("running", style), "$1"))])

    app = TableApp(rows("red"))
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await pilot.pause()
        before = [segment.style for segment in painted(app.table)[1]]
        app.table.show(rows("green"))
        await pilot.pause()
        assert [segment.style for segment in painted(app.table)[1]] != before


async def test_rows_that_changed_in_place_are_fetched_again_by_key() -> None:
    held = list(jobs(range(200)).page(0, 200))

    class Held(ListRows):
        def page(self, start: int, stop: int) -> list[Row]:
            return held[start:stop]

    app = TableApp(Held(held))
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await pilot.pause()
        held[2] = Row("j2", ("Job 2", "expired", "$2"))
        held[150] = Row("j150", ("Job 150", "expired", "$150"))
        app.table.refresh_keys(["j2", "j150"])
        await pilot.pause()
        assert "expired" in texts(app.table)[3]
        app.table.move_to("j150")
        await pilot.pause()
        assert any("expired" in line for line in texts(app.table))


async def test_columns_keep_their_grid_when_the_scroll_bar_comes() -> None:
    app = TableApp(jobs(range(3)), columns=COLUMNS)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        app.table.show(jobs(range(100)))
        await pilot.pause()
        header, row = texts(app.table)[0], texts(app.table)[1]
        assert header.index("Status") == row.index("completed")
        assert app.table.show_vertical_scrollbar
        assert header.rstrip().endswith("Cost")
        assert len(header.rstrip()) == len(row.rstrip())
