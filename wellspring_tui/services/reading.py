"""Reading what services send, whatever they send.

OpenAI sends every key with explicit nulls; others leave keys out, write statuses
in capitals, times as ISO text or milliseconds, errors as one string. Nothing of
that may stop a job.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from wellspring_tui.services.model import Batch, BatchProblem, Counts, RemoteFile

if TYPE_CHECKING:
    from collections.abc import Mapping

# Other services' words for OpenAI's statuses (Together, Novita, Maritaca, DashScope, SiliconFlow).
_SYNONYMS = {
    "canceled": "cancelled",
    "canceling": "cancelling",
    "pending": "validating",
    "pre_process": "validating",
    "queued": "validating",
    "in_queue": "validating",
    "progress": "in_progress",
    "processing": "in_progress",
    "running": "in_progress",
    "success": "completed",
    "succeeded": "completed",
    "timeout_exceeded": "expired",
    "cancellation_requested": "cancelling",
}
_TIMELINE = (
    "in_progress",
    "finalizing",
    "completed",
    "failed",
    "expired",
    "cancelling",
    "cancelled",
)
_MILLISECONDS_FROM = 100_000_000_000
"""As seconds this would be the year 5138."""


def read_batch(raw: Mapping[str, object]) -> Batch:
    """A batch out of any service's JSON object. Raises ValueError when it has no id."""
    job = raw.get("job")
    if "id" not in raw and isinstance(job, dict):  # Together wraps a new batch
        raw = job
    batch_id = _text(raw.get("id")) or _text(raw.get("batch_id"))
    if not batch_id:
        raise ValueError("a batch without an id")
    times = {name: _time(raw.get(f"{name}_at")) for name in _TIMELINE}
    return Batch(
        id=batch_id,
        status=read_status(raw.get("status")),
        input_file_id=_text(raw.get("input_file_id")),
        output_file_id=_text(raw.get("output_file_id")),
        error_file_id=_text(raw.get("error_file_id")),
        endpoint=_text(raw.get("endpoint")),
        model=_text(raw.get("model")) or _text(raw.get("model_id")),
        window=_text(raw.get("completion_window")),
        counts=_counts(raw),
        percent_done=_percent(raw.get("progress")),
        created_at=_time(raw.get("created_at")),
        expires_at=_time(raw.get("expires_at")) or _time(raw.get("job_deadline")),
        timeline={name: time for name, time in times.items() if time is not None},
        problems=_problems(raw.get("errors")) or _problems(raw.get("error")),
        metadata=_metadata(raw.get("metadata")),
    )


def read_status(raw: object) -> str:
    """The status in OpenAI's word where there is one, else as the service says it."""
    if not isinstance(raw, str) or not raw.strip():
        return "unknown"
    word = raw.strip().lower()
    return _SYNONYMS.get(word, word)


def read_file(raw: Mapping[str, object]) -> RemoteFile:
    """A file out of any service's JSON object. Raises ValueError when it has no id."""
    inner = raw.get("data")
    if "id" not in raw and isinstance(inner, dict):  # SiliconFlow wraps the answer
        raw = inner
    file_id = _text(raw.get("id"))
    if not file_id:
        raise ValueError("a file without an id")
    status = _text(raw.get("status"))
    return RemoteFile(
        id=file_id,
        size_bytes=_number(raw.get("bytes")),
        filename=_text(raw.get("filename")),
        purpose=_text(raw.get("purpose")),
        created_at=_time(raw.get("created_at")),
        expires_at=_time(raw.get("expires_at")),
        status=status and status.lower(),
    )


def _text(raw: object) -> str | None:
    return raw if isinstance(raw, str) and raw else None


def _number(raw: object) -> int | None:
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        return None
    return int(raw)


def _percent(raw: object) -> float | None:
    if isinstance(raw, bool) or not isinstance(raw, int | float) or not 0 <= raw <= 100:
        return None
    return float(raw)


def _time(raw: object) -> datetime | None:
    if isinstance(raw, bool) or raw is None:
        return None
    if isinstance(raw, str):
        try:
            raw = float(raw)
        except ValueError:
            return _iso_time(raw)
    if not isinstance(raw, int | float) or raw <= 0:
        return None
    try:
        return datetime.fromtimestamp(raw / 1_000 if raw >= _MILLISECONDS_FROM else raw, UTC)
    except (OverflowError, ValueError, OSError):
        return None


def _iso_time(raw: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(raw))
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _counts(raw: Mapping[str, object]) -> Counts | None:
    inner = raw.get("request_counts")
    # Novita puts the three numbers at the top.
    holder: Mapping[str, object] = inner if isinstance(inner, dict) else raw
    numbers = {name: _number(holder.get(name)) for name in ("total", "completed", "failed")}
    if all(number is None for number in numbers.values()):
        return None
    return Counts(**{name: number or 0 for name, number in numbers.items()})


def _problems(raw: object) -> tuple[BatchProblem, ...]:
    if isinstance(raw, dict):
        raw = raw.get("data", [raw] if raw.get("message") else [])
    if isinstance(raw, str) and raw:
        raw = [raw]
    if not isinstance(raw, list):
        return ()
    return tuple(_problem(item) for item in raw if item)


def _problem(raw: object) -> BatchProblem:
    if not isinstance(raw, dict):
        return BatchProblem(str(raw))
    return BatchProblem(
        message=_text(raw.get("message")) or _text(raw.get("code")) or "no reason given",
        code=_text(raw.get("code")),
        line=_number(raw.get("line")),
        param=_text(raw.get("param")),
    )


def _metadata(raw: object) -> dict[str, str]:
    return {str(key): str(value) for key, value in raw.items()} if isinstance(raw, dict) else {}
