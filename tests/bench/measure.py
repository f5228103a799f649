"""Measuring in a way that two runs on a noisy machine can be compared."""

from __future__ import annotations

import math
import statistics
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the report."""

    name: str
    value: float
    unit: str = "ms"
    floor: float | None = None
    """What the value is compared with, measured in the same run, in the same unit."""
    goal: str = ""
    met: bool | None = None

    @property
    def ratio(self) -> float | None:
        """The value in floors."""
        return self.value / self.floor if self.floor else None

    def line(self) -> str:
        """The figure as a line under `HEADING`."""
        floor = "" if self.floor is None else number(self.floor)
        ratio = "" if self.ratio is None else f"{self.ratio:.3g}×"
        met = {None: "", True: "yes", False: "NO"}[self.met]
        value = f"{number(self.value)} {self.unit}"
        return f"{self.name:<54} {value:>12} {floor:>10} {ratio:>8}  {self.goal:<28} {met}".rstrip()


HEADING = f"{'figure':<54} {'value':>12} {'floor':>10} {'ratio':>8}  {'goal':<28} met?"


def number(value: float) -> str:
    """Three digits that matter."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def alternate(
    rounds: int, one: Callable[[], float], other: Callable[[], float]
) -> tuple[float, float]:
    """The medians of two measurements made in turn, so that noise meets both."""
    pairs = [(one(), other()) for _ in range(rounds)]
    return statistics.median(pair[0] for pair in pairs), statistics.median(
        pair[1] for pair in pairs
    )


def percentile(values: Sequence[float], percent: float) -> float:
    """The value that `percent` of all do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


_TELL_PEAK = """
import pathlib, resource, sys
status = pathlib.Path("/proc/self/status")
if status.exists():
    # A new process inherits ru_maxrss from the one that started it; VmHWM is its own.
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    print(int(line.split()[1]) * 1_024)
else:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(peak if sys.platform == "darwin" else peak * 1_024)
"""


def peak_megabytes(code: str) -> float:
    """The peak memory of a fresh Python that runs `code`."""
    done = subprocess.run(
        [sys.executable, "-c", code + _TELL_PEAK], check=True, capture_output=True, text=True
    )
    return int(done.stdout.split()[-1]) / 1_000_000
