"""Days as people type them: 2026-11-23, 2026-11, 7d, today."""

from __future__ import annotations

import calendar
import re
from datetime import date, timedelta

import click

_BACK = re.compile(r"(\d{1,4})([dwmy])")
_DAYS = {"d": 1, "w": 7, "m": 30, "y": 365}
_MONTH = re.compile(r"(\d{4})-(\d{1,2})")
_HINT = "Expected a day such as 2026-11-23, a month such as 2026-11, or a time back such as 7d"


class Day(click.ParamType[date]):
    """A day, here; of a month its first, or its last when it is meant as an end."""

    name = "day"

    def __init__(self, *, end: bool = False, today: date | None = None) -> None:
        """`end`: the day is the last of a time. `today` is only told in tests."""
        self._end = end
        self._today = today

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> date:
        """What was typed, as a day. Raises UsageError."""
        text = str(value).strip().lower()
        today = self._today or date.today()  # noqa: DTZ011 - a person's own day
        try:
            return self._day(text, today)
        except (ValueError, OverflowError):
            self.fail(f"{_HINT}, found “{text}”.", param, ctx)

    def _day(self, text: str, today: date) -> date:
        if text == "today":
            return today
        if back := _BACK.fullmatch(text):
            # The last seven days are today and the six before it.
            return today - timedelta(days=int(back[1]) * _DAYS[back[2]] - 1)
        if month := _MONTH.fullmatch(text):
            year, number = int(month[1]), int(month[2])
            last = calendar.monthrange(year, number)[1] if 1 <= number <= 12 else 0
            return date(year, number, last if self._end else 1)
        return date.fromisoformat(text)
