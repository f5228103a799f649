"""Ledger rows to jobs, parts and events, and back."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec

from wellspring_tui.errors import InputError
from wellspring_tui.jobs.model import WAITING, Event, Job, Part, Step
from wellspring_tui.prompts.model import RequestOptions
from wellspring_tui.services.model import BatchProblem, Counts

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from wellspring_tui.services.model import Batch

_PROBLEMS = msgspec.json.Decoder(tuple[BatchProblem, ...])
_TAGS = msgspec.json.Decoder(tuple[str, ...])
_OPTIONS = msgspec.json.Decoder(RequestOptions)


def job(row: sqlite3.Row) -> Job:
    """A row of `jobs`."""
    fields = dict(row)
    del fields["words"], fields["quiet_seconds"]
    for name in ("created_at", "ended_at", "expires_at", "news_at"):
        fields[name] = _time(fields[name])
    for name in ("collected", "cancel_asked", "finish_now"):
        fields[name] = bool(fields[name])
    for name in ("cost", "max_cost"):
        fields[name] = None if fields[name] is None else Decimal(fields[name])
    fields["tags"] = _TAGS.decode(fields["tags"])
    fields["options"] = options(fields["options"])
    return Job(**fields)


def of_job(job: Job) -> dict[str, object]:
    """What a new job's row holds."""
    names = (
        *("id", "name", "description", "source", "kind", "service", "endpoint", "model"),
        *("window", "requests", "tokens_estimated", "status", "parts", "notes"),
        "real_time_parts",
        "output_life_seconds",
    )
    return {name: getattr(job, name) for name in names} | {
        "created_at": job.created_at.timestamp(),
        # How quiet a batch was before it came here, nobody has seen.
        "quiet_seconds": 0.0 if job.status == WAITING else None,
        "max_cost": None if job.max_cost is None else str(job.max_cost),
        "tags": of_tags(job.tags),
        "options": None if job.options is None else msgspec.json.encode(job.options).decode(),
    }


def of_tags(tags: Sequence[str]) -> str:
    """A job's tags, as the ledger keeps them."""
    return msgspec.json.encode(list(tags)).decode()


def options(text: str | None) -> RequestOptions | None:
    """A job's request options; None too for what an older or newer Wellspring meant otherwise."""
    if text is None:
        return None
    try:
        return _OPTIONS.decode(text)
    except (msgspec.DecodeError, InputError):
        return None


def part(row: sqlite3.Row) -> Part:
    """A row of `parts`."""
    fields: dict[str, Any] = dict(row)
    del fields["holder"], fields["held_until"]
    fields["step"] = Step(fields["step"])
    for name in ("expires_at", "attempted_at", "ended_at", "not_before", "answers_expire_at"):
        fields[name] = _time(fields[name])
    fields["problems"] = _PROBLEMS.decode(fields["problems"])
    for name in ("creation_held", "real_time"):
        fields[name] = bool(fields[name])
    return Part(**fields)


def of_part(part: Part) -> dict[str, object]:
    """What a new part's row holds."""
    names = (
        *("id", "job_id", "number", "step", "status", "token", "requests", "size_bytes"),
        *("sha256", "endpoint", "model", "tokens", "creation_held", "real_time"),
    )
    return {name: getattr(part, name) for name in names}


def of_problems(problems: Sequence[BatchProblem]) -> str:
    """What is wrong with a batch, as the ledger keeps it."""
    return msgspec.json.encode(list(problems)).decode()


def event(row: sqlite3.Row) -> Event:
    """A row of `events`."""
    at = datetime.fromtimestamp(row["at"], UTC)
    return Event(at, row["part"], row["what"], row["detail"], row["rowid"])


def of_batch(batch: Batch, part: Part) -> dict[str, object]:
    """What a batch tells of its part; what it leaves out stays as it was."""
    counts = batch.counts or _estimated(batch, part)
    expires_at = batch.expires_at or part.expires_at
    return {
        "batch_id": batch.id,
        "status": batch.status,
        "output_file_id": batch.output_file_id or part.output_file_id,
        "error_file_id": batch.error_file_id or part.error_file_id,
        "completed": counts.completed if counts else part.completed,
        "failed": counts.failed if counts else part.failed,
        "expires_at": expires_at.timestamp() if expires_at else None,
        "problems": of_problems(batch.problems or part.problems),
    }


def _estimated(batch: Batch, part: Part) -> Counts | None:
    """The counts of a service that tells a percentage only. Of what has ended, the files tell."""
    if batch.percent_done is None:
        return None
    done = 0 if batch.ended else round(part.requests * batch.percent_done / 100)
    return Counts(part.requests, done, 0)


def known_of_batch(part: Part) -> dict[str, object]:
    """What the ledger holds already of the same."""
    return {
        "batch_id": part.batch_id,
        "status": part.status,
        "output_file_id": part.output_file_id,
        "error_file_id": part.error_file_id,
        "completed": part.completed,
        "failed": part.failed,
        "expires_at": part.expires_at.timestamp() if part.expires_at else None,
        "problems": of_problems(part.problems),
    }


def _time(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
