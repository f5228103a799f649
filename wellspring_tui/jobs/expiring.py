"""Answers that a service keeps for a time only, and that are not on this disk yet."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

from wellspring_tui.figures import duration
from wellspring_tui.jobs import rows
from wellspring_tui.jobs.model import Step

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wellspring_tui.jobs.database import Database
    from wellspring_tui.jobs.model import Job, Part
    from wellspring_tui.services.model import RemoteFile

_SOON = timedelta(days=3)
"""Nobody need be told earlier: as a rule answers are fetched as soon as anybody looks."""


class Expiring:
    """What the ledger knows of it."""

    def __init__(self, file: Database) -> None:
        self._file = file

    def note(self, part: Part, file: RemoteFile) -> None:
        """Keep when a file with answers of a part expires, where the service tells."""
        if file.expires_at is None:
            return
        with self._file.writing() as db:
            db.execute(
                """
                UPDATE parts SET answers_expire_at = min(coalesce(answers_expire_at, :at), :at)
                WHERE id = :id
                """,
                {"id": part.id, "at": file.expires_at.timestamp()},
            )

    def soon(self, jobs: Iterable[Job], now: datetime) -> dict[str, datetime]:
        """By job id, when the first answers expire that are not here: soon, or they have."""
        still_open = {job.id: job for job in jobs if job.open}
        if not still_open:
            return {}
        found = self._file.here.execute(
            """
            SELECT * FROM parts WHERE step = :created
                AND job_id IN (SELECT value FROM json_each(:ids))
            """,
            {"created": Step.CREATED, "ids": msgspec.json.encode(list(still_open)).decode()},
        )
        first: dict[str, datetime] = {}
        for part in map(rows.part, found):
            at = expire_at(still_open[part.job_id], part, now)
            if at is not None and at - now < _SOON:
                first[part.job_id] = min(at, first.get(part.job_id, at))
        return first


def expire_at(job: Job, part: Part, now: datetime) -> datetime | None:
    """When a service takes away answers of a part that are not here yet.

    None while there may be none yet, and where nobody knows: what was asked for counts from
    the end of the batch, and of one that nobody has looked at since, from that of its window.
    """
    if part.step is not Step.CREATED:
        return None
    if part.answers_expire_at is not None:
        return part.answers_expire_at
    over = part.ended_at if part.ended else part.expires_at
    if job.output_life_seconds is None or over is None or over > now:
        return None
    return over + timedelta(seconds=job.output_life_seconds)


def sentence(at: datetime, now: datetime | None = None) -> str:
    """What there is to say of it."""
    left = (at - (now or datetime.now(UTC))).total_seconds()
    if left <= 0:
        return f"answers that are not here yet have expired on the service {duration(-left)} ago"
    return f"answers that are not here yet expire on the service in {duration(left)}"
