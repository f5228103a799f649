"""What sending costs, told before anything is sent, and the limit a person sets to it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, Decimal, InvalidOperation
from typing import TYPE_CHECKING

from wellspring_tui.errors import InputError, TooExpensiveError
from wellspring_tui.figures import money
from wellspring_tui.text import one_line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wellspring_tui.answers.money import Money, PriceList
    from wellspring_tui.answers.prices import Prices
    from wellspring_tui.jobs.expecting import ByModel, Expected
    from wellspring_tui.prompts.checking import Survey

NO_LIMIT = Decimal("Infinity")
"""A limit that nothing is above, for one job where the settings have another."""
_MOST = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a job would cost, in dollars; None where a price is unknown.

    Input tokens are counted or estimated; output is taken at its limit, so a job costs at
    most about this.
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
    now: bool = False
    """Whether it is answered in real time, and charged so."""
    expected: Expected | None = None
    """What is likely by earlier answers; None when there are none to go by."""
    tokens_exact: bool = False
    """Whether `input_tokens` were all counted, as the service will count them."""

    def for_share(self, part: int, whole: int) -> Estimate:
        """What `part` of so many requests would cost, as if they were all alike."""
        if part >= whole:
            return self

        def share(figure: int | None) -> int | None:
            return None if figure is None else figure * part // whole

        def share_of(dollars: Decimal | None) -> Decimal | None:
            return None if dollars is None else dollars * part / whole

        return replace(
            self,
            input_tokens=self.input_tokens * part // whole,
            output_limit=share(self.output_limit),
            batch=share_of(self.batch),
            real_time=share_of(self.real_time),
            expected=None,
        )

    @property
    def upper(self) -> Decimal | None:
        """The most that it costs, about; None when nobody knows.

        Where a batch has no price of its own, as with embeddings, the real-time one counts.
        """
        if self.free:
            return Decimal(0)
        return self.real_time if self.now or self.batch is None else self.batch


def estimate(
    found: Survey,
    prices: Prices,
    *,
    free: bool,
    now: bool = False,
    by: PriceList | None = None,
    expected: ByModel | None = None,
) -> Estimate:
    """What a checked file costs in batches or `now`, by a list of prices or else OpenAI's.

    `expected` tells how much is answered as a rule, where that is known.
    """
    from wellspring_tui.answers.model import Usage
    from wellspring_tui.answers.money import OPENAI

    listed = by or OPENAI

    def total(output: Mapping[str, int], *, batch: bool) -> Decimal | None:
        known = {model: prices.rates(model, batch=batch, by=listed) for model in found.models}
        if None in known.values():
            return None
        costs = (
            rate.cost(Usage(found.tokens_by_model[model], output[model]))
            for model, rate in known.items()
            if rate is not None
        )
        return sum(costs, Decimal(0))

    def likely(output: Mapping[str, int]) -> Decimal | None:
        if free:  # what it makes up says nothing of the prices at OpenAI
            return None
        dollars = total(output, batch=True)
        return total(output, batch=False) if dollars is None else dollars

    limited = found.output_limit is not None
    unpriced = [
        model for model in found.models if prices.rates(model, batch=False, by=listed) is None
    ]
    return Estimate(
        found.tokens,
        found.output_limit,
        total(found.output_by_model, batch=True) if limited else None,
        total(found.output_by_model, batch=False) if limited else None,
        free,
        tuple(unpriced),
        now and not free,
        None
        if expected is None
        else expected.expected(likely(expected.likely), likely(expected.high)),
        found.tokens_exact,
    )


def keep_to(limit: Decimal, cost: Estimate) -> None:
    """Raises TooExpensiveError when a job may cost more than `limit`, or nobody knows.

    What is free is never refused.
    """
    if limit == NO_LIMIT or cost.free:
        return
    if cost.upper is None:
        raise TooExpensiveError(
            f"{_why_unknown(cost)}, so the limit of {money(limit)} can't be kept",
            todo="Take another model, set max tokens, or lift the limit (none).",
        )
    if cost.upper > limit:
        raise TooExpensiveError(
            f"this would cost up to ≈ {_exact(cost.upper, limit)}, "
            f"more than the limit of {money(limit)}",
            todo="Raise the limit, lower max tokens, or send fewer prompts.",
        )


def keep_retry_to(limit: Decimal, cost: Estimate, job_id: str, spent: Money) -> None:
    """Raises TooExpensiveError when a job may come to cost more than `limit` with a retry.

    `cost` is that of the retry, `spent` what the job has cost until now. What a service
    never ran, as with a batch that failed and was created again, has cost nothing.
    """
    if limit == NO_LIMIT or cost.free:
        return
    lift = f"`wellspring retry {job_id} --max-cost none` lifts it."
    if cost.upper is None:
        what = f"{_why_unknown(cost)}, so the limit of {money(limit)} can't be kept"
        raise TooExpensiveError(what, todo=lift)
    if spent.whole is None:
        raise TooExpensiveError(
            f"nobody knows all that the job {job_id} has cost, "
            f"so its limit of {money(limit)} can't be kept",
            todo=lift,
        )
    in_all = spent.known + cost.upper
    if in_all > limit:
        raise TooExpensiveError(
            f"the job {job_id} has cost {money(spent.known)} and its retry may cost "
            f"≈ {money(cost.upper)} more: ≈ {_exact(in_all, limit)} in all, above its limit "
            f"of {money(limit)}",
            todo=f"`wellspring retry {job_id} --max-cost {_rounded_up(in_all)}` raises it.",
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


def limit_from(given: Decimal | float | str | None) -> Decimal | None:
    """A limit as a program gives it: a number of dollars, or what a person would write.

    Raises InputError for what is none.
    """
    if given is None or given == NO_LIMIT:
        return None if given is None else NO_LIMIT
    return limit_from_text(str(given))


def _why_unknown(cost: Estimate) -> str:
    if cost.unpriced:
        more = f" and {len(cost.unpriced) - 1:,} more" if len(cost.unpriced) > 1 else ""
        return f"the price of {one_line(cost.unpriced[0], 40) or 'its model'}{more} is unknown"
    return "a request sets no limit to its output"


def _rounded_up(dollars: Decimal) -> str:
    """To two digits that count, or to cents where that is more."""
    digit = min(dollars.adjusted() - 1, -2)
    return f"{dollars.quantize(Decimal(1).scaleb(digit), ROUND_CEILING):f}"


def _exact(dollars: Decimal, limit: Decimal) -> str:
    """Money with as many digits as it takes to tell it from the limit."""
    shown = money(dollars)
    return f"${dollars.normalize():f}" if shown == money(limit) else shown
