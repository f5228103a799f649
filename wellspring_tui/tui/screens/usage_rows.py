"""A usage report as bars, as rows of a table, and its total as lines."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Literal

from textual.content import Content

from wellspring_tui import figures
from wellspring_tui.text import one_line
from wellspring_tui.tui import look
from wellspring_tui.tui.widgets.chart_model import Bar, ChartData
from wellspring_tui.tui.widgets.table_model import Cell, Column, Row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from wellspring_tui.answers.money import Money
    from wellspring_tui.jobs.usage_report import By, UsageReport, UsageRow

Measure = Literal["tokens", "cost"]

NAMES: dict[By, str] = {
    "job": "job",
    "day": "day",
    "model": "model",
    "section": "section",
    "type": "prompt type",
    "service": "service",
}


@dataclass(frozen=True, slots=True)
class _Field:
    """A column of numbers: how one is written, what it is sorted by, when it is left out."""

    key: str
    label: str
    priority: int
    cell: Callable[[UsageRow], Cell]
    order: Callable[[UsageRow], object]
    optional: bool = False
    """Whether the column is there only when there is anything in it."""


def _tokens(
    key: str,
    label: str,
    priority: int,
    number: Callable[[UsageRow], int],
    *,
    optional: bool = False,
) -> _Field:
    return _Field(key, label, priority, lambda row: f"{number(row):,}", number, optional)


def _money(key: str, label: str, priority: int, of: Callable[[UsageRow], Money]) -> _Field:
    return _Field(
        key,
        label,
        priority,
        lambda row: money(of(row), used=row.usage.total_tokens > 0),
        lambda row: (of(row).known, of(row).unknown_requests),
    )


_FIELDS = (
    _tokens("jobs", "Jobs", 7, lambda row: row.jobs),
    _tokens("requests", "Requests", 5, lambda row: row.requests),
    _tokens("failed", "Failed", 3, lambda row: row.failed),
    _tokens("missing", "Missing", 8, lambda row: row.missing, optional=True),
    _tokens("input", "Input", 2, lambda row: row.usage.input_tokens),
    _tokens("cached", "Cached", 9, lambda row: row.usage.cached_tokens, optional=True),
    _tokens("output", "Output", 2, lambda row: row.usage.output_tokens),
    _tokens("reasoning", "Reasoning", 10, lambda row: row.usage.reasoning_tokens, optional=True),
    _tokens("total", "Tokens", 0, lambda row: row.usage.total_tokens),
    _money("cost", "Cost", 0, lambda row: row.cost),
    _money("real_time", "Real time", 6, lambda row: row.real_time_cost),
    _Field("saved", "Saved", 11, lambda row: figures.money(row.saved), lambda row: row.saved),
)
_SORT_SIGN = 2
_MOST_BARS = 500
_LEAST_MONEY = 9
ORDERS = {field.key: field.order for field in _FIELDS} | {
    "label": lambda row: (row.label.casefold(), row.key)
}
"""Column → what a row is sorted by in it."""


class UsageRows:
    """The rows of a report in one order; cells are written for what is in view."""

    def __init__(self, report: UsageReport, key: str, *, descending: bool) -> None:
        self._report = report
        self._fields = _fields(report)
        self._rows = sorted(report.rows, key=ORDERS[key], reverse=descending)
        self._positions = {row.key: position for position, row in enumerate(self._rows)}

    def __len__(self) -> int:
        return len(self._rows)

    def page(self, start: int, stop: int) -> Sequence[Row]:
        """The rows from `start` up to but without `stop`."""
        by = self._report.by
        return [
            Row(row.key, (_heading(row, by), *(field.cell(row) for field in self._fields)))
            for row in self._rows[start:stop]
        ]

    def position(self, key: str) -> int | None:
        """Where the row of that key is, or None."""
        return self._positions.get(key)


def columns(report: UsageReport) -> tuple[Column, ...]:
    """The columns for a report, as wide as their total: no number in them is longer."""
    label = Column("label", NAMES[report.by].capitalize(), 16, flexible=True, sortable=True)
    return (label, *(_column(field, report.total) for field in _fields(report)))


def _column(field: _Field, total: UsageRow) -> Column:
    least = _LEAST_MONEY if field.key in ("cost", "real_time", "saved") else 0
    width = max(len(field.label) + _SORT_SIGN, len(str(field.cell(total))), least)
    return Column(
        field.key, field.label, width, align="right", priority=field.priority, sortable=True
    )


def _fields(report: UsageReport) -> list[_Field]:
    return [field for field in _FIELDS if not field.optional or field.order(report.total)]


def money(cost: Money, *, used: bool) -> Cell:
    """A cost; in a cell, a sum with an unknown part ends in `+ ?`."""
    if not cost.unknown_requests:
        return "free" if used and not cost.known else figures.money(cost.known)
    shown = f"{figures.money(cost.known)} + ?" if cost.known else figures.money(None)
    return Content.styled(shown, look.WARN)


def _heading(row: UsageRow, by: By) -> Cell:
    if by == "day":
        return f"{date.fromisoformat(row.key):%Y-%m-%d %a}"
    name = one_line(row.label) or "not told"
    if by != "job":
        return name
    return Content(name) + Content.styled(f"  {row.key}", look.QUIET)


# -- the chart ---------------------------------------------------------------------------


def chart(report: UsageReport, measure: Measure, today: date) -> ChartData:
    """The rows as bars: input and output tokens, or what was paid and what was saved."""
    by_day = report.by == "day"
    bar, order = (_cost_bar, "cost") if measure == "cost" else (_tokens_bar, "total")
    if by_day:
        bars = [bar(row, by_day=True) for row in _every_day(report, today)]
    else:
        largest = sorted(report.rows, key=ORDERS[order], reverse=True)[:_MOST_BARS]
        bars = [bar(row, by_day=False) for row in largest]
    note = (
        ""
        if by_day or len(bars) == len(report.rows)
        else (f"the {len(bars):,} largest of {len(report.rows):,}")
    )
    if measure == "cost":
        parts, figure = ("paid", "saved against real time"), _dollars
    else:
        parts, figure = ("input", "output"), _whole
    return ChartData(bars, *parts, by_day, note, "days", figure)


def _every_day(report: UsageReport, today: date) -> Iterator[UsageRow | date]:
    """The rows in their order, and the days between them on which nothing was used."""
    used = {date.fromisoformat(row.key): row for row in report.rows}
    if not used:
        return
    day = report.since or min(used)
    last = max(*used, report.until or today)
    while day <= last:
        yield used.get(day, day)
        day += timedelta(days=1)


def _tokens_bar(row: UsageRow | date, *, by_day: bool) -> Bar:
    if isinstance(row, date):
        return Bar(_day(row), 0, 0, "")
    usage = row.usage
    label = _day(date.fromisoformat(row.key)) if by_day else _bar_label(row)
    return Bar(label, usage.input_tokens, usage.output_tokens, f"{usage.total_tokens:,}")


def _cost_bar(row: UsageRow | date, *, by_day: bool) -> Bar:
    if isinstance(row, date):
        return Bar(_day(row), 0, 0, "")
    label = _day(date.fromisoformat(row.key)) if by_day else _bar_label(row)
    unknown = row.cost.unknown_requests
    value = figures.money_sum(row.cost.known, unknown)
    return Bar(label, float(row.cost.known), float(row.saved), value, unknown > 0)


def _bar_label(row: UsageRow) -> str:
    return one_line(row.label) or "not told"


def _day(day: date) -> str:
    return f"{day:%b} {day.day}"


def _whole(tick: float) -> str:
    return figures.tokens(int(tick))


def _dollars(tick: float) -> str:
    if tick == 0:
        return "$0"
    return f"${tick:,.2f}" if tick >= 0.1 else f"${tick:.6f}".rstrip("0")


# -- the total ---------------------------------------------------------------------------


def total_lines(report: UsageReport) -> Content:
    """Everything in three lines: requests, tokens, money."""
    if not report.total.jobs:
        return Content("")
    return Content("\n").join([*_requests(report), _tokens_line(report), _money_line(report)])


def _requests(report: UsageReport) -> Iterator[Content]:
    total = report.total
    jobs = "1 job" if total.jobs == 1 else f"{total.jobs:,} jobs"
    gone = f" · {report.uncounted_jobs:,} jobs can't be counted" if report.uncounted_jobs else ""
    yield Content.assemble(
        (f"{jobs} · {total.requests:,} requests: ", look.QUIET),
        (f"{total.answered:,} answered", look.GOOD),
        (f", {total.failed:,} failed", look.BAD if total.failed else look.QUIET),
        (f", {total.missing:,} missing", look.WARN if total.missing else look.QUIET),
        (gone, look.WARN),
    )


def _tokens_line(report: UsageReport) -> Content:
    used, estimated = report.total.usage, report.total.estimated_input_tokens
    beside = ""
    if estimated is not None and used.input_tokens:
        off = round(100 * (estimated - used.input_tokens) / used.input_tokens)
        beside = f", estimated as {estimated:,}: {off:+} %"
    cached = f", {used.cached_tokens:,} cached" if used.cached_tokens else ""
    thought = f" ({used.reasoning_tokens:,} reasoning)" if used.reasoning_tokens else ""
    aside = f" ({(beside + cached)[2:]})" if beside or cached else ""
    return Content.assemble(
        (f"{used.total_tokens:,} tokens", "bold"),
        (f" = {used.input_tokens:,} in{aside} + {used.output_tokens:,} out{thought}", look.QUIET),
    )


def _money_line(report: UsageReport) -> Content:
    total = report.total
    unknown = total.cost.unknown_requests
    if total.cost.whole == 0:
        return Content.styled("free", f"bold {look.GOOD}")
    many = "request" if unknown == 1 else "requests"
    parts = [Content.styled(figures.money_sum(total.cost.known, unknown), "bold")]
    if unknown:
        parts[0] += Content.styled(f" ({unknown:,} {many})", look.WARN)
    parts.append(_plain(total.real_time_cost) + Content.styled(" in real time", look.QUIET))
    if total.saved > 0:
        parts.append(Content.styled(f"{figures.money(total.saved)} saved", look.GOOD))
    return Content(" · ").join(parts)


def _plain(cost: Money) -> Content:
    shown = money(cost, used=False)
    return Content.styled(shown, look.QUIET) if isinstance(shown, str) else shown
