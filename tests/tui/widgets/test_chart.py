"""The chart: every line fits, lengths tell the numbers, and shade tells what colour tells."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.app import App, ComposeResult

from wellspring_tui.tui.widgets import chart_paint as paint
from wellspring_tui.tui.widgets.chart import Chart
from wellspring_tui.tui.widgets.chart_model import Bar, ChartData, axis_for

if TYPE_CHECKING:
    from wellspring_tui.tui.widgets.chart_paint import Piece

NASTY = "[/] \x1b[31m花\u202e\n👩‍👩‍👧 [@click=app.quit]x"
numbers = st.floats(0, 1e12, allow_nan=False)


class Stage(App[None]):
    """A chart alone."""

    def __init__(self, data: ChartData) -> None:
        super().__init__()
        self._data = data

    def compose(self) -> ComposeResult:
        """The chart."""
        yield Chart(empty="Nothing yet.")

    def on_mount(self) -> None:
        """Draw."""
        chart = self.query_one(Chart)
        chart.show(self._data, whole_numbers=True, empty="Nothing yet.")
        chart.focus()

    @property
    def lines(self) -> list[str]:
        """What is on the screen."""
        return [strip.text for strip in self.screen._compositor.render_strips()]


def text(pieces: list[Piece]) -> str:
    return "".join(words for words, _ in pieces)


def drawn(pieces: list[Piece], look: str) -> str:
    return "".join(words for words, own in pieces if own == look)


@given(numbers, st.integers(1, 12), st.booleans())
def test_an_axis_ends_at_a_round_number_that_no_bar_exceeds(
    most: float, steps: int, whole: bool
) -> None:
    axis = axis_for(most, steps, whole_numbers=whole)
    assert axis.top >= most * (1 - 1e-6)
    assert axis.step > 0
    assert axis.ticks[0] == 0
    assert len(axis.ticks) <= max(steps, 1) + 1
    if whole:
        assert all(tick == int(tick) for tick in axis.ticks)


@pytest.mark.parametrize(
    ("most", "steps", "ticks"),
    [
        (90, 4, [0, 25, 50, 75, 100]),
        (100, 4, [0, 25, 50, 75, 100]),
        (1_429, 3, [0, 500, 1_000, 1_500]),
        (2, 4, [0, 1, 2]),
        (0, 4, [0, 1]),
    ],
)
def test_axes_are_those_a_person_would_draw(most: int, steps: int, ticks: list[int]) -> None:
    assert axis_for(most, steps, whole_numbers=True).ticks == ticks


@given(
    st.lists(st.tuples(st.text(max_size=30), numbers, numbers), min_size=1, max_size=6),
    st.integers(30, 200),
)
def test_a_lying_bar_is_as_wide_as_its_line(
    given_bars: list[tuple[str, float, float]], width: int
) -> None:
    bars = [
        Bar(label, first, second, f"{first + second:,.0f}"[:12])
        for label, first, second in given_bars
    ]
    data = ChartData(bars, "in", "out")
    plan = paint.plan_lying(data, width, whole_numbers=True)
    widths = {cell_len(text(paint.lying_bar(bar, plan))) for bar in bars}
    assert len(widths) == 1
    for bar in bars:
        pieces = paint.lying_bar(bar, plan)
        length = len(drawn(pieces, "first") + drawn(pieces, "second"))
        assert length <= plan.plot
        assert bool(length) == (bar.whole > 0)
    assert "\x1b" not in text(paint.lying_bar(Bar(NASTY, 1, 1, "2"), plan))


def test_lengths_tell_the_numbers() -> None:
    data = ChartData([Bar("a", 30, 70, "100"), Bar("b", 20, 0, "20"), Bar("c", 0, 50, "50")])
    plan = paint.plan_lying(data, 111, whole_numbers=True)
    assert plan.axis.top == 100
    a, b, c = (paint.lying_bar(bar, plan) for bar in data.bars)
    whole = len(drawn(a, "first") + drawn(a, "second"))
    assert whole == plan.plot
    assert len(drawn(a, "first")) == pytest.approx(0.3 * whole, abs=1)
    assert len(drawn(b, "first")) == pytest.approx(0.2 * whole, abs=1)
    assert drawn(b, "second") == ""
    assert len(drawn(c, "second")) == pytest.approx(0.5 * whole, abs=1)


def test_the_parts_are_told_apart_without_colours() -> None:
    data = ChartData([Bar("a", 50, 50, "100")], "input", "output")
    line = text(paint.lying_bar(data.bars[0], paint.plan_lying(data, 60, whole_numbers=True)))
    assert paint.FULL in line
    assert paint.SHADED in line
    assert text(paint.legend(data)) == "██ input   ▒▒ output"


@given(
    st.lists(st.tuples(numbers, numbers), min_size=1, max_size=400),
    st.integers(30, 170),
    st.integers(3, 30),
)
def test_columns_stand_within_the_width_and_the_height(
    parts: list[tuple[float, float]], width: int, rows: int
) -> None:
    bars = [Bar(f"Nov {number}", *both, "") for number, both in enumerate(parts)]
    data = ChartData(bars, "in", "out", standing=True)
    plan = paint.plan_standing(data, width, rows, whole_numbers=True)
    lines = [text(paint.standing_row(data, plan, row)) for row in range(rows)]
    ground, names = map(text, paint.standing_axis(plan))
    assert all(cell_len(line) <= width for line in (*lines, ground, names.rstrip()[:width]))
    assert len(plan.bars) == -(-len(bars) // plan.together)
    assert sum(bar.whole for bar in plan.bars) == pytest.approx(sum(bar.whole for bar in bars))


def test_heights_tell_the_numbers_to_an_eighth_of_a_line() -> None:
    bars = [Bar("a", 40, 60, ""), Bar("b", 0, 25, ""), Bar("c", 5, 0, ""), Bar("d", 0, 0, "")]
    data = ChartData(bars, "in", "out", standing=True, figure=lambda tick: f"{tick:.0f}")
    plan = paint.plan_standing(data, 40, 10, whole_numbers=True)
    columns = list(
        zip(
            *(text(paint.standing_row(data, plan, row))[-28:] for row in range(10)),
            strict=True,
        )
    )
    a, b, c, d = ("".join(columns[7 * number]).rstrip() for number in range(4))
    assert a == "████▒▒▒▒▒▒"
    assert b == "▒▒▄"
    assert c == "▄"
    assert d == ""


def test_a_day_of_unknown_cost_is_marked() -> None:
    data = ChartData([Bar("a", 10, 0, "", unknown=True), Bar("b", 10, 0, "")], standing=True)
    plan = paint.plan_standing(data, 40, 4, whole_numbers=True)
    data_on_top = ChartData([Bar("a", 0, 0, "", unknown=True), *data.bars], standing=True)
    on_top = paint.plan_standing(data_on_top, 40, 4, whole_numbers=True)
    assert "?" in text(paint.standing_row(data_on_top, on_top, 0))
    assert "?" not in text(paint.standing_row(data, plan, 0))


def test_days_too_many_for_the_width_stand_together_and_it_is_said() -> None:
    data = ChartData([Bar("Nov 1", 1, 1, "")] * 365, "in", "out", True, each="days")
    plan = paint.plan_standing(data, 80, 10, whole_numbers=True)
    assert plan.together == 5
    assert text(paint.legend(data, plan.together)).endswith("a column is 5 days")


@pytest.mark.parametrize("size", [(80, 24), (160, 50), (30, 8), (12, 4)])
@pytest.mark.parametrize("standing", [True, False])
async def test_any_label_is_drawn_at_any_size(size: tuple[int, int], *, standing: bool) -> None:
    bars = [Bar(f"{NASTY}{number}", number, 3, f"{number + 3:,}") for number in range(40)]
    app = Stage(ChartData(bars, "input", "output", standing=standing))
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        assert all(cell_len(line) == size[0] for line in app.lines)
        assert "\x1b" not in "".join(app.lines)
        if size[1] > 8:
            assert "input" in app.lines[0]


async def test_few_bars_are_thick_and_many_scroll_under_a_standing_axis() -> None:
    few = Stage(ChartData([Bar("a", 1, 1, "2"), Bar("b", 1, 0, "1")], "input", "output"))
    async with few.run_test(size=(60, 20)) as pilot:
        await pilot.pause()
        assert [line.strip()[:1] for line in few.lines[1:6]] == ["a", "█", "", "b", "█"]
    many = Stage(
        ChartData([Bar(f"bar {n:02}", n, 0, f"{n}") for n in range(60)], "input", "output")
    )
    async with many.run_test(size=(60, 20)) as pilot:
        await pilot.pause()
        before = many.lines
        assert before[1].startswith(" bar 00")
        await pilot.press("j", "j", "j")
        assert many.lines[1].startswith(" bar 03")
        await pilot.press("G")
        assert many.lines[-3].startswith(" bar 59")
        assert (many.lines[0], many.lines[-2:]) == (before[0], before[-2:])
        await pilot.press("g")
        assert many.lines == before


async def test_without_bars_it_says_what_to_do() -> None:
    app = Stage(ChartData())
    async with app.run_test(size=(40, 9)) as pilot:
        await pilot.pause()
        assert [line.strip() for line in app.lines if line.strip()] == ["Nothing yet."]
