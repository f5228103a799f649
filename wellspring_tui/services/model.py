"""What a service tells us, in our own words. No SDK object leaves this room."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

ENDED = frozenset({"completed", "failed", "expired", "cancelled"})
"""The statuses a batch does not leave again. Any unknown status is not an end."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Requests of a batch as the service counts them; they lag behind the files."""

    total: int = 0
    completed: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True)
class BatchProblem:
    """Why a service refused a batch, or one line of it."""

    message: str
    code: str | None = None
    line: int | None = None
    """In the input file, from 1."""
    param: str | None = None
    prompt: str | None = None
    """The section and type of the line's prompt, once that is known."""

    def __str__(self) -> str:
        place = f"line {self.line}" if self.line is not None else ""
        prompt = f"({self.prompt})" if self.prompt else ""
        place = " ".join(part for part in (place, prompt) if part)
        where = ", ".join(part for part in (place, self.param or "") if part)
        return f"{where}: {self.message}" if where else self.message


@dataclass(frozen=True, slots=True)
class Batch:
    """One batch on a service."""

    id: str
    status: str
    """One of the Batch API's statuses, or whatever else the service says."""
    input_file_id: str | None = None
    output_file_id: str | None = None
    error_file_id: str | None = None
    endpoint: str | None = None
    model: str | None = None
    window: str | None = None
    counts: Counts | None = None
    percent_done: float | None = None
    """How far it is, where that is told instead of counts."""
    created_at: datetime | None = None
    expires_at: datetime | None = None
    timeline: Mapping[str, datetime] = field(default_factory=dict)
    """When it came to each status: `in_progress` → time."""
    problems: tuple[BatchProblem, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)

    @property
    def ended(self) -> bool:
        """Whether the service is done with it."""
        return self.status in ENDED


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """One file on a service."""

    id: str
    size_bytes: int | None = None
    filename: str | None = None
    purpose: str | None = None
    created_at: datetime | None = None
    expires_at: datetime | None = None
    """When the service takes it away; None when it does not say."""
    status: str | None = None
    """`processed` when a batch may be made of it; few services say anything else."""
