"""By which prices a job is charged, and what the same would have cost in real time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from wellspring_tui.answers.money import FREE, LONG_PROMPT_TOKENS, Money, Rates

if TYPE_CHECKING:
    from collections.abc import Callable
    from decimal import Decimal

    from wellspring_tui.answers.model import Answer, Usage
    from wellspring_tui.answers.prices import Prices

TariffKey = tuple[str, bool]
"""A model, and whether it is for prompts of more than `LONG_PROMPT_TOKENS`."""


@dataclass(frozen=True, slots=True)
class Tariff:
    """Prices of one model for prompts of one kind; None where a price is unknown."""

    charged: Rates | None = None
    real_time: Rates | None = None


@dataclass(frozen=True, slots=True)
class Cost:
    """What some requests cost, and what they would have in real time."""

    charged: Money = Money()
    real_time: Money = Money()

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.charged + other.charged, self.real_time + other.real_time)

    @property
    def saved(self) -> Decimal | None:
        """Dollars saved against real time; None where either price is unknown."""
        charged, real_time = self.charged.whole, self.real_time.whole
        return None if charged is None or real_time is None else real_time - charged


class Tariffs:
    """The tariffs of one job: those it was charged by, or else today's."""

    def __init__(
        self,
        look_up: Callable[[str, bool], Tariff],
        kept: dict[TariffKey, Tariff] | None = None,
    ) -> None:
        """`look_up` tells today's tariff of a model; `kept` are those of the job's collection."""
        self._look_up = look_up
        self._known = dict(kept or {})

    def of(self, model: str, *, long: bool) -> Tariff:
        """The tariff of a model."""
        key = (model, long)
        if key not in self._known:
            self._known[key] = self._look_up(model, long)
        return self._known[key]

    def cost_of(self, answer: Answer) -> Cost:
        """What one request cost; nothing when it was never answered."""
        if not answer.usage.total_tokens:
            return _unmeasured(answer.state == "answered", self.of(answer.model or "", long=False))
        tariff = self.of(answer.model or "", long=is_long(answer.usage))
        return cost(tariff, answer.usage, measured=1)


def is_long(usage: Usage) -> bool:
    """Whether one request's prompt is so long that some models take another price."""
    return usage.input_tokens > LONG_PROMPT_TOKENS


def cost(tariff: Tariff, usage: Usage, *, measured: int, unmeasured: int = 0) -> Cost:
    """What requests of one tariff cost together, exactly.

    `measured` of them have told their tokens, `unmeasured` are answered and have not.
    """
    return Cost(
        _sum(tariff.charged, usage, measured, unmeasured),
        _sum(tariff.real_time, usage, measured, unmeasured),
    )


def free_of_charge(_model: str, _long: bool) -> Tariff:
    """The built-in service costs nothing, however it is asked."""
    return Tariff(FREE, FREE)


def in_a_batch(prices: Prices) -> Callable[[str, bool], Tariff]:
    """What a batch at OpenAI costs."""

    def look_up(model: str, long: bool) -> Tariff:
        return Tariff(
            prices.rates(model, batch=True, long=long), prices.rates(model, batch=False, long=long)
        )

    return look_up


def _unmeasured(answered: bool, tariff: Tariff) -> Cost:
    from wellspring_tui.answers.model import Usage

    return cost(tariff, Usage(), measured=0, unmeasured=int(answered))


def _sum(rates: Rates | None, usage: Usage, measured: int, unmeasured: int) -> Money:
    if rates is None:
        return Money(unknown_requests=measured + unmeasured)
    return Money(rates.cost(usage), 0 if rates == FREE else unmeasured)
