"""The ledger's page of usage: what each job used and by which prices it was charged."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from wellspring_tui.answers.model import Usage
from wellspring_tui.answers.money import PICO, Money, Rates, tidy
from wellspring_tui.answers.tariffs import Tariff
from wellspring_tui.jobs.length_book import write_lengths
from wellspring_tui.jobs.usage_report import UsageRow

if TYPE_CHECKING:
    import sqlite3
    from decimal import Decimal

    from wellspring_tui.answers.tariffs import TariffKey
    from wellspring_tui.jobs.database import Database
    from wellspring_tui.jobs.usage import JobUsage
    from wellspring_tui.jobs.usage_report import By

# The heading of a row, as a key that is its own and as people read it.
_HEADINGS = {
    "job": ("u.job_id", "j.name"),
    "day": ("date(u.at, 'unixepoch', 'localtime')",) * 2,
    "model": ("u.model",) * 2,
    "section": ("u.section",) * 2,
    "service": ("j.service",) * 2,
}

# Dollars are whole numbers of 1e-12 here, so that sums are exact; nine million dollars fit.
_BATCH, _REAL_TIME = (
    f"""
    (u.input_tokens - u.cached_tokens - u.cache_write_tokens) * t.{real}input
        + u.cached_tokens * t.{real}cached + u.cache_write_tokens * t.{real}cache_write
        + u.output_tokens * t.{real}output
    """
    for real in ("", "real_")
)
_BATCH_UNKNOWN, _REAL_TIME_UNKNOWN = (
    f"""
    CASE WHEN t.{real}input IS NULL THEN u.measured + u.unmeasured
        WHEN t.{real}input = 0 AND t.{real}output = 0 THEN 0 ELSE u.unmeasured END
    """
    for real in ("", "real_")
)
# What was answered in real time is charged so.
_CHARGED = f"iif(u.real_time, {_REAL_TIME}, {_BATCH})"
_UNKNOWN = f"iif(u.real_time, {_REAL_TIME_UNKNOWN}, {_BATCH_UNKNOWN})"
_REPORT = f"""
SELECT {{key}} AS key, {{label}} AS label, count(DISTINCT u.job_id) AS jobs,
    sum(u.requests) AS requests, sum(u.answered) AS answered, sum(u.failed) AS failed,
    sum(u.input_tokens) AS input_tokens, sum(u.output_tokens) AS output_tokens,
    sum(u.total_tokens) AS total_tokens, sum(u.cached_tokens) AS cached_tokens,
    sum(u.reasoning_tokens) AS reasoning_tokens,
    sum(u.cache_write_tokens) AS cache_write_tokens,
    sum({_CHARGED}) AS cost, sum({_UNKNOWN}) AS unknown,
    sum({_REAL_TIME}) AS real_time, sum({_REAL_TIME_UNKNOWN}) AS real_time_unknown,
    sum({_REAL_TIME} - ({_CHARGED})) AS saved
