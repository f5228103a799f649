"""What sending costs, told before anything is sent, and the limit a person sets to it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from wellspring_tui.errors import InputError
from wellspring_tui.figures import money
from wellspring_tui.text import one_line

if TYPE_CHECKING:
    from wellspring_tui.answers.money import PriceList
    from wellspring_tui.answers.prices import Prices
    from wellspring_tui.prompts.checking import Survey

NO_LIMIT = Decimal("Infinity")
"""A limit that nothing is above, for one job where the settings have another."""
_MOST = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a job would cost, in dollars; None where a price is unknown.

    Input tokens are estimated; output is counted at its limit, so a job costs at most
    about this.
    """

    input_tokens: int
    output_limit: int | None
    """None when a request sets no limit to its output."""
    batch: Decimal | None
    real_time: Decimal | None
    free: bool = False
    """The built-in service costs nothing; the figures say what OpenAI would take."""
    unpriced: tuple[str, ...] = ()
    """Models of which no price is known at all."""

    @property
    def upper(self) -> Decimal | None:
        """The most that it costs, about; None when nobody knows.

        Where a batch has no price of its own, as with embeddings, the real-time one counts.
        """
        if self.free:
            return Decimal(0)
        return self.real_time if self.batch is None else self.batch


def estimate(found: Survey, prices: Prices, *, free: bool, by: PriceList | None = None) -> Estimate:
    """What a checked file costs, by a list of prices; by OpenAI's if none is given."""
    from wellspring_tui.answers.model import Usage
    from wellspring_tui.answers.money import OPENAI

    def total(*, batch: bool) -> Decimal | None:
        known = {model: prices.rates(model, batch=batch, by=by or OPENAI) for model in found.models}
        if found.output_limit is None or None in known.values():
            return None
        costs = (
            rate.cost(Usage(found.tokens_by_model[model], found.output_by_model[model]))
            for model, rate in known.items()
            if rate is not None
        )
        return sum(costs, Decimal(0))

    unpriced = [
        model for model in found.models if prices.rates(model, batch=False, by=by or OPENAI) is None
    ]
    return Estimate(
        found.tokens,
        found.output_limit,
        total(batch=True),
        total(batch=False),
        free,
        tuple(unpriced),
    )


def keep_to(limit: Decimal, cost: Estimate) -> None:
    """Raises InputError when a job may cost more than `limit`, or nobody knows what it costs.

    What is free is never refused.
    """
    if limit == NO_LIMIT or cost.free:
        return
    if cost.upper is None:
        raise InputError(
            f"{_why_unknown(cost)}, so the limit of {money(limit)} can't be kept",
            todo="Take another model, set max tokens, or lift the limit (none).",
        )
    if cost.upper > limit:
        raise InputError(
            f"this would cost up to ≈ {_exact(cost.upper, limit)}, "
            f"more than the limit of {money(limit)}",
            todo="Raise the limit, lower max tokens, or send fewer prompts.",
        )


def limit_from_text(text: str) -> Decimal | None:
    """A limit as a person writes it: `2.50`, `$2.50`, `none`; None for nothing written.

    Raises InputError for anything else.
    """
    written = text.strip().removeprefix("$").strip()
    if not written:
        return None
    if written.lower() == "none":
        return NO_LIMIT
    try:
        limit = Decimal(written)
    except InvalidOperation:
        limit = Decimal("NaN")
    if not limit.is_finite() or not 0 <= limit <= _MOST:
        raise InputError(
            f"expected dollars such as 2.50, or none, found “{one_line(text, 20)}”",
            where="max cost",
        )
    return limit


def _why_unknown(cost: Estimate) -> str:
    if cost.unpriced:
        more = f" and {len(cost.unpriced) - 1:,} more" if len(cost.unpriced) > 1 else ""
        return f"the price of {one_line(cost.unpriced[0], 40)}{more} is unknown"
    return "a request sets no limit to its output"


def _exact(dollars: Decimal, limit: Decimal) -> str:
    """Money with as many digits as it takes to tell it from the limit."""
    shown = money(dollars)
    return f"${dollars.normalize():f}" if shown == money(limit) else shown
