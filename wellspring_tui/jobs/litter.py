"""What nobody needs any more, on this disk and on services, and why it may go."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime, timedelta

    from wellspring_tui.errors import WellspringError


class Kind(StrEnum):
    """What a thing is, in a word or two."""

    BROKEN_OFF = "job never made"
    HALF_WRITTEN = "half-written file"
    FORGOTTEN = "rest of a forgotten job"
    TASKS = "file of tasks"
    PROMPTS_COPY = "copy of prompts"
    RAW_ANSWERS = "answers in one file"
    OLD_LOG = "old log"
    SERVICE_INPUT = "input file"
    SERVICE_ANSWERS = "answers' file"


@dataclass(frozen=True, slots=True)
class Litter:
    """One thing that may go."""

    kind: Kind
    where: str
    """A path in the home, or the id of a file on a service."""
    size_bytes: int
    why: str
    """Why it is safe to delete."""
    at: datetime
    """When it last changed."""
    job_id: str | None = None
    service: str | None = None
    """Where it lies; None for this disk."""
    expires_at: datetime | None = None
    """When its service takes it away by itself, as far as that tells."""


@dataclass(frozen=True, slots=True)
class Kept:
    """Things that stay, all for one reason."""

    count: int
    size_bytes: int
    what: str
    """What they are and why they stay."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Where to look, and for what."""

    disk: bool = True
    services: bool = True
    service: str | None = None
    """Only this service."""
    job_id: str | None = None
    """Only what belongs to this job."""
    older_than: timedelta | None = None
    """Only what has not changed for so long."""


@dataclass(frozen=True, slots=True)
class Findings:
    """All that was found."""

    litter: tuple[Litter, ...] = ()
    kept: tuple[Kept, ...] = ()
    not_asked: Mapping[str, WellspringError] = field(default_factory=dict)
    """Services that could not be looked at, and why."""

    @property
    def size_bytes(self) -> int:
        """Of all that may go."""
        return sum(one.size_bytes for one in self.litter)


@dataclass(frozen=True, slots=True)
class Cleaned:
    """What came of deleting."""

    gone: tuple[Litter, ...] = ()
    left: tuple[tuple[Litter, str], ...] = ()
    """What is still there, and why."""
    failures: tuple[WellspringError, ...] = ()
    """Those of them that are the fault of a service or of the disk, each once."""

    @property
    def size_bytes(self) -> int:
        """How much room that made."""
        return sum(one.size_bytes for one in self.gone)
