"""Answers as plain values, with their texts, for programs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wellspring_tui.answers.exports.source import Source
from wellspring_tui.answers.own_rows import as_values

if TYPE_CHECKING:
    from collections.abc import Iterator
    from decimal import Decimal

    from wellspring_tui.answers.exports.source import Entry
    from wellspring_tui.answers.model import State, Usage
    from wellspring_tui.answers.results import Results


@dataclass(frozen=True, slots=True)
class PlainAnswer:
    """One request of a job, its prompt, and what came of it."""

    custom_id: str
    section: str
    prompt_type: str
    state: State
    """`answered`, `failed` or `missing`; equal to these words."""
    text: str | None
    """The answer; None when there is none."""
    reason: str | None
    """Why it failed, in the service's words."""
    prompt: str | None
    """None when the file of its request was never here."""
    model: str | None
    finish: str | None
    """Why the model stopped: `stop`, `length` when the answer is cut, `refusal`, …"""
    off_schema: str | None
    """Where and how the answer goes against the schema it was asked to fit, if it does."""
    usage: Usage
    """Tokens, as the service counted them."""
    cost: Decimal | None
    """In dollars; None when it is unknown."""
    row: dict[str, Any] | None
    """The own columns of the table's row that it was made of; None when none was."""


def plain_answers(results: Results) -> Iterator[PlainAnswer]:
    """Every request in view order, read one after the other; closes the index at the end."""
    with results.index:
        for entry in Source(results, {}, prompts=True).entries():
            yield _plain(entry)


def _plain(entry: Entry) -> PlainAnswer:
    answer = entry.answer
    return PlainAnswer(
        custom_id=answer.custom_id,
        section=answer.section,
        prompt_type=answer.prompt_type,
        state=answer.state,
        text=entry.response,
        reason=answer.reason,
        prompt=entry.prompt,
        model=answer.model,
        finish=answer.finish,
        off_schema=answer.off_schema,
        usage=answer.usage,
        cost=entry.cost,
        row=None if entry.row is None else as_values(entry.row),
    )
