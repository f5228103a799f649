"""How a chart is drawn in cells: bars in eighths, two shades beside two colours, an axis."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from rich.cells import cell_len

from wellspring_tui.tui.widgets.cells import fitted, shown
from wellspring_tui.tui.widgets.chart_model import Axis, axis_for

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wellspring_tui.tui.widgets.chart_model import Bar, ChartData

Look = Literal["plain", "quiet", "first", "second", "warn"]
Piece = tuple[str, Look]

FULL, SHADED = "█", "▒"
_LYING = " ▏▎▍▌▋▊▉█"
_STANDING = " ▁▂▃▄▅▆▇█"
_LABEL_SHARE = 0.36
_LEAST_PLOT = 10
_TICK_ROOM = 14
_ROWS_A_TICK = 4
_WIDEST_COLUMN = 6
_LONGEST_NAME = 12


def legend(data: ChartData, together: int = 1) -> list[Piece]:
    """What the two parts are called, and how many bars stand as one."""
    pieces: list[Piece] = [(f"{FULL}{FULL} ", "first"), (data.first, "plain")]
    if data.second:
        pieces += [("   ", "plain"), (f"{SHADED}{SHADED} ", "second"), (data.second, "plain")]
    joined = f"a column is {together} {data.each}" if together > 1 else ""
    return [*pieces, *((f"   {note}", "quiet") for note in (data.note, joined) if note)]


# -- lying -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LyingPlan:
    """Where labels, bars and values stand in a line."""

    label: int
    plot: int
    value: int
    axis: Axis

    @property
    def left(self) -> int:
        """The first cell of the bars."""
        return self.label + 2


def plan_lying(data: ChartData, width: int, *, whole_numbers: bool) -> LyingPlan:
    """Give the bars what labels and values leave."""
    value = max((cell_len(bar.value) for bar in data.bars), default=0)
    longest = max((cell_len(shown(bar.label, width)) for bar in data.bars), default=0)
    label = min(longest, max(8, int(width * _LABEL_SHARE)))
    plot = max(_LEAST_PLOT, width - label - value - 4)
    most = max((bar.whole for bar in data.bars), default=0.0)
    return LyingPlan(
        label, plot, value, axis_for(most, max(1, plot // _TICK_ROOM), whole_numbers=whole_numbers)
    )


def lying_bar(bar: Bar, plan: LyingPlan, line: int = 0) -> list[Piece]:
    """Label, bar, value; on its further lines a thick bar has no words."""
    drawn = _lying(bar, plan)
    label, value = (bar.label, bar.value) if line == 0 else ("", "")
    used = sum(len(text) for text, _ in drawn)
    return [
        (f" {fitted(shown(label, plan.label), plan.label)} ", "plain"),
        *drawn,
        (" " * (plan.plot - used + 1), "plain"),
        (fitted(value, plan.value, "right"), "warn" if bar.unknown else "plain"),
    ]


def _lying(bar: Bar, plan: LyingPlan) -> list[Piece]:
    eighths = 8 * plan.plot
    whole = round(eighths * bar.whole / plan.axis.top)
    if bar.whole > 0:
        whole = max(1, whole)
    first = round(eighths * bar.first / plan.axis.top) if bar.second > 0 else whole
    cells, rest = divmod(min(first, whole), 8)
    ahead = FULL * cells + (_LYING[rest] if rest else "")
    left = -(-whole // 8) - len(ahead)
    return [(ahead, "first"), (SHADED * max(0, left), "second")]


def lying_axis(data: ChartData, plan: LyingPlan) -> tuple[list[Piece], list[Piece]]:
    """The line under the bars with its ticks, and the numbers under it."""
    places = [round(tick / plan.axis.top * (plan.plot - 1)) for tick in plan.axis.ticks]
    line = ["─"] * plan.plot
    for place in places:
        line[place] = "┴"
    line[0] = "└"
    numbers = [" "] * (plan.left + plan.plot + plan.value + 2)
    free_from = 0
    for place, tick in zip(places, plan.axis.ticks, strict=True):
        text = data.figure(tick)
        start = max(0, min(plan.left + place - len(text) // 2, len(numbers) - len(text)))
        if start >= free_from:
            numbers[start : start + len(text)] = text
            free_from = start + len(text) + 1
    return (
        [(" " * plan.left + "".join(line), "quiet")],
        [("".join(numbers).rstrip(), "quiet")],
    )


# -- standing --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StandingPlan:
    """Where the columns stand, and how high the axis goes."""

    bars: Sequence[Bar]
    together: int
    """How many neighbours one column stands for."""
    labels: int
    """The width of the numbers at the left."""
    column: int
    gap: int
    rows: int
    axis: Axis


def plan_standing(data: ChartData, width: int, rows: int, *, whole_numbers: bool) -> StandingPlan:
    """Make the columns as wide as fits; where there are too many, neighbours become one."""
    steps = max(1, rows // _ROWS_A_TICK)
    together = 1
    while True:
        bars = _joined(data.bars, together)
        most = max((bar.whole for bar in bars), default=0.0)
        axis = axis_for(most, steps, whole_numbers=whole_numbers)
        labels = max(cell_len(data.figure(tick)) for tick in axis.ticks)
        room = max(1, width - labels - 4)
        if len(bars) <= room:
            break
        together += 1
    each = min(_WIDEST_COLUMN + 1, room // max(1, len(bars)))
    gap = 1 if each > 1 else 0
    return StandingPlan(bars, together, labels, each - gap, gap, rows, axis)


def _joined(bars: Sequence[Bar], together: int) -> Sequence[Bar]:
    """Neighbours as one, the last of them whole."""
    if together == 1:
        return bars
    from wellspring_tui.tui.widgets.chart_model import Bar

    groups = [bars[start : start + together] for start in range(0, len(bars), together)]
    return [
        Bar(
            group[0].label,
            sum(bar.first for bar in group),
            sum(bar.second for bar in group),
            "",
            any(bar.unknown for bar in group),
        )
        for group in groups
    ]


def standing_row(data: ChartData, plan: StandingPlan, row: int) -> list[Piece]:
    """One line of the columns; `row` counts from the bottom, from 0."""
    per_row = plan.axis.top / plan.rows
    on_tick = {round(tick / per_row) - 1: tick for tick in plan.axis.ticks[1:]}
    tick = on_tick.get(row)
    number = data.figure(tick) if tick is not None else ""
    mark = "┤" if tick is not None else "│"
    pieces: list[Piece] = [(f" {number:>{plan.labels}} {mark}", "quiet")]
    for bar in plan.bars:
        text, look = _cell(bar, plan, row)
        pieces += [(text * plan.column, look), (" " * plan.gap, "plain")]
    return pieces


def _cell(bar: Bar, plan: StandingPlan, row: int) -> Piece:
    eighths = 8 * plan.rows
    height = round(eighths * bar.whole / plan.axis.top)
    if bar.whole > 0:
        height = max(1, height)
    filled = min(8, max(0, height - 8 * row))
    if filled == 0:
        return ("?", "warn") if bar.unknown and height <= 8 * row < height + 8 else (" ", "plain")
    first = round(plan.rows * bar.first / plan.axis.top)
    if bar.first > 0 and height > 8:
        first = max(1, first)
    if row < first or bar.second <= 0:
        return _STANDING[filled], "first"
    return (SHADED if filled == 8 else _STANDING[filled]), "second"


def standing_axis(plan: StandingPlan) -> tuple[list[Piece], list[Piece]]:
    """The ground line, and the names under some of the columns."""
    each = plan.column + plan.gap
    width = each * len(plan.bars)
    left = plan.labels + 3
    names, used = "", 0
    for number, bar in enumerate(plan.bars):
        start = left + number * each
        label = shown(bar.label, _LONGEST_NAME)
        if start >= used + (2 if names else 0) and start + cell_len(label) <= left + width + 8:
            names += " " * (start - used) + label
            used = start + cell_len(label)
    return (
        [(f" {'0':>{plan.labels}} └{'─' * width}", "quiet")],
        [(names, "quiet")],
    )
