"""How much will be answered, by how long a model's answers were before."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

from wellspring_tui.figures import money
from wellspring_tui.jobs.length_book import EVERY_TYPE

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Collection, Mapping, Sequence
    from decimal import Decimal

    from wellspring_tui.jobs.length_book import LengthBook, Step
    from wellspring_tui.prompts.checking import Survey

_FEWEST = 3
"""By fewer answers nothing is said."""
_FEWEST_OF_TYPE = 10
"""With fewer, a prompt type goes by all answers of the model."""
_MOST_TYPES = 200
"""In a file of more, they are ids rather than types."""
_HALF, _NEARLY_ALL = 0.5, 0.9


@dataclass(frozen=True, slots=True)
class Expected:
    """Output tokens of a whole job, by answers that the same model gave before."""

    likely_tokens: int
    """When its answers are as long as those were on average."""
    high_tokens: int
    """When each is as long as nine in ten of those were at most."""
    answers: int
    """How many answers this rests on."""
    median_tokens: int
    """Half of those had at most so many tokens each."""
    long_tokens: int
    """Nine in ten of those had at most so many."""
    likely_cost: Decimal | None = None
    """In dollars, as a batch where that has a price of its own; None where it is unknown."""
    high_cost: Decimal | None = None

    def __str__(self) -> str:
        tokens = _range(f"{self.likely_tokens:,}", f"{self.high_tokens:,}")
        known = self.likely_cost is not None and self.high_cost is not None
        cost = f", ≈ {_range(money(self.likely_cost), money(self.high_cost))}" if known else ""
        return f"≈ {tokens} out{cost}, by {self.answers:,} earlier answers"


@dataclass(frozen=True, slots=True)
class ByModel:
    """The same before anything is priced, model by model."""

    likely: Mapping[str, int]
    high: Mapping[str, int]
    steps: Sequence[Step]
    """How long the answers were that this rests on, from the shortest on."""

    def expected(self, likely_cost: Decimal | None, high_cost: Decimal | None) -> Expected:
        """All models together."""
        return Expected(
            sum(self.likely.values()),
            sum(self.high.values()),
            sum(step.answers for step in self.steps),
            _quantile(self.steps, _HALF),
            _quantile(self.steps, _NEARLY_ALL),
            likely_cost,
            high_cost,
        )


def expected_by_model(
    found: Survey, book: LengthBook, *, among: Collection[str], outside: bool
) -> ByModel | None:
    """What a checked file will be answered with; None when not every model has a history.

    It goes by jobs of the services `among`, or with `outside` by those of all others. Nothing
    either for a file that is not answered in words, as with embeddings.
    """
    if not found.prompts or found.output_limit == 0:
        return None
    likely: dict[str, int] = {}
    high: dict[str, int] = {}
    steps: list[Step] = []
    for model, prompts in found.models.items():
        types = _types(found)
        known = book.of(model, list(types), among=among, outside=outside)
        whole = _merged(known)
        if sum(step.answers for step in whole) < _FEWEST:
            return None
        steps += whole
        # A limit of a request holds for its answer, whatever was said before.
        most = found.output_by_model[model] if found.output_limit is not None else None
        mean, long = _told(whole)
        others = prompts - types.total()
        sums = [(others * mean, others * long)]
        for kind, count in types.items():
            own = known.get(kind, ())
            enough = sum(step.answers for step in own) >= _FEWEST_OF_TYPE
            mean_of_type, long_of_type = _told(own) if enough else (mean, long)
            sums.append((count * mean_of_type, count * long_of_type))
        likely[model] = _at_most(most, sum(one for one, _ in sums))
        high[model] = _at_most(most, sum(one for _, one in sums))
    return ByModel(likely, high, sorted(steps, key=_length))


def _types(found: Survey) -> Counter[str]:
    """How many prompts of each type; none where types say nothing, or not which model they ask."""
    from collections import Counter

    types: Counter[str] = Counter()
    if len(found.models) > 1:
        return types
    for section in found.sections.values():
        types.update(section)
    types.pop(EVERY_TYPE, None)
    return types if len(types) <= _MOST_TYPES else Counter()


def _merged(known: Mapping[str, Sequence[Step]]) -> list[Step]:
    return sorted((step for steps in known.values() for step in steps), key=_length)


def _length(step: Step) -> float:
    return step.output_tokens / step.answers


def _told(steps: Sequence[Step]) -> tuple[float, float]:
    """Tokens of an answer on average, and of a long one.

    The average, not the median, is what many answers add up to; where a few are very long,
    it may be more than nine in ten have.
    """
    mean = sum(step.output_tokens for step in steps) / sum(step.answers for step in steps)
    return mean, max(mean, _quantile(steps, _NEARLY_ALL))


def _quantile(steps: Sequence[Step], share: float) -> int:
    """So many tokens that this share of the answers has no more, about."""
    wanted = share * sum(step.answers for step in steps)
    counted = 0
    for step in steps:
        counted += step.answers
        if counted >= wanted:
            return ceil(_length(step))
    raise AssertionError


def _range(likely: str, high: str) -> str:
    return likely if likely == high else f"{likely}–{high}"


def _at_most(most: int | None, tokens: float) -> int:
    rounded = round(tokens)
    return rounded if most is None else min(most, rounded)
