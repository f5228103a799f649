"""What a prompts file needs of a service: parts, and room in its queue."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wellspring_tui.figures import size
from wellspring_tui.figures import tokens as short
from wellspring_tui.jobs.waiting import has_room
from wellspring_tui.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wellspring_tui.jobs.cutting import Cut, Rule
    from wellspring_tui.jobs.limits import Limits
    from wellspring_tui.prompts.checking import Survey
    from wellspring_tui.service_profiles import ServiceProfile


@dataclass(frozen=True, slots=True)
class QueueNeed:
    """How the tokens of one model go through a service's queue of enqueued tokens."""

    model: str
    tokens: int
    """Input tokens of the job, estimated."""
    limit: int | None
    """How many the service takes at once; None when nobody knows."""
    under_way: int = 0
    """Tokens of other jobs in the queue now."""
    turns: int = 1
    """How often the queue is filled with parts of the job until all have gone."""

    @property
    def fits(self) -> bool | None:
        """Whether all goes in at once, now; None when nobody knows."""
        if self.limit is None:
            return None
        return self.turns == 1 and has_room(self.limit, self.under_way, self.tokens)

    def __str__(self) -> str:
        model = one_line(self.model, 40)
        if self.limit is None:
            return "limit unknown: what finds no room waits, and goes by itself"
        room = f"{short(self.limit)} tokens of {model}"
        beside = f" beside {short(self.under_way)} under way" if self.under_way else ""
        if self.fits:
            return f"fits: {short(self.tokens)}{beside}, of {room}"
        if self.turns == 1:
            return (
                f"{short(self.under_way)} of {room} under way: "
                "it waits for room, and goes by itself"
            )
        return (
            f"{short(self.tokens)} tokens{beside}; the queue of {model} takes "
            f"{short(self.limit)}: it goes in about {self.turns:,} turns by itself"
        )


@dataclass(frozen=True, slots=True)
class Needs:
    """A prompts file, read whole, and what it needs of a service."""

    found: Survey
    parts: tuple[Cut, ...]
    queue: tuple[QueueNeed, ...]
    """One for each model, the one with most tokens first."""
    rule: Rule
    """By which the parts were cut."""


def parts_sentence(parts: Sequence[Cut]) -> str:
    """Into how many input files a job is cut, and how large the largest is."""
    if not parts:
        return "–"
    largest = max(part.size_bytes for part in parts)
    if len(parts) == 1:
        return f"1 input file, {size(largest)}"
    most = max(part.requests for part in parts)
    requests = f"{most:,} request{'s' * (most != 1)}"
    return f"{len(parts):,} input files, each at most {requests} and {size(largest)}"


def needs_of(
    found: Survey, parts: Sequence[Cut], profile: ServiceProfile, limits: Limits, rule: Rule
) -> Needs:
    """What a file that has been read, and cut into parts for a service, needs of it."""
    by_model: defaultdict[str, list[int]] = defaultdict(list)
    for part in parts:
        by_model[part.model].append(part.tokens)
    needs = [
        QueueNeed(
            model,
            sum(tokens),
            limit,
            limits.enqueued_tokens(profile.name, model),
            1 if limit is None else sum(1 for _ in _turns(tokens, limit)),
        )
        for model, tokens in by_model.items()
        for limit in (limits.queue(profile, model),)
    ]
    needs.sort(key=lambda need: -need.tokens)
    return Needs(found, tuple(parts), tuple(needs), rule)


def _turns(parts: Sequence[int], limit: int) -> Iterator[int]:
    """The tokens of each filling of an empty queue."""
    filled = 0
    for tokens in parts:
        if not has_room(limit, filled, tokens):
            yield filled
            filled = 0
        filled += tokens
    yield filled
