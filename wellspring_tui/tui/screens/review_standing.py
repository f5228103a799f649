"""Where a job stands before it is sent: what it costs, and what still speaks against it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.content import Content

from wellspring_tui import figures
from wellspring_tui.channels import profile_of, real_time_channel
from wellspring_tui.errors import WellspringError
from wellspring_tui.jobs.fitting import refuse_unfit
from wellspring_tui.jobs.spending import keep_to
from wellspring_tui.prompts.model import FileKind
from wellspring_tui.service_profiles import SIMULATED
from wellspring_tui.text import one_line
from wellspring_tui.tui import look
from wellspring_tui.tui.screens import survey_lines
from wellspring_tui.tui.screens.review_fields import LABELS, Draft

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from wellspring_tui.service_profiles import ServiceProfile
    from wellspring_tui.settings import Settings
    from wellspring_tui.tui.readings import Reading

_PATH_LENGTH = 58
_LABEL_WIDTH = 11
"""Cells before the value of a fact."""
_READING = "◐ Reading the file with these settings; submit it once you see what it costs."


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether a job may be submitted, and the one thing to say about it."""

    ready: bool
    says: Content
    against: bool = False
    """Whether something speaks against the job as it is."""


def standing(
    draft: Draft, reading: Reading | None, failure: WellspringError | None, settings: Settings
) -> Standing:
    """What speaks against a job as it is; without a `reading` its file is still being read."""
    for field, label in LABELS.items():
        if field in draft.mistakes:
            return _against(f"{label}: {draft.mistakes[field]}")
    profile = settings.profile(draft.service)
    try:
        settings.key(profile)
        if failure is not None:
            raise failure
        if reading is None:
            return Standing(ready=False, says=Content.styled(_READING, look.BUSY))
        reading.found.raise_if_unsendable()
        endpoints = (part.endpoint for part in reading.needs.parts)
        channel = real_time_channel(profile.name) if reading.cost.now else profile.name
        refuse_unfit(profile_of(settings, channel), draft.options.window, endpoints)
        limit = settings.max_cost if draft.max_cost is None else draft.max_cost
        if limit is not None:
            keep_to(limit, reading.cost)
    except WellspringError as error:
        return _against(str(error))
    return Standing(ready=True, says=_remark(profile))


def _against(sentence: str) -> Standing:
    says = Content.styled(f"× {one_line(sentence)}", look.BAD)
    return Standing(ready=False, says=says, against=True)


def _remark(profile: ServiceProfile) -> Content:
    if profile.answered_by is None:
        return Content.styled("Nothing is sent before you submit.", look.QUIET)
    if profile.answerer == SIMULATED:
        return Content.styled("Answers of the built-in service are simulated.", look.WARN)
    return Content.styled(f"Answers come from {one_line(profile.answered_by, 60)}.", look.WARN)


def fact_lines(reading: Reading) -> Iterator[Content]:
    """What is in the file, what it needs, what it costs."""
    found = reading.found
    yield look.labelled("file", _end(look.path(found.path)))
    yield from survey_lines.content_lines(found)
    if found.template_needed:
        return
    if found.kind is FileKind.REQUESTS:  # elsewhere fields say it
        yield from survey_lines.target_lines(found)
    yield from survey_lines.need_lines(reading)
    yield from survey_lines.cost_lines(reading.cost)
    yield from survey_lines.note_lines(found)


def hanging(lines: Iterable[Content], width: int) -> Iterator[Content]:
    """Facts wrapped to `width`, what is wrapped standing below the value that it belongs to."""
    for line in lines:
        first, *others = line[_LABEL_WIDTH:].wrap(max(1, width - _LABEL_WIDTH)) or [line]
        yield line[:_LABEL_WIDTH] + first
        yield from (Content(" " * _LABEL_WIDTH) + other for other in others)


def sum_line(reading: Reading) -> Content:
    """What a person agrees to: how many, for how much, by which model, where, from which file."""
    found, cost = reading.found, reading.cost
    if found.template_needed:
        return Content.styled("A template makes a prompt of each row.", look.QUIET)
    count = _prompts(found.prompts)
    prices = f"{_at_most(reading)} · real time {figures.money(cost.real_time)}"
    if cost.now:
        prices = f"{_at_most(reading)} in real time · as a batch {figures.money(cost.batch)}"
    if cost.free:
        prices = "free"
    models = ", ".join(one_line(model, 30) for model, _ in found.models.most_common(2))
    name = one_line(found.path.name, 60)
    where = one_line(reading.service, 30)
    return Content.styled(f"{count} · {prices}", "bold") + Content.styled(
        f" · {models} · {where} · {name}", look.QUIET
    )


def submit_label(reading: Reading) -> Content:
    """What the button does."""
    cost = "free" if reading.cost.free else _at_most(reading)
    does = "Answer" if reading.cost.now else "Submit"
    how = " now" if reading.cost.now else ""
    return Content(f"{does} {_prompts(reading.found.prompts)}{how} · {cost} (ctrl+s)")


def _end(path: str) -> str:
    """A path on one line: where it is long, its end tells the file."""
    return path if len(path) <= _PATH_LENGTH else f"…{path[1 - _PATH_LENGTH :]}"


def _prompts(number: int) -> str:
    return f"{number:,} prompt{'s' * (number != 1)}"


def _at_most(reading: Reading) -> str:
    upper = reading.cost.upper
    return "price unknown" if upper is None else f"at most ≈ {figures.money(upper)}"
