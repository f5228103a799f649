"""What a job used, part by part: tokens by section and model, and the prices they are worth.

The sums are made when a part is collected and kept in the ledger, so that tokens and money
of ten thousand jobs are one query. The prices are kept with them: what a job has cost does
not change when prices do.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from wellspring_tui.answers.model import Usage
from wellspring_tui.answers.tariffs import Cost, Tariff, Tariffs, cost

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from wellspring_tui.answers.groups import Group, Heading
    from wellspring_tui.answers.index import AnswerIndex
    from wellspring_tui.answers.lengths import Lengths
    from wellspring_tui.answers.model import Usage
    from wellspring_tui.answers.tariffs import TariffKey
    from wellspring_tui.jobs.model import Job, Part

_KEPT_SECTIONS = 500
OTHER_SECTIONS = "… other sections"
"""A job of more sections than are kept: the smaller ones together."""


class Used(msgspec.Struct, frozen=True, gc=False):
    """What requests of one section, part, model and price used."""

    name: str
    """The section, or the prompt type."""
    part: int
    at: datetime
    """When the part's batch ended."""
    model: str
    long: bool
    requests: int
    answered: int
    failed: int
    measured: int
    unmeasured: int
    usage: Usage
    real_time: bool = False
    """Whether it was answered in real time, and charged so."""

    def __add__(self, other: Used) -> Used:
        return msgspec.structs.replace(
            self,
            requests=self.requests + other.requests,
            answered=self.answered + other.answered,
            failed=self.failed + other.failed,
            measured=self.measured + other.measured,
            unmeasured=self.unmeasured + other.unmeasured,
            usage=self.usage + other.usage,
        )


@dataclass(frozen=True, slots=True)
class JobUsage:
    """What a job used, as far as its answers have come."""

    job_id: str
    used: tuple[Used, ...]
    tariffs: Mapping[TariffKey, Tariff]
    lengths: tuple[Lengths, ...] = ()
    """How long its answers were."""

    @property
    def cost(self) -> Cost:
        """All of it in money."""
        return sum((self.cost_of(used) for used in self.used), Cost())

    def cost_of(self, used: Used) -> Cost:
        """What one of the sums is worth."""
        tariff = self.tariffs[used.model, used.long]
        return cost(
            tariff.at_once if used.real_time else tariff,
            used.usage,
            measured=used.measured,
            unmeasured=used.unmeasured,
        )

    def kept(self) -> JobUsage:
        """The same with no more sections than the ledger keeps."""
        sizes: Counter[str] = Counter()
        for used in self.used:
            sizes[used.name] += used.usage.total_tokens
        if len(sizes) <= _KEPT_SECTIONS:
            return self
        named = {name for name, _ in sizes.most_common(_KEPT_SECTIONS - 1)}
        return replace(
            self,
            used=_added_up(
                used if used.name in named else msgspec.structs.replace(used, name=OTHER_SECTIONS)
                for used in self.used
            ),
        )


def sum_up(
    job: Job,
    parts: Sequence[Part],
    index: AnswerIndex,
    tariffs: Tariffs,
    by: Heading = "section",
) -> JobUsage:
    """What a job used by its index. A request without an answer counts to its first part."""
    groups = index.groups(by)
    now = job.ended_at or datetime.now(UTC)
    ended = {part.number: part.ended_at or now for part in parts}
    numbers = {part.input_name: part.number for part in parts}
    models = _usual_models(groups, parts)
    in_real_time = {part.number for part in parts if part.real_time}

    def used() -> Iterable[Used]:
        for group in groups:
            part = group.part or numbers.get(group.request_file or "", 1)
            yield Used(
                group.name,
                part,
                ended.get(part, now),
                group.model or models[part],
                group.long,
                group.requests,
                group.answered,
                group.failed,
                group.measured,
                group.unmeasured,
                group.usage,
                part in in_real_time,
            )

    sums = _added_up(used())
    keys = {(one.model, one.long) for one in sums}
    known = {(model, long): tariffs.of(model, long=long) for model, long in sorted(keys)}
    return JobUsage(job.id, sums, known)


def _usual_models(groups: Sequence[Group], parts: Sequence[Part]) -> Mapping[int, str]:
    """Part → the model that answers in it, for lines that do not say which it was.

    A batch has one model, but answers under a fuller name than it is asked for by.
    """
    counted: defaultdict[int, Counter[str]] = defaultdict(Counter)
    for group in groups:
        if group.part is not None and group.model:
            counted[group.part][group.model] += group.requests
    answering = {
        part: next(iter(models.most_common(1)))[0] for part, models in sorted(counted.items())
    }
    asked = {part.number: part.model for part in parts}
    # What was never answered was asked in a part of the same model, as a rule.
    by_name = {asked.get(part, ""): model for part, model in answering.items()}
    known = {number: by_name.get(name, name) for number, name in asked.items()} | answering
    return defaultdict(str, known)


def _added_up(used: Iterable[Used]) -> tuple[Used, ...]:
    """Sums that have everything in common but their numbers as one."""
    sums: dict[tuple[str, int, str, bool], Used] = {}
    for one in used:
        key = (one.name, one.part, one.model, one.long)
        sums[key] = sums[key] + one if key in sums else one
    return tuple(sums.values())