FROM usage u JOIN jobs j ON j.id = u.job_id
JOIN tariffs t ON t.job_id = u.job_id AND t.model = u.model AND t.long = u.long
WHERE u.at >= :since AND u.at < :until AND (:job_id IS NULL OR u.job_id = :job_id)
"""


class UsageBook:
    """Reads and writes it."""

    def __init__(self, file: Database) -> None:
        self._file = file

    def write(self, usage: JobUsage) -> None:
        """Note what a job used, and with it what it cost."""
        cost = usage.cost.charged.whole
        with self._file.writing() as db:
            write_usage(db, usage)
            db.execute(
                "UPDATE jobs SET cost = :cost WHERE id = :id",
                {"id": usage.job_id, "cost": None if cost is None else str(cost)},
            )

    def uncounted(self) -> list[str]:
        """The ids of jobs with collected parts of which nothing is noted.

        An earlier Wellspring collected them, or they ended without having been sent.
        """
        found = self._file.here.execute(
            """
            SELECT id FROM jobs WHERE
                EXISTS (SELECT 1 FROM parts WHERE job_id = jobs.id AND step = 'collected')
                AND NOT EXISTS (SELECT 1 FROM usage WHERE job_id = jobs.id)
            """
        )
        return [row["id"] for row in found]

    def tariffs(self, job_id: str) -> dict[TariffKey, Tariff]:
        """The prices by which a job was charged."""
        found = self._file.here.execute("SELECT * FROM tariffs WHERE job_id = :id", {"id": job_id})
        return {
            (row["model"], bool(row["long"])): Tariff(_rates(row, ""), _rates(row, "real_"))
            for row in found
        }

    def rows(
        self, by: By, since: date | None, until: date | None, job_id: str | None
    ) -> list[UsageRow]:
        """What was used from the day `since` to the day `until`, days in local time."""
        key, label = _HEADINGS[by]
        order = "key" if by == "day" else "total_tokens DESC, label, key"
        found = self._file.here.execute(
            f"{_REPORT.format(key=key, label=label)} GROUP BY 1 ORDER BY {order}",
            _limits(since, until, job_id),
        )
        if by != "job":
            return [_row(row) for row in found]
        jobs = self._file.here.execute("SELECT id, tokens_estimated FROM jobs")
        estimates = {row["id"]: row["tokens_estimated"] for row in jobs}
        return [_row(row, estimates.get(row["key"])) for row in found]

    def jobs(
        self, since: date | None, until: date | None, job_id: str | None
    ) -> tuple[int, int | None]:
        """How many jobs that is, and how many input tokens were estimated for them in all."""
        count, estimated = self._file.here.execute(
            """
            SELECT count(*), CASE WHEN min(tokens_estimated) > 0 THEN sum(tokens_estimated) END
            FROM jobs WHERE id IN (
                SELECT job_id FROM usage
                WHERE at >= :since AND at < :until AND (:job_id IS NULL OR job_id = :job_id)
            )
            """,
            _limits(since, until, job_id),
        ).fetchone()
        return count, estimated


def write_usage(db: sqlite3.Connection, usage: JobUsage) -> None:
    """Note what a job used, in the transaction that is under way."""
    kept = usage.kept()
    for table in ("usage", "tariffs"):
        db.execute(f"DELETE FROM {table} WHERE job_id = :id", {"id": kept.job_id})
    db.executemany(
        """
        INSERT INTO usage VALUES (:job_id, :section, :part, :model, :long, :at,
            :requests, :answered, :failed, :measured, :unmeasured,
            :input_tokens, :output_tokens, :total_tokens,
            :cached_tokens, :reasoning_tokens, :cache_write_tokens, :real_time)
        """,
        [
            {
                "job_id": kept.job_id,
                "section": used.name,
                "part": used.part,
                "model": used.model,
                "long": used.long,
                "at": used.at.timestamp(),
                "requests": used.requests,
                "answered": used.answered,
                "failed": used.failed,
                "measured": used.measured,
                "unmeasured": used.unmeasured,
                "input_tokens": used.usage.input_tokens,
                "output_tokens": used.usage.output_tokens,
                "total_tokens": used.usage.total_tokens,
                "cached_tokens": used.usage.cached_tokens,
                "reasoning_tokens": used.usage.reasoning_tokens,
                "cache_write_tokens": used.usage.cache_write_tokens,
                "real_time": used.real_time,
            }
            for used in kept.used
        ],
    )
    db.executemany(
        "INSERT INTO tariffs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (kept.job_id, model, long, *_of_rates(tariff.charged), *_of_rates(tariff.real_time))
            for (model, long), tariff in kept.tariffs.items()
        ],
    )
    write_lengths(db, kept.job_id, kept.lengths)


def _row(row: sqlite3.Row, estimated: int | None = None) -> UsageRow:
    return UsageRow(
        row["key"],
        row["label"],
        row["jobs"],
        row["requests"],
        row["answered"],
        row["failed"],
        Usage(**{name: row[name] for name in Usage.__struct_fields__}),
        Money(_dollars(row["cost"]), row["unknown"]),
        Money(_dollars(row["real_time"]), row["real_time_unknown"]),
        _dollars(row["saved"]),
        estimated or None,
    )


def _dollars(picos: int | None) -> Decimal:
    return tidy((picos or 0) * PICO)


def _rates(row: sqlite3.Row, real: str) -> Rates | None:
    if row[f"{real}input"] is None:
        return None
    names = ("input", "output", "cached", "cache_write")
    return Rates(*(_dollars(row[f"{real}{name}"]) for name in names))


def _of_rates(rates: Rates | None) -> tuple[int | None, ...]:
    if rates is None:
        return (None,) * 4
    return tuple(
        int(dollars / PICO)
        for dollars in (rates.input, rates.output, rates.cached, rates.cache_write)
    )


def _limits(since: date | None, until: date | None, job_id: str | None) -> dict[str, object]:
    day_after = until + timedelta(days=1) if until is not None else None
    return {"since": _start(since, 0.0), "until": _start(day_after, 1e18), "job_id": job_id}


def _start(day: date | None, otherwise: float) -> float:
    """When a day began here, in seconds since 1970."""
    return otherwise if day is None else datetime.combine(day, time.min).astimezone().timestamp()
