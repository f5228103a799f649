"""What documents say of a job and of each answer, in words."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from wellspring_tui import figures
from wellspring_tui.answers.model import State

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wellspring_tui.answers.exports.source import Entry, Source
    from wellspring_tui.answers.model import Answer, Totals


def outcome(answer: Answer) -> str:
    """`Answered`, `Truncated`, `Refused`, `Off schema`, `Failed`, `Missing`."""
    if answer.state is not State.ANSWERED:
        return "Failed" if answer.state is State.FAILED else "Missing"
    if answer.truncated:
        return "Truncated"
    return "Refused" if answer.refused else "Off schema" if answer.off_schema else "Answered"


def entry_facts(entry: Entry) -> Iterator[str]:
    """What is known of an answer besides its text."""
    answer = entry.answer
    yield outcome(answer)
    if answer.off_schema:
        yield answer.off_schema
    if answer.model:
        yield answer.model
    usage = answer.usage
    if usage.total_tokens:
        yield f"{usage.input_tokens:,} tokens in, {usage.output_tokens:,} out"
        yield figures.money(entry.cost) if entry.cost is not None else "cost unknown"
    yield answer.custom_id


def about_lines(source: Source) -> Iterator[tuple[str, str]]:
    """(label, value) of what is told of a job."""
    told = (
        ("job_id", "Job"),
        ("status", "Status"),
        ("service", "Service"),
        ("answered_by", "Answered by"),
    )
    for key, label in told:
        if source.about.get(key):
            yield label, str(source.about[key])
    totals = source.results.index.totals()
    yield "Answers", counts(totals)
    usage = totals.usage
    yield "Tokens", f"{usage.input_tokens:,} in, {usage.output_tokens:,} out"
    yield "Cost", figures.money(_dollars(source.about.get("cost_usd")))


def counts(totals: Totals) -> str:
    """`7 answered, 1 failed, 1 missing`, and how many want a look."""
    told = f"{totals.answered:,} answered, {totals.failed:,} failed, {totals.missing:,} missing"
    flagged = (
        (totals.truncated, "truncated"),
        (totals.refused, "refused"),
        (totals.off_schema, "off schema"),
    )
    return ", ".join((told, *(f"{number:,} {word}" for number, word in flagged if number)))


def _dollars(told: object) -> Decimal | None:
    try:
        return None if told is None else Decimal(str(told))
    except InvalidOperation:
        return None
