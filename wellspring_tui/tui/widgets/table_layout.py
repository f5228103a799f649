"""Where the columns of a table stand in the room there is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wellspring_tui.tui.widgets.table_model import Column

GUTTER = 3
"""Cells left of the first column: the cursor's sign, the mark's sign, a space."""

MARGIN = 1
"""Cells right of the last column, so that it does not touch the scroll bar."""

_ROOMY_GAP = 2
_TIGHT_GAP = 1
_LEAST_FLEXIBLE = 4


@dataclass(frozen=True, slots=True)
class Placed:
    """A column that is shown: the cells `x` up to `x + width` of each line."""

    column: Column
    index: int
    """Which cell of a row it shows."""
    x: int
    width: int


def lay_out(columns: Sequence[Column], room: int) -> tuple[Placed, ...]:
    """Place the columns in `room` cells, gutter and margin included.

    The gaps get tight before a column is dropped, columns are dropped before one is cut.
    """
    left = room - GUTTER - MARGIN
    shown = list(enumerate(columns))
    gap = _ROOMY_GAP
    if _least(shown, gap) > left:
        gap = _TIGHT_GAP
    while _least(shown, gap) > left and any(column.priority for _, column in shown):
        shown.remove(max(shown, key=lambda item: (item[1].priority, item[0])))
    widths = _widths([column for _, column in shown], left - gap * (len(shown) - 1))
    placed: list[Placed] = []
    x = GUTTER
    for (index, column), width in zip(shown, widths, strict=True):
        if x >= room - MARGIN:
            break
        visible = min(width, room - MARGIN - x)
        placed.append(Placed(column, index, x, visible))
        x += visible + gap
    return tuple(placed)


def column_at(placed: Sequence[Placed], x: int) -> Column | None:
    """The column under cell `x`, counting the gap after a column as its own."""
    before = [place for place in placed if place.x <= x]
    return before[-1].column if before else None


def _least(shown: Sequence[tuple[int, Column]], gap: int) -> int:
    return sum(column.width for _, column in shown) + gap * (len(shown) - 1)


def _widths(columns: Sequence[Column], left: int) -> list[int]:
    widths = [column.width for column in columns]
    flexible = [index for index, column in enumerate(columns) if column.flexible]
    spare = left - sum(widths)
    if spare >= 0:
        return _shared(widths, flexible, spare)
    for index in flexible:
        given = min(-spare, max(0, widths[index] - _LEAST_FLEXIBLE))
        widths[index] -= given
        spare += given
    return widths


def _shared(widths: list[int], flexible: list[int], spare: int) -> list[int]:
    weight = sum(widths[index] for index in flexible)
    for index in flexible:
        share = spare * widths[index] // weight if weight else 0
        weight -= widths[index]
        spare -= share
        widths[index] += share
    return widths
