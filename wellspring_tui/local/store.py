"""What the service remembers: files and batches, in one SQLite database.

One connection, one lock: every method may be called from any thread, and what it
did is committed when it returns.
"""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from dataclasses import dataclass
from threading import RLock
from typing import TYPE_CHECKING

from wellspring_tui.local.store_schema import VERSION, WAYS_HERE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_UNFINISHED = "status IN ('validating', 'in_progress', 'finalizing', 'cancelling')"
_FILE = "id, bytes, created_at, expires_at, filename, purpose"
_LIVE = "NOT deleted AND (expires_at IS NULL OR expires_at > :now)"


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file that a client uploaded or a batch produced. Times are Unix seconds."""

    id: str
    bytes: int
    created_at: int
    expires_at: int | None
    filename: str
    purpose: str


@dataclass(frozen=True, slots=True)
class Counts:
    """How far a batch is, and the tokens it took so far."""

    completed: int = 0
    failed: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    reasoning_tokens: int = 0
    cached_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Batch:
    """One batch. Times are Unix seconds; `metadata` and `errors` are JSON text."""

    seq: int
    id: str
    endpoint: str
    input_file_id: str
    completion_window: str
    status: str
    created_at: int
    expires_at: int
    metadata: str | None
    output_life_seconds: int | None
    model: str | None
    errors: str | None
    ending: str | None
    output_file_id: str | None
    error_file_id: str | None
    in_progress_at: int | None
    finalizing_at: int | None
    completed_at: int | None
    failed_at: int | None
    expired_at: int | None
    cancelling_at: int | None
    cancelled_at: int | None
    total: int
    completed: int
    failed: int
    input_tokens: int
    output_tokens: int
    reasoning_tokens: int
    enqueued_tokens: int
    """Prompt tokens, known once it is validated; they fill the queue until it ends."""
    answerer: str
    """Who answers its requests, all of them; empty where an older service made it."""
    cached_tokens: int
    """Of the input tokens."""


class Store:
    """The service's memory."""

    def __init__(self, path: Path) -> None:
        self._lock = RLock()
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.row_factory = sqlite3.Row
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        way_here = WAYS_HERE.get(self._db.execute("PRAGMA user_version").fetchone()[0])
        if way_here is not None:
            self._db.executescript(f"BEGIN; {way_here} PRAGMA user_version = {VERSION}; COMMIT;")

    def close(self) -> None:
        with self._lock:
            self._db.close()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            with self._db:  # commits, or rolls back when something is raised
                yield self._db

    def _rows(self, sql: str, **values: object) -> list[sqlite3.Row]:
        with self._lock:
            return self._db.execute(sql, values).fetchall()

    def _do(self, sql: str, **values: object) -> None:
        with self._lock:
            self._db.execute(sql, values)

    # Files

    def add_file(self, file: StoredFile) -> None:
        self._do(_ADD_FILE, **_values(file))

    def file(self, file_id: str, *, now: int) -> StoredFile | None:
        """The file of that id, unless it was deleted or has expired."""
        rows = self._rows(
            f"SELECT {_FILE} FROM files WHERE id = :id AND {_LIVE}", id=file_id, now=now
        )
        return StoredFile(*rows[0]) if rows else None

    def file_place(self, file_id: str) -> int | None:
        """Where a file stands in the order of creation, deleted ones included."""
        rows = self._rows("SELECT seq FROM files WHERE id = :id", id=file_id)
        return rows[0]["seq"] if rows else None

    def files(
        self, *, after: int | None, limit: int, newest_first: bool, purpose: str | None, now: int
    ) -> list[StoredFile]:
        """Up to `limit` files behind the place `after`."""
        sign, order = ("<", "DESC") if newest_first else (">", "ASC")
        rows = self._rows(
            f"SELECT {_FILE} FROM files WHERE {_LIVE}"
            f" AND (:after IS NULL OR seq {sign} :after)"
            " AND (:purpose IS NULL OR purpose = :purpose)"
            f" ORDER BY seq {order} LIMIT :limit",
            after=after,
            limit=limit,
            purpose=purpose,
            now=now,
        )
        return [StoredFile(*row) for row in rows]

    def delete_file(self, file_id: str) -> None:
        self._do("UPDATE files SET deleted = 1 WHERE id = :id", id=file_id)

    def expired_files(self, *, now: int) -> list[str]:
        rows = self._rows("SELECT id FROM files WHERE NOT deleted AND expires_at <= :now", now=now)
        return [row["id"] for row in rows]

    def kept_files(self) -> set[str]:
        """The ids whose content must stay on disk, those of results on their way included."""
        rows = self._rows(
            "SELECT id FROM files WHERE NOT deleted"
            f" UNION SELECT output_file_id FROM batches WHERE {_UNFINISHED}"
            f" UNION SELECT error_file_id FROM batches WHERE {_UNFINISHED}"
        )
        return {row[0] for row in rows if row[0]}

    # Batches

    def add_batch(
        self,
        batch_id: str,
        *,
        endpoint: str,
        input_file_id: str,
        completion_window: str,
        created_at: int,
        expires_at: int,
        metadata: str | None,
        output_life_seconds: int | None,
        answerer: str = "",
    ) -> None:
        self._do(
            "INSERT INTO batches (id, endpoint, input_file_id, completion_window, status,"
            " created_at, expires_at, metadata, output_life_seconds, answerer)"
            " VALUES (:id, :endpoint, :input_file_id, :completion_window, 'validating',"
            " :created_at, :expires_at, :metadata, :output_life_seconds, :answerer)",
            id=batch_id,
            endpoint=endpoint,
            input_file_id=input_file_id,
            completion_window=completion_window,
            created_at=created_at,
            expires_at=expires_at,
            metadata=metadata,
            output_life_seconds=output_life_seconds,
            answerer=answerer,
        )

    def batch(self, batch_id: str) -> Batch | None:
        rows = self._rows("SELECT * FROM batches WHERE id = :id", id=batch_id)
        return Batch(*rows[0]) if rows else None

    def batch_of_result(self, file_id: str) -> Batch | None:
        """The batch that a result file is of."""
        rows = self._rows(
            "SELECT * FROM batches WHERE :id IN (output_file_id, error_file_id)", id=file_id
        )
        return Batch(*rows[0]) if rows else None

    def batches(self, *, after: int | None, limit: int) -> list[Batch]:
        """Up to `limit` batches, newest first, behind the place `after`."""
        rows = self._rows(
            "SELECT * FROM batches WHERE :after IS NULL OR seq < :after"
            " ORDER BY seq DESC LIMIT :limit",
            after=after,
            limit=limit,
        )
        return [Batch(*row) for row in rows]

    def created_at(self, *, newer_batches: int) -> int | None:
        """When the batch was created that has so many newer ones; None when there is none."""
        rows = self._rows(
            "SELECT created_at FROM batches ORDER BY seq DESC LIMIT 1 OFFSET :newer_batches",
            newer_batches=newer_batches,
        )
        return rows[0]["created_at"] if rows else None

    def unfinished(self) -> list[str]:
        """The ids of the batches that have not ended, oldest first."""
        return [
            row["id"]
            for row in self._rows(f"SELECT id FROM batches WHERE {_UNFINISHED} ORDER BY seq")
        ]

    def fail(self, batch_id: str, *, errors: str, at: int) -> None:
        """Validation found errors; a batch that is being cancelled is cancelled all the same."""
        self._do(
            "UPDATE batches SET status = 'failed', errors = :errors, failed_at = :at"
            " WHERE id = :id AND status = 'validating'",
            id=batch_id,
            errors=errors,
            at=at,
        )

    def failed_before(self, seq: int, input_file_id: str) -> int:
        """How many older batches of the same input file failed."""
        rows = self._rows(
            "SELECT count(*) AS batches FROM batches"
            " WHERE input_file_id = :input_file_id AND status = 'failed' AND seq < :seq",
            input_file_id=input_file_id,
            seq=seq,
        )
        return int(rows[0]["batches"])

    def older_validates(self, seq: int) -> bool:
        """Whether a batch created before is still being validated."""
        return bool(
            self._rows(
                f"SELECT 1 FROM batches WHERE {_UNFINISHED}"
                " AND status = 'validating' AND seq < :seq LIMIT 1",
                seq=seq,
            )
        )

    def begin(
        self,
        batch_id: str,
        *,
        model: str,
        total: int,
        enqueued_tokens: int,
        token_limit: int | None,
        at: int,
    ) -> bool:
        """Validation found nothing wrong; False when the model's queue has no room for it."""
        with self._transaction() as db:
            (others,) = db.execute(
                "SELECT coalesce(sum(enqueued_tokens), 0) FROM batches"
                f" WHERE model = :model AND {_UNFINISHED}",
                {"model": model},
            ).fetchone()
            if token_limit is not None and others + enqueued_tokens > token_limit:
                return False
            db.execute(
                "UPDATE batches SET status = 'in_progress', in_progress_at = :at, model = :model,"
                " total = :total, enqueued_tokens = :enqueued_tokens"
                " WHERE id = :id AND status = 'validating'",
                {
                    "id": batch_id,
                    "model": model,
                    "total": total,
                    "enqueued_tokens": enqueued_tokens,
                    "at": at,
                },
            )
        return True

    def advance(self, batch_id: str, counts: Counts) -> None:
        self._do(
            "UPDATE batches SET completed = :completed, failed = :failed,"
            " input_tokens = :input_tokens, output_tokens = :output_tokens,"
            " reasoning_tokens = :reasoning_tokens, cached_tokens = :cached_tokens WHERE id = :id",
            id=batch_id,
            **_values(counts),
        )

    def expire_now(self, batch_id: str, *, at: int) -> None:
        """The time of a batch is over sooner than was said."""
        self._do("UPDATE batches SET expires_at = :at WHERE id = :id", id=batch_id, at=at)

    def finalize(self, batch_id: str, *, at: int) -> None:
        """All is answered."""
        self._do(
            "UPDATE batches SET status = 'finalizing', finalizing_at = :at"
            " WHERE id = :id AND status = 'in_progress'",
            id=batch_id,
            at=at,
        )

    def cancel(self, batch_id: str, *, at: int) -> None:
        """Ask for the end of a batch that is still on its way."""
        self._do(
            "UPDATE batches SET status = 'cancelling', cancelling_at = :at"
            " WHERE id = :id AND status IN ('validating', 'in_progress', 'finalizing')",
            id=batch_id,
            at=at,
        )

    def leave(self, batch_id: str, *, errors: str, at: int) -> None:
        """Cancel a batch whose answerer is gone, and say so; one that is all answered ends well."""
        self._do(
            "UPDATE batches SET status = 'cancelling', cancelling_at = :at, errors = :errors"
            " WHERE id = :id AND status IN ('validating', 'in_progress')",
            id=batch_id,
            errors=errors,
            at=at,
        )

    def decide(
        self, batch_id: str, ending: str, *, output_file_id: str | None, error_file_id: str | None
    ) -> None:
        """Write down how a batch ends and where its results will be."""
        self._do(
            "UPDATE batches SET ending = :ending, output_file_id = :output_file_id,"
            " error_file_id = :error_file_id WHERE id = :id",
            id=batch_id,
            ending=ending,
            output_file_id=output_file_id,
            error_file_id=error_file_id,
        )

    def end(self, batch_id: str, files: list[StoredFile], *, at: int) -> str:
        """End a batch and show its result files, in one step; returns the status it ends with."""
        with self._transaction() as db:
            status, ending = db.execute(
                "SELECT status, ending FROM batches WHERE id = ?", [batch_id]
            ).fetchone()
            # Whoever was told "cancelling" must not be told "completed".
            final = "cancelled" if status == "cancelling" else str(ending)
            for file in files:
                db.execute(_ADD_FILE, _values(file))
            db.execute(
                f"UPDATE batches SET status = :final, {final}_at = :at WHERE id = :id",
                {"id": batch_id, "final": final, "at": at},
            )
        return final


_ADD_FILE = (
    f"INSERT INTO files ({_FILE})"
    " VALUES (:id, :bytes, :created_at, :expires_at, :filename, :purpose)"
)


def _values(record: StoredFile | Counts) -> dict[str, object]:
    return {name: getattr(record, name) for name in record.__slots__}
