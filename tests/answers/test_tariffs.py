"""What an answer cost, what it would have in real time, and what nobody knows."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from wellspring_tui.answers.model import Answer, Place, State, Usage
from wellspring_tui.answers.money import Money
from wellspring_tui.answers.prices import Prices
from wellspring_tui.answers.tariffs import Cost, Tariff, Tariffs, cost, free_of_charge, in_a_batch

if TYPE_CHECKING:
    from pathlib import Path

USED = Usage(100_000, 100_000, 200_000)
ANSWER = Answer(
    number=0,
    custom_id="a",
    section="S",
    prompt_type="facts",
    state=State.ANSWERED,
    request=Place("i", 0, 1),
    response=Place("o", 0, 1),
    status_code=200,
    finish="stop",
    model="gpt-4o-mini",
    usage=USED,
    reason=None,
)


@pytest.fixture
def today(tmp_path: Path) -> Tariffs:
    """The prices of today at OpenAI."""
    return Tariffs(in_a_batch(Prices(tmp_path / "prices.json")), {})


def test_an_answer_costs_half_and_saves_half(today: Tariffs) -> None:
    expected = Cost(Money(Decimal("0.0375")), Money(Decimal("0.075")), Decimal("0.0375"))
    assert today.cost_of(ANSWER) == expected


def test_an_unknown_model_is_unknown_and_saves_nothing_that_is_known(today: Tariffs) -> None:
    unknown = today.cost_of(replace(ANSWER, model="my-own-model"))
    assert unknown == Cost(Money(unknown_requests=1), Money(unknown_requests=1))
    assert unknown.charged.whole is None


def test_embeddings_have_a_price_in_real_time_only(today: Tariffs) -> None:
    embedding = replace(
        ANSWER, model="text-embedding-3-small", usage=Usage(1_000_000, 0, 1_000_000)
    )
    found = today.cost_of(embedding)
    assert found.charged.whole is None
    assert found.real_time.whole == Decimal("0.02")
    assert found.saved == 0


def test_an_answer_that_tells_no_tokens_has_no_known_cost(today: Tariffs) -> None:
    silent = replace(ANSWER, usage=Usage())
    assert today.cost_of(silent).charged == Money(unknown_requests=1)
    for state in (State.FAILED, State.MISSING):  # those were never run
        assert today.cost_of(replace(silent, state=state)).charged == Money()


def test_a_long_prompt_is_charged_as_one(today: Tariffs) -> None:
    short = replace(ANSWER, model="gpt-5.4", usage=Usage(272_000, 0, 272_000))
    long = replace(short, usage=Usage(272_001, 0, 272_001))
    assert today.cost_of(short).charged.whole == Decimal("0.34")
    assert today.cost_of(long).charged.whole == Decimal("0.6800025")


def test_the_built_in_service_is_free_whatever_it_tells() -> None:
    tariffs = Tariffs(free_of_charge, {})
    for answer in (ANSWER, replace(ANSWER, model="my-own"), replace(ANSWER, usage=Usage())):
        assert tariffs.cost_of(answer) == Cost()


def test_the_prices_of_the_collection_stay(today: Tariffs) -> None:
    then = today.of("gpt-4o-mini", long=False)
    assert then.charged is not None
    dear = Tariff(replace(then.charged, input=Decimal(1)), then.real_time)
    kept = Tariffs(free_of_charge, {("gpt-4o-mini", False): dear})
    assert kept.cost_of(ANSWER).charged.known > 100_000
    # A line that does not name its model was answered by the only one there is.
    assert kept.cost_of(replace(ANSWER, model=None)) == kept.cost_of(ANSWER)


def test_sums_are_exact_and_say_what_is_unknown(today: Tariffs) -> None:
    known = today.of("gpt-4o-mini", long=False)
    some = cost(known, USED, measured=10, unmeasured=2)
    assert some.charged == Money(Decimal("0.0375"), 2)
    assert some.saved == Decimal("0.0375")
    whole = some + cost(Tariff(), USED, measured=5)
    assert whole.charged == Money(Decimal("0.0375"), 7)
    assert whole.saved == Decimal("0.0375")
