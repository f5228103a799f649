"""What came of each request."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

import msgspec

CUT_OFF = "length"
"""Why the model stopped, where it came to its token limit."""
REFUSALS = ("refusal", "content_filter")
"""Why it stopped, where it refused to answer."""


class State(StrEnum):
    """The outcome of one request."""

    ANSWERED = "answered"
    FAILED = "failed"
    MISSING = "missing"


class Kind(StrEnum):
    """What an answer can be looked for as; the truncated, refused, off schema are answered too."""

    FAILED = "failed"
    MISSING = "missing"
    TRUNCATED = "truncated"
    REFUSED = "refused"
    OFF_SCHEMA = "off_schema"
    ANSWERED = "answered"


# These are made for every line of an input or output file: a struct that the garbage
# collector need not track costs a fifth of what a dataclass does.


class Usage(msgspec.Struct, frozen=True, gc=False):
    """Tokens, as the service counted them."""

    input_tokens: int = 0
    output_tokens: int = 0
    total_tokens: int = 0
    cached_tokens: int = 0
    """Of the input tokens."""
    reasoning_tokens: int = 0
    """Of the output tokens."""
    cache_write_tokens: int = 0
    """Of the input tokens; some models charge more for them."""

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
            self.total_tokens + other.total_tokens,
            self.cached_tokens + other.cached_tokens,
            self.reasoning_tokens + other.reasoning_tokens,
            self.cache_write_tokens + other.cache_write_tokens,
        )


class Place(msgspec.Struct, frozen=True, gc=False):
    """Bytes in a file of a job."""

    file: str
    offset: int
    length: int


class Outcome(msgspec.Struct, frozen=True, gc=False):
    """One line of an output or error file, without its text."""

    custom_id: str
    answered: bool
    status_code: int | None = None
    finish: str | None = None
    """Why the model stopped: `stop`, `length`, `refusal`, …"""
    model: str | None = None
    usage: Usage = Usage()
    reason: str | None = None
    """Why it failed, in the service's words."""

    @property
    def ended_early(self) -> bool:
        """Whether the answer was cut off or refused."""
        return self.finish in (CUT_OFF, *REFUSALS)


RequestRow: TypeAlias = tuple[str, str, str, Place] | tuple[str, str, str, Place, bytes | None]
"""A request for an index: custom_id, section, prompt type, place; the schema of its answer."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One request of a job and its outcome; the texts stay on disk until asked for."""

    number: int
    """Its row in the job, from 0: by section, then in the order of the prompts file."""
    custom_id: str
    section: str
    prompt_type: str
    state: State
    request: Place
    response: Place | None
    status_code: int | None
    finish: str | None
    model: str | None
    usage: Usage
    reason: str | None
    has_schema: bool = False
    """Whether it is asked to fit a JSON Schema."""
    off_schema: str | None = None
    """Where and how the answer goes against that; None when it does not, or ended early."""

    @property
    def truncated(self) -> bool:
        """Whether the answer was cut at its token limit."""
        return self.finish == CUT_OFF

    @property
    def refused(self) -> bool:
        """Whether the model refused to answer."""
        return self.finish in REFUSALS

    @property
    def wants_a_look(self) -> bool:
        """Whether it is an answer, and yet not what was asked for."""
        return self.truncated or self.refused or self.off_schema is not None


@dataclass(frozen=True, slots=True)
class Totals:
    """Outcomes and tokens of a section or a job; answered + failed + missing = requests."""

    requests: int = 0
    answered: int = 0
    failed: int = 0
    truncated: int = 0
    refused: int = 0
    usage: Usage = field(default_factory=Usage)
    off_schema: int = 0

    @property
    def missing(self) -> int:
        """Requests of which no file says anything."""
        return self.requests - self.answered - self.failed

    @property
    def flags(self) -> tuple[tuple[int, str], ...]:
        """How many answers want a look, and why: those of which there are any."""
        told = (
            (self.truncated, "cut off"),
            (self.refused, "refused"),
            (self.off_schema, "off schema"),
        )
        return tuple((number, word) for number, word in told if number)


@dataclass(frozen=True, slots=True)
class SectionOutline:
    """Where a section stands in a job."""

    name: str
    first: int
    """The number of its first request."""
    count: int
    """How many requests it has."""


@dataclass(frozen=True, slots=True)
class SectionTotals:
    """One section of a job."""

    name: str
    first: int
    """The number of its first request."""
    totals: Totals
