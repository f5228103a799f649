"""Jobs and their parts."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from wellspring_tui.channels import real_time_channel
from wellspring_tui.service_profiles import IN_REAL_TIME
from wellspring_tui.services.model import ENDED, BatchProblem

if TYPE_CHECKING:
    from datetime import datetime
    from decimal import Decimal

    from wellspring_tui.prompts.model import RequestOptions


# No vowels and nothing that looks like a digit: ids are read aloud and typed.
_ID_LETTERS = "bcdfghjkmnpqrstvwxz23456789"
_ID_LENGTH = 6

ADOPTED = "adopted batch"
"""The kind of a job whose batch was made elsewhere."""
IMPORTED = "result files"
"""The kind of a job that was made of result files on disk."""
NO_SERVICE = "files"
"""The service of such a job: none, and none is asked."""

INDEX_NAME = "index.sqlite"
"""The index of a job's answers, in its output folder."""


class Step(StrEnum):
    """Where a part stands. Each is written to the ledger before its action starts."""

    PLANNED = "planned"
    UPLOADING = "uploading"
    UPLOADED = "uploaded"
    CREATING = "creating"
    CREATED = "created"
    COLLECTED = "collected"


BEFORE_CREATION = frozenset({Step.PLANNED, Step.UPLOADING, Step.UPLOADED})

# Statuses of a job or part that has no batch yet; the others are the Batch API's.
WAITING = "waiting"
SENDING = "sending"


@dataclass(frozen=True, slots=True)
class Part:
    """One input file of a job and the batch that answers it."""

    id: str
    """`<job id>-<number>`."""
    job_id: str
    number: int
    step: Step
    status: str
    """`waiting`, `sending`, or the batch's status."""
    token: str
    """What the batch carries in its metadata, so that it is known again. Never reused."""
    requests: int
    size_bytes: int
    sha256: str
    endpoint: str
    model: str
    tokens: int
    """Input tokens, estimated."""
    input_file_id: str | None = None
    batch_id: str | None = None
    output_file_id: str | None = None
    error_file_id: str | None = None
    completed: int = 0
    failed: int = 0
    expires_at: datetime | None = None
    attempted_at: datetime | None = None
    """When its creation was last asked for."""
    ended_at: datetime | None = None
    """When its batch ended, as the service tells."""
    problems: tuple[BatchProblem, ...] = ()
    attempts: int = 0
    """How many batches it has given up, after setbacks that pass."""
    not_before: datetime | None = None
    """When it may be sent next."""
    waiting_for: str | None = None
    creation_held: bool = False
    """Whether it stops after its upload until the creation of its batch is asked for."""
    real_time: bool = False
    """Whether it is answered in real time, and charged so."""
    answers_expire_at: datetime | None = None
    """When the first file with its answers expires on the service, as that tells."""

    @property
    def input_name(self) -> str:
        """The name of its input file, in the job's folder."""
        return part_file_name(self.number)

    @property
    def upload_name(self) -> str:
        """The name its input file has on the service; like the token it is never reused."""
        return f"wellspring-{self.token}.jsonl"

    @property
    def ended(self) -> bool:
        """Whether its batch is over; its answers may still have to be collected."""
        return self.status in ENDED

    @property
    def answered(self) -> bool:
        """Whether it is collected and every request that is still its own has an answer."""
        return self.step is Step.COLLECTED and self.completed >= self.requests


@dataclass(frozen=True, slots=True)
class SentAgain:
    """How many requests of a part go again in another."""

    requests: int
    failed: int
    """Of them; the others are missing."""


def new_job_id() -> str:
    """An id for a job."""
    return "".join(secrets.choice(_ID_LETTERS) for _ in range(_ID_LENGTH))


def new_token(part_id: str) -> str:
    """A token for a part's next batch: `<part id>-<random>`."""
    return f"{part_id}-{secrets.token_hex(6)}"


def part_file_name(number: int, kind: str = "") -> str:
    """`part-001.jsonl`, or `part-001.output.jsonl` for the output of a part."""
    return f"part-{number:03d}{kind and '.'}{kind}.jsonl"


