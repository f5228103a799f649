"""What the rows of an index say, as answers, and the other way round."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wellspring_tui.answers.model import Answer, Place, State, Usage

if TYPE_CHECKING:
    from wellspring_tui.answers.model import Outcome

ANSWERS = """
SELECT r.row, r.custom_id, s.name, t.name, rf.name, r.offset, r.length, r.schema,
    a.answered, af.name, a.offset, a.length, a.status_code, a.finish, a.model, a.reason,
    a.off_schema,
    a.input_tokens, a.output_tokens, a.total_tokens, a.cached_tokens, a.reasoning_tokens,
    a.cache_write_tokens
FROM requests r
JOIN names s ON s.id = r.section
JOIN names t ON t.id = r.prompt_type
JOIN names rf ON rf.id = r.file
LEFT JOIN answers a ON a.custom_id = r.custom_id
LEFT JOIN names af ON af.id = a.file
"""
"""Selects what `answer` reads."""

RANK_ANSWERED = 1_000_000
"""What an answer ranks above every failure; below it the newer part counts."""


def answer(row: tuple[Any, ...]) -> Answer:
    """A row of `ANSWERS`."""
    number, custom_id, section, kind, file, offset, length, schema, answered, *rest = row
    answer_file, answer_offset, answer_length, code, finish, model, reason, off, *tokens = rest
    if answered is None:
        state, response, usage = State.MISSING, None, Usage()
    else:
        state = State.ANSWERED if answered else State.FAILED
        response = Place(str(answer_file), answer_offset, answer_length)
        usage = Usage(*tokens)
    return Answer(
        number=number,
        custom_id=custom_id,
        section=section,
        prompt_type=kind,
        state=state,
        request=Place(file, offset, length),
        response=response,
        status_code=code,
        finish=finish,
        model=model,
        usage=usage,
        reason=reason,
        has_schema=schema is not None,
        off_schema=off,
    )


def of_outcome(
    outcome: Outcome, part: int, place: tuple[int, int, int], off_schema: str | None
) -> tuple[object, ...]:
    """A row of the table `answers`; `place` is (file's number, offset, length)."""
    usage = outcome.usage
    file_id, offset, length = place
    return (
        outcome.custom_id,
        part + (RANK_ANSWERED if outcome.answered else 0),
        outcome.answered,
        file_id,
        offset,
        length,
        outcome.status_code,
        outcome.finish,
        outcome.model,
        outcome.reason,
        usage.input_tokens,
        usage.output_tokens,
        usage.total_tokens,
        usage.cached_tokens,
        usage.reasoning_tokens,
        usage.cache_write_tokens,
        off_schema,
    )
