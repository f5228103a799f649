"""What a chart shows: bars of two parts each, and the axis they are measured on."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
_LEAST = 1e-12
"""Less is nothing: neither tokens nor dollars come in smaller pieces."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: two numbers on top of each other, and the words beside it."""

    label: str
    first: float
    second: float
    value: str
    unknown: bool = False
    """Whether some of it is not known, so that it may be longer than it is drawn."""

    @property
    def whole(self) -> float:
        """Both parts."""
        return self.first + self.second


@dataclass(frozen=True, slots=True)
class ChartData:
    """Bars to be drawn side by side: lying under one another, or standing next to each other."""

    bars: Sequence[Bar] = ()
    first: str = ""
    """What the first part is called."""
    second: str = ""
    standing: bool = False
    note: str = ""
    """What else the legend says."""
    each: str = ""
    """What a standing bar is one of, in the plural: where there is no room, one stands for some."""
    figure: Callable[[float], str] = field(default=lambda number: f"{number:g}")
    """Writes a number of the axis."""


@dataclass(frozen=True, slots=True)
class Axis:
    """Round numbers from 0 to one that no bar exceeds."""

    top: float
    step: float

    @property
    def ticks(self) -> list[float]:
        """0, and every step up to the top."""
        return [self.step * number for number in range(round(self.top / self.step) + 1)]


def axis_for(most: float, steps: int, *, whole_numbers: bool = False) -> Axis:
    """An axis up to `most` in at most `steps` round steps."""
    if most < _LEAST or not math.isfinite(most):
        return Axis(1.0, 1.0)
    least = most / max(1, steps)
    magnitude = 10.0 ** math.floor(math.log10(least))
    step = next(size * magnitude for size in _STEPS if size * magnitude >= least * (1 - 1e-9))
    if whole_numbers:
        step = max(1.0, float(math.ceil(step)))
    return Axis(step * max(1, math.ceil(most / step - 1e-9)), step)