@dataclass(frozen=True, slots=True)
class Job:
    """One prompts file sent with one set of settings: all its parts, one view of the answers."""

    id: str
    name: str
    description: str | None
    source: str
    """The path of the prompts file."""
    kind: str
    service: str
    endpoint: str
    model: str
    window: str
    requests: int
    tokens_estimated: int
    """Input tokens."""
    created_at: datetime
    status: str = WAITING
    """The status of the part that is furthest behind; once all have ended, the worst end."""
    parts: int = 1
    completed: int = 0
    """Answered, as the service counts until collected; then by the files."""
    failed: int = 0
    collected: bool = False
    input_tokens: int = 0
    output_tokens: int = 0
    cost: Decimal | None = None
    """In dollars, once collected; None when a price is unknown."""
    cancel_asked: bool = False
    ended_at: datetime | None = None
    expires_at: datetime | None = None
    tags: tuple[str, ...] = ()
    notes: str | None = None
    options: RequestOptions | None = None
    """What it was submitted with; None for ready-made requests."""
    news_at: datetime | None = None
    """When anything of it last changed; None while nothing has."""
    real_time_parts: int = 0
    """How many of its parts are answered in real time."""
    finish_now: bool = False
    """Whether what has no answer is asked in real time once its batches are over."""
    max_cost: Decimal | None = None
    """The most that it may cost with all its retries, in dollars; None where the settings say it.

    Infinity where it was sent without a limit in spite of them.
    """
    output_life_seconds: int | None = None
    """How long its service is asked to keep its output files; None where the service decides."""

    @property
    def open(self) -> bool:
        """Whether there is still something to wait for."""
        return not self.collected

    @property
    def channels(self) -> tuple[str, ...]:
        """The ways that its parts take to the service."""
        in_batches = () if self.real_time_parts == self.parts else (self.service,)
        return (*in_batches, *([real_time_channel(self.service)] if self.real_time_parts else []))

    @property
    def way(self) -> str:
        """The service and how it is asked: `openai`, `openai in real time`."""
        if self.real_time_parts in (0, self.parts):
            return self.channels[0]
        return f"{self.service}, {self.real_time_parts} of {self.parts} parts in real time"

    @property
    def missing(self) -> int:
        """Requests without an answer or a failure."""
        return max(0, self.requests - self.completed - self.failed)

    @property
    def all_answered(self) -> bool:
        """Whether every request has its answer, on disk."""
        return self.collected and self.completed == self.requests


MADE = "planned"
"""The event with which a job begins here; its detail tells who answers."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a part, for the timeline."""

    at: datetime
    part: int
    what: str
    detail: str | None = None
    id: int = 0
    """Its number in the ledger; a later event has a larger one."""


@dataclass(frozen=True, slots=True)
class JobDetail:
    """A job with its parts and timeline."""

    job: Job
    parts: tuple[Part, ...]
    events: tuple[Event, ...]

    @property
    def answered_by(self) -> str | None:
        """Who was to answer for the built-in service when the job was made; None elsewhere."""
        made = (event.detail for event in self.events if event.what == MADE)
        # What is said there of a job in real time, its `way` tells already.
        return next((by for by in made if by != IN_REAL_TIME.strip()), None)


@dataclass(frozen=True, slots=True)
class Offer:
    """A batch that was made elsewhere and may be adopted."""

    service: str
    batch_id: str
    status: str
    endpoint: str | None
    requests: int
    completed: int
    failed: int
    created_at: datetime | None
    name: str | None
    """What its metadata calls it."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a service's own history says of an open job."""

    like_jobs: int
    """How many ended jobs like it this rests on."""
    shortest_seconds: float
    longest_seconds: float
    """How long they took: nine of ten at most."""
    left_seconds: tuple[float, float] | None
    """What is left of that, at least and at most; None when that can't be said."""
    silent_seconds: float | None
    """How long nothing has changed, when that is unusual: it has stalled."""


@dataclass(frozen=True, slots=True)
class JobsQuery:
    """Which jobs, in which order."""

    text: str = ""
    """A filter: only jobs in which every word of it is found.

    A word is looked for in name, id, description, model, status, service, tags and notes;
    `"two words"` stay together. `#word` or `tag:word` is a tag that starts so; `status:`,
    `service:` and `model:` narrow a word to that field; `is:open`, `is:ended` and
    `is:failed` (something failed or is missing) ask how the job stands.
    """
    order_by: str = "created_at"
    descending: bool = True
    status: str = ""
    """Only jobs in that status."""
    after: Job | None = None
    """Only jobs that come after this one when the newest come first."""


@dataclass(frozen=True, slots=True)
class Round:
    """What one tick did."""

    at: datetime
    changed: frozenset[str] = frozenset()
    """Ids of jobs that look different now."""
    ended: tuple[str, ...] = ()
    """Ids of jobs whose last answers were collected in this round."""
    failures: dict[str, Exception] = field(default_factory=dict)
    """Channel → why it could not be asked; its jobs show their last known state."""
    next_tries: dict[str, float] = field(default_factory=dict)
    """Such a service → seconds until it is asked again."""

    def failure_of(self, job: Job) -> Exception | None:
        """Why the service of a job could not be asked, on a way that its parts take."""
        return next((self.failures[way] for way in job.channels if way in self.failures), None)
