"""What a table looks like, and how little of it is fetched and painted."""

from __future__ import annotations

from textual.content import Content

from tests.tui.widgets.tables import COLUMNS, SIZE, TableApp, jobs, painted, texts, width_of
from wellspring_tui.tui.widgets.table_model import Column, ListRows, Row


async def test_other_columns_are_painted_with_the_rows_that_go_with_them() -> None:
    app = TableApp(jobs(range(2)))
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        app.table.columns = (Column("found", "Found", 6), Column("name", "Name", 12))
        app.table.show(ListRows([Row("j0", ("7", "Job 0")), Row("j1", ("12", "Job 1"))]))
        app.table.refresh()
        await pilot.pause()
        assert texts(app.table)[0].split() == ["Found", "Name"]
        assert texts(app.table)[2].split() == ["12", "Job", "1"]


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
