"""Numbers as people read them: tokens, money, sizes, durations, times."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from decimal import Decimal

_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_UNITS = {"s": 1, "m": _MINUTE, "h": _HOUR, "d": _DAY}
_TWO_DIGITS = 99
_ALIKE = 0.8


def count(number: int | None) -> str:
    """`1,234`, or `–` for what nobody knows."""
    return "–" if number is None else f"{number:,}"


def tokens(number: int | None) -> str:
    """`926`, `12.3k`, `4.56M`, or `–`."""
    if number is None:
        return "–"
    if number < 10_000:
        return f"{number:,}"
    if number < 999_950:
        return f"{number / 1_000:.1f}k"
    return f"{number / 1_000_000:.2f}M"


def short_count(number: int) -> str:
    """`926`, `1.2k`, `200k`, `1.2M`: in four characters, as far as they go."""
    if number < 1_000:
        return f"{number}"
    if number < 9_950:
        return f"{number / 1_000:.1f}k"
    if number < 999_500:
        return f"{number / 1_000:.0f}k"
    return f"{number / 1_000_000:.1f}M"


def money(dollars: Decimal | None) -> str:
    """`$1.23`, with more digits for small sums, or `unknown`."""
    if dollars is None:
        return "unknown"
    if dollars == 0 or dollars >= 1:
        return f"${dollars:,.2f}"
    return f"${dollars:.4f}" if dollars >= Decimal("0.001") else f"${dollars:.6f}"


def money_sum(known: Decimal, unknown_requests: int) -> str:
    """`$1.23`, `unknown`, or `$1.23 + unknown` where only some of it is known."""
    if not unknown_requests:
        return money(known)
    return f"{money(known)} + unknown" if known else money(None)


def size(number_of_bytes: int) -> str:
    """`812 B`, `19.3 kB`, `200.0 MB`: powers of 1,000, as file managers count."""
    if number_of_bytes < 1_000:
        return f"{number_of_bytes} B"
    value = float(number_of_bytes)
    for unit in ("kB", "MB", "GB"):
        value /= 1_000
        if value < 999.95 or unit == "GB":
            return f"{value:.1f} {unit}"
    raise AssertionError


def duration(seconds: float) -> str:
    """`42 s`, `3 min`, `2 h 05 min`, `3 d 4 h`."""
    whole = max(0, int(seconds))
    if whole < _MINUTE:
        return f"{whole} s"
    if whole < _HOUR:
        return f"{whole // _MINUTE} min"
    if whole < _DAY:
        return f"{whole // _HOUR} h {whole % _HOUR // _MINUTE:02d} min"
    return f"{whole // _DAY} d {whole % _DAY // _HOUR} h"


def short_duration(seconds: float) -> str:
    """`42 s`, `25 m`, `3 h`, `2 d`: as short as a table wants it."""
    unit = _unit(seconds)
    return f"{round(max(0.0, seconds) / _UNITS[unit])} {unit}"


def between(shortest_seconds: float, longest_seconds: float) -> str:
    """`5–30 m`, `~12 m` where both ends are alike, `<2 h`: about how long something takes."""
    unit = _unit(longest_seconds)
    least = int(max(0.0, shortest_seconds) / _UNITS[unit])
    most = max(1, math.ceil(longest_seconds / _UNITS[unit]))
    if least >= _ALIKE * most:
        return f"~{most} {unit}"
    return f"{least}–{most} {unit}" if least else f"<{most} {unit}"


def _unit(seconds: float) -> str:
    """The unit in which a duration takes two digits, as far as there is one."""
    return next((unit for unit in "smh" if seconds < _TWO_DIGITS * _UNITS[unit]), "d")


def age(moment: datetime, now: datetime | None = None) -> str:
    """How long ago `moment` (aware) was, as short as a table wants it: `42s`, `3m`, `2h`, `5d`."""
    whole = max(0, int(((now or datetime.now(UTC)) - moment).total_seconds()))
    for unit, length in (("d", _DAY), ("h", _HOUR), ("m", _MINUTE)):
        if whole >= length:
            return f"{whole // length}{unit}"
    return f"{whole}s"
