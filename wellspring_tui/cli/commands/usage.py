"""Tokens and money, over all jobs or of one."""

from __future__ import annotations

from datetime import date  # noqa: TC003 (click hands it over)
from typing import TYPE_CHECKING

import click

from wellspring_tui.cli import json_help, options
from wellspring_tui.cli.columns import Column, cells, table
from wellspring_tui.cli.days import Day
from wellspring_tui.cli.output import data, json_data, say, terminal_width
from wellspring_tui.cli.telling import teller
from wellspring_tui.figures import count, money_sum
from wellspring_tui.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wellspring_tui.cli.chosen import Chosen
    from wellspring_tui.jobs.usage_report import By, UsageReport, UsageRow

_GROUPINGS = ("job", "day", "model", "section", "type", "service")
_LEAST_BAR, _MOST_BAR = 8, 40
_INPUT, _OUTPUT = "█", "▒"


@click.command(
    epilog=json_help.told(json_help.USAGE)
    + options.examples(
        "wellspring usage --by day --since 30d",
        "wellspring usage --by model --since 2026-10 --until 2026-10",
        "wellspring usage --job k3x9pq                by section",
        "wellspring usage --json | jq .total.cost_usd",
    )
)
@click.option(
    "--by",
    type=click.Choice(_GROUPINGS),
    metavar="WHAT",
    help=f"One of {', '.join(_GROUPINGS)}. job, unless --job is given: then section.",
)
@click.option(
    "--since", type=Day(), metavar="DAY", help="From DAY on: 2026-11-23, 2026-11, 7d (a week)."
)
@click.option("--until", type=Day(end=True), metavar="DAY", help="To the end of DAY.")
@click.option(
    "--job",
    "job_id",
    metavar="JOB",
    shell_complete=options.completes("job_ids"),
    help="Of this job only.",
)
@click.option(
    "--limit",
    type=click.IntRange(min=0),
    default=50,
    show_default=True,
    metavar="N",
    help="Show N rows at most; 0 shows all.",
)
@options.json_option
@options.quiet_option
@options.places
@options.pass_chosen
def usage(
    chosen: Chosen,
    *,
    by: By | None,
    since: date | None,
    until: date | None,
    job_id: str | None,
    limit: int,
    as_json: bool,
    quiet: bool,
) -> None:
    """Tokens and money by job, day, model, section, type or service.

    Counted is what has been answered and collected, on the day its batch ended.
    """
    by = by or ("job" if job_id is None else "section")
    with chosen.wellspring() as wellspring:
        told = teller(quiet=quiet)
        with told:
            report = wellspring.usage(by, since, until, job_id, told.progress)
    if as_json:
        json_data(report.as_dict())
    elif report.rows:
        data("\n".join(_table(report, limit or None)))
    if not quiet:
        for sentence in _remarks(report, shown=len(report.rows) if as_json else limit):
            say(sentence)


def _table(report: UsageReport, limit: int | None) -> list[str]:
    """The rows and their total; on a terminal with a bar each, where there is room."""
    shown = report.rows[-limit:] if limit and report.by == "day" else report.rows[:limit]
    width = terminal_width()
    lines = list(table(_columns(report, [*shown, report.total]), width))
    if width is None:
        return lines
    left = max(map(cells, lines)) + 2
    room = min(width - left, _MOST_BAR)
    if room < _LEAST_BAR:
        return lines
    most = max(row.usage.total_tokens for row in shown) or 1
    head, *rows, total = lines
    return [
        f"{head}{' ' * (left - cells(head))}{_INPUT} in {_OUTPUT} out",
        *(
            f"{line}{' ' * (left - cells(line))}{_bar(row, most, room)}".rstrip()
            for line, row in zip(rows, shown, strict=True)
        ),
        total,
    ]


def _columns(report: UsageReport, rows: Sequence[UsageRow]) -> list[Column]:
    *headings, _ = [one_line(row.label, 40) or "–" for row in rows]
    columns = [Column(report.by.upper(), [*headings, "total"], least=12)]
    if report.by == "job":
        columns.insert(0, Column("ID", [*(row.key for row in rows[:-1]), ""]))
    else:
        columns.append(Column("JOBS", [count(row.jobs) for row in rows], right=True, can_go=True))
    done = [f"{row.answered}/{row.failed}/{row.requests}" for row in rows]
    columns.append(Column("OK/BAD/ALL", done, right=True))
    if report.by == "job":
        columns.append(_tokens("≈INPUT", [row.estimated_input_tokens for row in rows], can_go=True))
    columns += [
        _tokens("INPUT", [row.usage.input_tokens for row in rows]),
        _tokens("OUTPUT", [row.usage.output_tokens for row in rows]),
    ]
    if report.total.usage.cached_tokens:
        cached = [row.usage.cached_tokens for row in rows]
        columns.append(_tokens("CACHED", cached, can_go=True))
    if report.total.usage.reasoning_tokens:
        thought = [row.usage.reasoning_tokens for row in rows]
        columns.append(_tokens("REASONING", thought, can_go=True))
    return [
        *columns,
        _tokens("TOKENS", [row.usage.total_tokens for row in rows]),
        Column(
            "COST",
            [money_sum(row.cost.known, row.cost.unknown_requests) for row in rows],
            right=True,
        ),
        Column(
            "REAL TIME",
            [
                money_sum(row.real_time_cost.known, row.real_time_cost.unknown_requests)
                for row in rows
            ],
            right=True,
            can_go=True,
        ),
    ]


def _tokens(title: str, numbers: Sequence[int | None], *, can_go: bool = False) -> Column:
    return Column(title, [count(number) for number in numbers], right=True, can_go=can_go)


def _bar(row: UsageRow, most: int, room: int) -> str:
    total = row.usage.total_tokens
    length = round(room * total / most) or bool(total)
    into = round(length * row.usage.input_tokens / total) if total else 0
    return _INPUT * into + _OUTPUT * (length - into)


def _remarks(report: UsageReport, shown: int) -> Iterator[str]:
    if not report.rows:
        yield (
            "nothing has been used in that time."
            if report.since or report.until
            else ("no answers have been collected yet.")
        )
    if shown and len(report.rows) > shown:
        yield f"{len(report.rows) - shown:,} more; --limit 0 shows all."
    total = report.total
    if total.saved > 0:
        yield f"{money_sum(total.saved, 0)} saved against real time."
    if total.cost.unknown_requests:
        many = "request" if total.cost.unknown_requests == 1 else "requests"
        yield f"the price of {total.cost.unknown_requests:,} {many} is unknown."
    if report.uncounted_jobs:
        yield f"{report.uncounted_jobs:,} jobs are left out: the index of their answers is gone."
