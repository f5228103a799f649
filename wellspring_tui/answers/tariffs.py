"""By which prices a job is charged, and what the same would have cost in real time."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from wellspring_tui.answers.model import State
from wellspring_tui.answers.money import (
    FREE,
    LONG_PROMPT_TOKENS,
    OPENAI,
    Money,
    PriceList,
    Rates,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from wellspring_tui.answers.model import Answer, Usage
    from wellspring_tui.answers.prices import Prices

TariffKey = tuple[str, bool]
"""A model, and whether it is for prompts of more than `LONG_PROMPT_TOKENS`."""


@dataclass(frozen=True, slots=True)
class Tariff:
    """Prices of one model for prompts of one kind; None where a price is unknown."""

    charged: Rates | None = None
    real_time: Rates | None = None

    @property
    def at_once(self) -> Tariff:
        """The same for what is answered in real time: it is charged so, and saves nothing."""
        return Tariff(self.real_time, self.real_time)


@dataclass(frozen=True, slots=True)
class Cost:
    """What some requests cost, and what they would have in real time."""

    charged: Money = field(default_factory=Money)
    real_time: Money = field(default_factory=Money)
    saved: Decimal = Decimal(0)
    """Dollars saved against real time, over all requests of which both prices are known."""

    def __add__(self, other: Cost) -> Cost:
        return Cost(
            self.charged + other.charged,
            self.real_time + other.real_time,
            self.saved + other.saved,
        )


class Tariffs:
    """The tariffs of one job: those it was charged by, or else today's."""

    def __init__(
        self,
        look_up: Callable[[str, bool], Tariff],
        kept: Mapping[TariffKey, Tariff],
        real_time_files: frozenset[str] = frozenset(),
    ) -> None:
        """`look_up` tells today's tariff of a model; `kept` are those of the job's collection.

        `real_time_files` are the names of output files that came in real time.
        """
        self._real_time_files = real_time_files
        self._look_up = look_up
        self._known = dict(kept)
        models = {model for model, _ in kept}
        self._only_model = models.pop() if len(models) == 1 else ""

    def of(self, model: str, *, long: bool) -> Tariff:
        """The tariff of a model."""
        key = (model, long)
        if key not in self._known:
            self._known[key] = self._look_up(model, long)
        return self._known[key]

    def cost_of(self, answer: Answer) -> Cost:
        """What one request cost: nothing when it used nothing, unknown when nobody tells."""
        tariff = self.of(answer.model or self._only_model, long=is_long(answer.usage))
        if answer.response is not None and answer.response.file in self._real_time_files:
            tariff = tariff.at_once
        if answer.usage.total_tokens:
            return cost(tariff, answer.usage, measured=1)
        unmeasured = answer.state is State.ANSWERED
        return cost(tariff, answer.usage, measured=0, unmeasured=int(unmeasured))


def is_long(usage: Usage) -> bool:
    """Whether one request's prompt is so long that some models take another price."""
    return usage.input_tokens > LONG_PROMPT_TOKENS


def cost(tariff: Tariff, usage: Usage, *, measured: int, unmeasured: int = 0) -> Cost:
    """What requests of one tariff cost together, exactly.

    `measured` of them have told their tokens, `unmeasured` are answered and have not.
    """
    charged = _sum(tariff.charged, usage, measured, unmeasured)
    real_time = _sum(tariff.real_time, usage, measured, unmeasured)
    both_known = tariff.charged is not None and tariff.real_time is not None
    return Cost(charged, real_time, real_time.known - charged.known if both_known else Decimal(0))


def free_of_charge(_model: str, _long: bool) -> Tariff:
    """The built-in service costs nothing, however it is asked."""
    return Tariff(FREE, FREE)


def in_a_batch(prices: Prices, by: PriceList = OPENAI) -> Callable[[str, bool], Tariff]:
    """What a batch costs, by one list of prices."""

    def look_up(model: str, long: bool) -> Tariff:
        return Tariff(
            prices.rates(model, batch=True, long=long, by=by),
            prices.rates(model, batch=False, long=long, by=by),
        )

    return look_up


def _sum(rates: Rates | None, usage: Usage, measured: int, unmeasured: int) -> Money:
    if rates is None:
        return Money(unknown_requests=measured + unmeasured)
    return Money(rates.cost(usage), 0 if rates == FREE else unmeasured)
