"""Batches made elsewhere: seen in a service's listing, offered to be adopted, never taken."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from wellspring_tui.jobs.model import Offer
from wellspring_tui.jobs.sending import JOB_KEY, METADATA_KEY
from wellspring_tui.services.model import Counts
from wellspring_tui.text import storable

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence

    from wellspring_tui.jobs.database import Database
    from wellspring_tui.progress import Progress
    from wellspring_tui.services.client import Service
    from wellspring_tui.services.model import Batch

_NAME_KEYS = ("name", "description")
_CHANGING = ("status", "requests", "completed", "failed")


def name_of(batch: Batch) -> str | None:
    """What a batch's metadata calls it."""
    names = (storable(batch.metadata.get(key, "")).strip() for key in _NAME_KEYS)
    return next(filter(None, names), None)


class Offers:
    """The ledger's side of them."""

    def __init__(self, file: Database) -> None:
        self._file = file

    def current(self, service: str | None = None) -> list[Offer]:
        """What may be adopted, newest first; of one service, or of all."""
        found = self._file.here.execute(
            """
            SELECT * FROM offers
            WHERE NOT declined AND (:service IS NULL OR service = :service)
                AND NOT EXISTS (SELECT 1 FROM parts WHERE parts.batch_id = offers.batch_id)
                AND NOT EXISTS (SELECT 1 FROM given_up WHERE given_up.batch_id = offers.batch_id)
            ORDER BY created_at DESC NULLS LAST, batch_id
            """,
            {"service": service},
        )
        return [_offer(row) for row in found]

    def note(self, service: str, batches: Sequence[Batch]) -> None:
        """Remember those of the batches that are not this ledger's."""
        found = self._file.here.execute(
            "SELECT * FROM offers WHERE service = :service", {"service": service}
        )
        known = {row["batch_id"]: tuple(row[name] for name in _CHANGING) for row in found}
        # Most of a listing is as it was the last time: nothing is written for that.
        new = [batch for batch in batches if known.get(batch.id) != _changing(batch)]
        own = self._own(new)
        strange = [_of_batch(batch, service) for batch in new if batch.id not in own]
        if not strange:
            return
        with self._file.writing() as db:
            db.executemany(
                """
                INSERT INTO offers (batch_id, service, status, endpoint, requests, completed,
                    failed, created_at, name)
                VALUES (:batch_id, :service, :status, :endpoint, :requests, :completed,
                    :failed, :created_at, :name)
                ON CONFLICT (batch_id) DO UPDATE SET service = excluded.service,
                    status = excluded.status, requests = excluded.requests,
                    completed = excluded.completed, failed = excluded.failed
                """,
                strange,
            )

    def found(self, service: str, connection: Service, progress: Progress) -> list[Offer]:
        """Look through all batches of a service, and tell what may be adopted of it."""
        batches: list[Batch] = []
        for batch in connection.batches():
            batches.append(batch)
            progress.step(f"Looking through the batches of {service}", len(batches))
        self.note(service, batches)
        self._forget_others(service, [batch.id for batch in batches])
        return self.current(service)

    def _forget_others(self, service: str, batch_ids: Sequence[str]) -> None:
        """A service has no batches but these: what else was offered of it is gone."""
        with self._file.writing() as db:
            db.execute(
                """
                DELETE FROM offers WHERE service = :service AND NOT declined
                    AND batch_id NOT IN (SELECT value FROM json_each(:ids))
                """,
                {"service": service, "ids": _json(batch_ids)},
            )

    def decline(self, batch_ids: Iterable[str]) -> None:
        """Offer these batches no more."""
        with self._file.writing() as db:
            db.execute(
                """
                UPDATE offers SET declined = 1
                WHERE batch_id IN (SELECT value FROM json_each(:ids))
                """,
                {"ids": _json(list(batch_ids))},
            )

    def _own(self, batches: Sequence[Batch]) -> set[str]:
        """Those that a part has, or had, or that were made for one that may not know it yet."""
        if not batches:
            return set()
        db = self._file.here
        told = {
            "batches": _json([batch.id for batch in batches]),
            "tokens": _json([batch.metadata.get(METADATA_KEY) for batch in batches]),
            "jobs": _json([batch.metadata.get(JOB_KEY) for batch in batches]),
        }
        had = db.execute(
            """
            SELECT batch_id FROM parts WHERE batch_id IN (SELECT value FROM json_each(:batches))
            UNION
            SELECT batch_id FROM given_up WHERE batch_id IN (SELECT value FROM json_each(:batches))
            """,
            told,
        )
        makers = db.execute(
            """
            SELECT token FROM parts WHERE token IN (SELECT value FROM json_each(:tokens))
            UNION
            SELECT id FROM jobs WHERE id IN (SELECT value FROM json_each(:jobs))
            """,
            told,
        )
        # Some services lose the metadata; the input file of such a part only we have.
        files = db.execute(
            """
            SELECT input_file_id FROM parts
            WHERE step <> 'collected' AND batch_id IS NULL AND input_file_id IS NOT NULL
            """
        )
        ids, ours, inputs = ({row[0] for row in found} for found in (had, makers, files))
        return {
            batch.id
            for batch in batches
            if batch.id in ids
            or batch.input_file_id in inputs
            or not ours.isdisjoint((batch.metadata.get(METADATA_KEY), batch.metadata.get(JOB_KEY)))
        }


def take_offer(db: sqlite3.Connection, batch_id: str) -> None:
    """A batch has been adopted, in the transaction under way."""
    db.execute("DELETE FROM offers WHERE batch_id = :id", {"id": batch_id})


def _of_batch(batch: Batch, service: str) -> dict[str, object]:
    """What an offer's row holds."""
    return {
        **dict(zip(_CHANGING, _changing(batch), strict=True)),
        "batch_id": batch.id,
        "service": service,
        "endpoint": batch.endpoint,
        "created_at": batch.created_at and batch.created_at.timestamp(),
        "name": name_of(batch),
    }


def _changing(batch: Batch) -> tuple[str, int, int, int]:
    counts = batch.counts or Counts()
    return batch.status, counts.total, counts.completed, counts.failed


def _offer(row: sqlite3.Row) -> Offer:
    fields = dict(row)
    del fields["declined"]
    if fields["created_at"] is not None:
        fields["created_at"] = datetime.fromtimestamp(fields["created_at"], UTC)
    return Offer(**fields)


def _json(value: Sequence[str | None]) -> str:
    return msgspec.json.encode(value).decode()
