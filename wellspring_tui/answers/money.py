"""What requests cost, from genai-prices.

Importing it takes a third of a second, so it happens in the call that first needs a
price. A model it does not know costs “unknown”, which is None here, never 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wellspring_tui.answers.model import ModelUsage, Usage

_TIERS_FROM_TOKENS = 128_000
"""No model's price changes with the length of a prompt below this (genai-prices 0.2.3)."""
_SAMPLE = 100_000


@dataclass(frozen=True, slots=True)
class Rates:
    """Dollars per token."""

    input: Decimal
    output: Decimal
    cached: Decimal

    def cost(self, usage: Usage) -> Decimal:
        """What `usage` costs."""
        fresh = usage.input_tokens - usage.cached_tokens
        return (
            self.input * fresh
            + self.cached * usage.cached_tokens
            + self.output * usage.output_tokens
        )


@lru_cache(maxsize=256)
def rates(model: str, *, batch: bool) -> Rates | None:
    """OpenAI's prices of `model`, in a batch or in real time; None when unknown.

    A model without a batch price of its own (embeddings) has none here: genai-prices
    would silently give the real-time one.
    """
    from genai_prices import Usage as PricedUsage
    from genai_prices import calc_price

    def dollars(usage: PricedUsage, *, processing: str | None) -> Decimal:
        context = {"processing": processing} if processing else None
        price = calc_price(usage, model_ref=model, provider_id="openai", price_context=context)
        return price.total_price

    plain = PricedUsage(input_tokens=_SAMPLE)
    processing = "batch" if batch else None
    try:
        into = dollars(plain, processing=processing)
        if batch and into == dollars(plain, processing=None):
            return None
        out = dollars(PricedUsage(output_tokens=_SAMPLE), processing=processing)
        cached = dollars(
            PricedUsage(input_tokens=_SAMPLE, cache_read_tokens=_SAMPLE), processing=processing
        )
    except LookupError:
        return None
    return Rates(into / _SAMPLE, out / _SAMPLE, cached / _SAMPLE)


def batch_cost(models: list[ModelUsage]) -> Decimal | None:
    """What a job's usage cost as batches; None when a model or its tier is unknown."""
    total = Decimal(0)
    for used in models:
        known = rates(used.model, batch=True)
        if known is None or used.largest_input_tokens >= _TIERS_FROM_TOKENS:
            return None
        total += known.cost(used.usage)
    return total
