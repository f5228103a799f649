"""What the API tells of a prompts file before anything is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, Field

from wellspring_tui.prompts.model import FileKind
from wellspring_tui.rest.scalars import Dollars

if TYPE_CHECKING:
    from wellspring_tui.jobs.expecting import Expected
    from wellspring_tui.jobs.needs import Needs
    from wellspring_tui.jobs.spending import Estimate


class CostModel(BaseModel):
    """What it costs at most, about, in dollars; null where a price or a limit is unknown."""

    free: bool = Field(description="The built-in service takes nothing; OpenAI would take this.")
    now: bool
    batch_usd: Dollars | None
    real_time_usd: Dollars | None


class ExpectedModel(BaseModel):
    """What is likely to be answered, by earlier answers of the same models."""

    likely_tokens: int
    high_tokens: int
    likely_usd: Dollars | None
    high_usd: Dollars | None
    earlier_answers: int
    median_tokens_per_answer: int
    long_tokens_per_answer: int


class PlannedPartModel(BaseModel):
    """One input file that would be made."""

    part: int
    requests: int
    model: str
    endpoint: str
    size_bytes: int
    estimated_input_tokens: int


class QueueModel(BaseModel):
    """How the tokens of one model go through the service's queue."""

    model: str
    estimated_input_tokens: int
    limit_tokens: int | None
    under_way_tokens: int
    turns: int = Field(description="How often the queue is filled until all have gone.")
    fits: bool | None = Field(description="Whether all goes in at once, now; null if unknown.")


class FoundProblemModel(BaseModel):
    """What keeps a file from being sent, and where."""

    line: int | None
    key: str | None
    what: str


class CheckedModel(BaseModel):
    """What is in a prompts file, and what it needs and costs."""

    kind: str = Field(examples=[kind.value for kind in FileKind])
    sendable: bool = Field(description="Whether it has prompts, and no problems.")
    refusal: str | None = Field(
        description="Why submitting it would be refused, for its cost too; null if not."
    )
    columns: list[str] = Field(description="Of a table.")
    template_needed: bool
    prompts: int
    blank: int
    sections: dict[str, dict[str, int]]
    models: dict[str, int]
    endpoint: str | None
    estimated_input_tokens: int
    tokens_exact: bool = Field(description="Whether the input tokens were counted, not estimated.")
    output_tokens_limit: int | None
    size_bytes: int
    cost: CostModel
    expected_output: ExpectedModel | None
    parts: list[PlannedPartModel]
    queue: list[QueueModel]
    notes: list[str]
    problem_count: int
    problem_kinds: dict[str, int] = Field(description="All of them, by what they say.")
    problems: list[FoundProblemModel] = Field(description="The first thousand.")


def of_checked(needs: Needs, cost: Estimate, refusal: str | None) -> CheckedModel:
    """What a look at a file has found; `refusal` is what speaks against sending it."""
    found = needs.found
    return CheckedModel(
        kind=found.kind.value,
        sendable=found.sendable,
        refusal=refusal,
        columns=list(found.columns),
        template_needed=found.template_needed,
        prompts=found.prompts,
        blank=found.blank,
        sections={name: dict(types) for name, types in found.sections.items()},
        models=dict(found.models),
        endpoint=found.endpoint,
        estimated_input_tokens=found.tokens,
        tokens_exact=found.tokens_exact,
        output_tokens_limit=found.output_limit,
        size_bytes=found.size_bytes,
        cost=CostModel(
            free=cost.free, now=cost.now, batch_usd=cost.batch, real_time_usd=cost.real_time
        ),
        expected_output=None if cost.expected is None else _expected(cost.expected),
        parts=[
            PlannedPartModel(
                part=part.number,
                requests=part.requests,
                model=part.model,
                endpoint=part.endpoint,
                size_bytes=part.size_bytes,
                estimated_input_tokens=part.tokens,
            )
            for part in needs.parts
        ],
        queue=[
            QueueModel(
                model=need.model,
                estimated_input_tokens=need.tokens,
                limit_tokens=need.limit,
                under_way_tokens=need.under_way,
                turns=need.turns,
                fits=need.fits,
            )
            for need in needs.queue
        ],
        notes=found.notes,
        problem_count=found.problem_count,
        problem_kinds=dict(found.problem_kinds.most_common()),
        problems=[
            FoundProblemModel(line=one.line, key=one.key, what=one.what) for one in found.problems
        ],
    )


def _expected(of: Expected) -> ExpectedModel:
    return ExpectedModel(
        likely_tokens=of.likely_tokens,
        high_tokens=of.high_tokens,
        likely_usd=of.likely_cost,
        high_usd=of.high_cost,
        earlier_answers=of.answers,
        median_tokens_per_answer=of.median_tokens,
        long_tokens_per_answer=of.long_tokens,
    )
