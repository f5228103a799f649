"""Batches exactly as OpenAI's service writes them, read without a detour.

A dashboard lists thousands of batches again and again. One that deviates in anything is
left to `reading`, which takes what any service sends.
"""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from wellspring_tui.services.model import Batch, Counts

_STATUSES = frozenset(
    {
        "validating",
        "failed",
        "in_progress",
        "finalizing",
        "completed",
        "expired",
        "cancelling",
        "cancelled",
    }
)
_LAST_SECOND = 100_000_000_000
"""Anything later is meant as milliseconds."""


class _Counts(msgspec.Struct):
    total: int
    completed: int
    failed: int


class _Batch(msgspec.Struct):
    id: str
    status: str
    input_file_id: str
    endpoint: str
    completion_window: str
    created_at: int
    expires_at: int
    request_counts: _Counts
    errors: None = None
    output_file_id: str | None = None
    error_file_id: str | None = None
    model: str | None = None
    metadata: dict[str, str] | None = None
    in_progress_at: int | None = None
    finalizing_at: int | None = None
    completed_at: int | None = None
    failed_at: int | None = None
    expired_at: int | None = None
    cancelling_at: int | None = None
    cancelled_at: int | None = None


class _Page(msgspec.Struct):
    data: list[_Batch]
    has_more: bool


_pages = msgspec.json.Decoder(_Page)


def read_page(content: bytes) -> tuple[list[Batch], bool] | None:
    """The batches of a page and whether more follow; None when anything in it is unusual."""
    try:
        page = _pages.decode(content)
        return [_batch(raw) for raw in page.data], page.has_more
    except ValueError:  # msgspec's errors are ValueErrors too
        return None


def _batch(raw: _Batch) -> Batch:
    if not raw.id or raw.status not in _STATUSES:
        raise ValueError(raw.status)
    times = (
        ("in_progress", raw.in_progress_at),
        ("finalizing", raw.finalizing_at),
        ("completed", raw.completed_at),
        ("failed", raw.failed_at),
        ("expired", raw.expired_at),
        ("cancelling", raw.cancelling_at),
        ("cancelled", raw.cancelled_at),
    )
    counts = raw.request_counts
    return Batch(
        id=raw.id,
        status=raw.status,
        input_file_id=raw.input_file_id or None,
        output_file_id=raw.output_file_id or None,
        error_file_id=raw.error_file_id or None,
        endpoint=raw.endpoint or None,
        model=raw.model or None,
        window=raw.completion_window or None,
        counts=Counts(counts.total, counts.completed, counts.failed),
        created_at=_time(raw.created_at),
        expires_at=_time(raw.expires_at),
        timeline={name: _time(at) for name, at in times if at is not None},
        metadata=raw.metadata or {},
    )


def _time(seconds: int) -> datetime:
    if not 0 < seconds < _LAST_SECOND:
        raise ValueError(seconds)
    return datetime.fromtimestamp(seconds, UTC)
