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
    from collections.abc import Callable

    from genai_prices import Usage as PricedUsage

    from wellspring_tui.answers.model import Usage

LONG_PROMPT_TOKENS = 272_000
"""Some models take another price for every token of a request whose prompt has more than
these (OpenAI's price list, by genai-prices 0.2.3): requests are summed on either side of it."""

PICO = Decimal("1e-12")
"""Of a dollar: prices a token are whole multiples of it, so that sums are exact."""

# The shortest and the longest prompt of either kind: between them no price may change.
_SHORT_PROMPTS = (1_000, LONG_PROMPT_TOKENS)
_LONG_PROMPTS = (LONG_PROMPT_TOKENS + 1, 5_000_000)
_KINDS = ("image", "audio")


@dataclass(frozen=True, slots=True)
class Money:
    """A sum in dollars, of which the part for some requests may be unknown."""

    known: Decimal = Decimal(0)
    unknown_requests: int = 0

    def __add__(self, other: Money) -> Money:
        return Money(self.known + other.known, self.unknown_requests + other.unknown_requests)

    @property
    def whole(self) -> Decimal | None:
        """All of it; None when some of it is unknown."""
        return None if self.unknown_requests else tidy(self.known)


def tidy(dollars: Decimal) -> Decimal:
    """The same amount, written without exponent and without zeros at its end."""
    return Decimal(f"{dollars.normalize():f}")


@dataclass(frozen=True, slots=True)
class Rates:
    """Dollars per token."""

    input: Decimal
    output: Decimal
    cached: Decimal
    cache_write: Decimal

    def cost(self, usage: Usage) -> Decimal:
        """What `usage` costs."""
        fresh = usage.input_tokens - usage.cached_tokens - usage.cache_write_tokens
        return (
            self.input * fresh
            + self.cached * usage.cached_tokens
            + self.cache_write * usage.cache_write_tokens
            + self.output * usage.output_tokens
        )

    def times(self, factor: Decimal) -> Rates:
        """The same prices, all of them times `factor`."""
        return Rates(
            *(
                (price * factor).quantize(PICO)
                for price in (self.input, self.output, self.cached, self.cache_write)
            )
        )


FREE = Rates(Decimal(0), Decimal(0), Decimal(0), Decimal(0))


@dataclass(frozen=True, slots=True)
class PriceList:
    """Whose prices a service takes."""

    provider: str | None
    """By the id that genai-prices gives it; None when it knows nobody's."""
    batch_price: Decimal | None = None
    """What a batch costs of the real-time price, where no batch price is listed; None: unknown."""


OPENAI = PriceList("openai")


@lru_cache(maxsize=256)
def rates(model: str, *, batch: bool, long: bool = False, by: PriceList = OPENAI) -> Rates | None:
    """The prices of `model`, in a batch or in real time; None when unknown.

    `long` is for requests of more than `LONG_PROMPT_TOKENS`. A model without a batch price of
    its own (OpenAI's embeddings) has none here, unless the list says what a batch costs:
    genai-prices would silently give the real-time one. Neither has a model that takes other
    prices for images or sound, which nobody counts here.
    """
    if by.provider is None:
        return None
    sizes = _LONG_PROMPTS if long else _SHORT_PROMPTS
    try:
        real_time = _measured(by.provider, model, None, sizes)
        listed = _measured(by.provider, model, "batch", sizes) if batch else real_time
    except LookupError:
        return None
    if not batch or listed != real_time:
        return listed
    if real_time is None or by.batch_price is None:
        return None
    return real_time.times(by.batch_price)


def _measured(
    provider: str, model: str, processing: str | None, sizes: tuple[int, int]
) -> Rates | None:
    """Prices as genai-prices applies them to whole requests; None where they depend on more.

    No date is given: its batch prices begin in October 2026, and before that date it would
    silently take the real-time price.
    """
    from genai_prices import Usage as PricedUsage
    from genai_prices import calc_price

    context = {"processing": processing} if processing else None

    def dollars(**tokens: int) -> Decimal:
        usage: PricedUsage = PricedUsage(**tokens)
        price = calc_price(usage, model_ref=model, provider_id=provider, price_context=context)
        return price.total_price

    into = _per_token(dollars, sizes, "input_tokens")
    if into is None or any(
        _per_token(dollars, sizes, "input_tokens", f"input_{kind}_tokens") != into
        for kind in _KINDS
    ):
        return None
    out, cached, written = (
        _out_per_token(dollars, sizes),
        _per_token(dollars, sizes, "input_tokens", "cache_read_tokens"),
        _per_token(dollars, sizes, "input_tokens", "cache_write_tokens"),
    )
    if out is None or cached is None or written is None or into == out == 0:
        return None  # a model whose price list is empty is not free
    return Rates(into, out, cached, written)


def _per_token(
    dollars: Callable[..., Decimal], sizes: tuple[int, int], *names: str
) -> Decimal | None:
    """Dollars a token of a prompt; None when it differs between the sizes."""
    least, most = (dollars(**dict.fromkeys(names, size)) / size for size in sizes)
    return least.quantize(PICO) if least == most else None


def _out_per_token(dollars: Callable[..., Decimal], sizes: tuple[int, int]) -> Decimal | None:
    """Dollars a token of an answer, which the length of the prompt may decide too."""

    def of(size: int, *names: str) -> Decimal:
        answered = dollars(input_tokens=size, **dict.fromkeys(names, size))
        return (answered - dollars(input_tokens=size)) / size

    least, most = (of(size, "output_tokens") for size in sizes)
    pictures = of(sizes[0], "output_tokens", "output_image_tokens")
    return least.quantize(PICO) if least == most == pictures else None
