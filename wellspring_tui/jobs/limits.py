"""What services take at once: the ledger's side of their limits."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from wellspring_tui.jobs.queries import CHANNEL

if TYPE_CHECKING:
    import sqlite3

    from wellspring_tui.jobs.database import Database
    from wellspring_tui.jobs.model import Part
    from wellspring_tui.service_profiles import ServiceProfile


class Limits:
    """What is under way on each service, and what it said of its limits."""

    def __init__(self, file: Database) -> None:
        self._file = file

    def token_limit(self, service: str, model: str) -> int | None:
        """How many tokens of a model a service said it takes at once; None if it never did."""
        row = self._file.here.execute(
            "SELECT tokens FROM token_limits WHERE service = :service AND model = :model",
            {"service": service, "model": model},
        ).fetchone()
        return None if row is None else int(row["tokens"])

    def queue(self, profile: ServiceProfile, model: str) -> int | None:
        """How many tokens of a model a service takes at once, as far as anybody has said."""
        learned = self.token_limit(profile.name, model)
        told = [limit for limit in (profile.enqueued_tokens, learned) if limit is not None]
        return min(told, default=None)

    def enqueued_tokens(self, service: str, model: str, besides: str = "") -> int:
        """Estimated input tokens of a model under way on a service, without those of a part."""
        row = self._file.here.execute(
            f"""
            SELECT coalesce(sum(tokens), 0) AS tokens FROM parts JOIN jobs ON jobs.id = job_id
            WHERE jobs.collected = 0 AND {CHANNEL} = :service AND parts.model = :model
                AND parts.id <> :id AND step <> 'collected'
                AND parts.status NOT IN ('waiting', 'completed', 'failed', 'expired', 'cancelled')
            """,
            {"service": service, "model": model, "id": besides},
        ).fetchone()
        return int(row["tokens"])

    def nth_creation(self, service: str, number: int) -> datetime | None:
        """When the service was asked for a batch the `number`th time back; None if never."""
        row = self._file.here.execute(
            f"""
            SELECT at FROM events JOIN jobs ON jobs.id = events.job_id
            JOIN parts ON parts.job_id = events.job_id AND parts.number = events.part
            WHERE what = 'creating' AND {CHANNEL} = :service
            ORDER BY at DESC LIMIT 1 OFFSET :skipped
            """,
            {"service": service, "skipped": number - 1},
        ).fetchone()
        return None if row is None else datetime.fromtimestamp(row["at"], UTC)


def learn_token_limit(db: sqlite3.Connection, part: Part, tokens: int) -> None:
    """Keep what the service of a part said of its queue, in the transaction under way."""
    db.execute(
        """
        INSERT INTO token_limits
        SELECT service, :model, :tokens FROM jobs WHERE id = :job_id
        ON CONFLICT (service, model) DO UPDATE SET tokens = excluded.tokens
        """,
        {"model": part.model, "tokens": tokens, "job_id": part.job_id},
    )
