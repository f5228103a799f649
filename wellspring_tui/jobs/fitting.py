"""What a service takes: the windows of its batches, and the endpoints that can be asked."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from wellspring_tui.errors import InputError
from wellspring_tui.jobs.at_once import refuse_batch_only
from wellspring_tui.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wellspring_tui.service_profiles import ServiceProfile

_HOURS = {"h": 1, "d": 24}


def refuse_unfit(profile: ServiceProfile, window: str, endpoints: Iterable[str] = ()) -> None:
    """Raises InputError for what a service is known to refuse, in batches or in real time."""
    if profile.answers_for is not None:
        refuse_batch_only(endpoints)
        return
    _refuse_window(profile, window)
    if profile.endpoints is None:
        return
    for endpoint in endpoints:
        if endpoint not in profile.endpoints:
            raise InputError(
                f"{profile.name} takes no batches for {one_line(endpoint, 40)}",
                todo=f"It takes {', '.join(profile.endpoints)}.",
            )


def _refuse_window(profile: ServiceProfile, window: str) -> None:
    if profile.windows is None:
        return
    shortest, longest = profile.windows
    if _hours(shortest) <= _hours(window) <= _hours(longest):
        return
    takes = shortest if shortest == longest else f"from {shortest} to {longest}"
    raise InputError(
        f"{profile.name} has no window of {one_line(window, 20) or 'nothing'}",
        where="window",
        todo=f"It takes {takes}.",
    )


def _hours(window: str) -> float:
    """How long a window is; not a number for what is none, which lies in no range."""
    number, unit = window[:-1], window[-1:]
    if unit not in _HOURS or not (number.isascii() and number.isdecimal()):
        return math.nan
    return int(number) * _HOURS[unit]
