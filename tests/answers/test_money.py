"""What a batch costs; what nobody knows is unknown, not free."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from genai_prices import Usage as PricedUsage
from genai_prices import calc_price
from genai_prices.data import providers
from genai_prices.types import ConditionalPrice, ModelInfo, ModelPrice, TieredPrices

from tests.support.files import SHARED
from wellspring_tui.answers.index import AnswerIndex
from wellspring_tui.answers.model import Place, Usage
from wellspring_tui.answers.money import LONG_PROMPT_TOKENS, Money, rates

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.mark.parametrize("model", ["gpt-4o-mini", "gpt-4o-mini-2024-07-18", "gpt-4.1", "o3-mini"])
def test_a_batch_costs_half_of_real_time(model: str) -> None:
    batch, real_time = rates(model, batch=True), rates(model, batch=False)
    assert batch is not None
    assert real_time is not None
    assert batch.input * 2 == real_time.input
    assert batch.output * 2 == real_time.output


def test_gpt_4o_mini_costs_what_openai_says() -> None:
    known = rates("gpt-4o-mini", batch=False)
    assert known is not None
    assert known.input == Decimal("0.00000015")
    assert known.output == Decimal("0.0000006")
    assert known.cost(Usage(1_000_000, 1_000_000, 2_000_000)) == Decimal("0.75")


def test_cached_tokens_cost_less() -> None:
    known = rates("gpt-4o-mini", batch=False)
    assert known is not None
    assert known.cost(Usage(1_000, 0, 1_000, 1_000)) < known.cost(Usage(1_000, 0, 1_000))


@pytest.mark.parametrize("model", ["my-own-model", "", "claude-sonnet-4-5"])
def test_the_price_of_a_model_that_is_not_openais_is_unknown(model: str) -> None:
    assert rates(model, batch=True) is None
    assert rates(model, batch=False) is None


def test_a_model_without_a_batch_price_has_no_batch_price() -> None:
    assert rates("text-embedding-3-small", batch=True) is None
    assert rates("text-embedding-3-small", batch=False) is not None


def test_a_model_whose_price_list_is_empty_is_not_free() -> None:
    assert rates("omni-moderation-latest", batch=True) is None
    assert rates("omni-moderation-latest", batch=False) is None


def test_a_model_that_takes_other_prices_for_images_has_no_price() -> None:
    """Which of the tokens are images is not counted."""
    assert rates("gpt-image-1", batch=True) is None


def test_a_long_prompt_takes_its_own_price_for_every_token() -> None:
    short, long = (rates("gpt-5.4", batch=True, long=kind) for kind in (False, True))
    assert short is not None
    assert long is not None
    assert (short.input, long.input) == (Decimal("0.00000125"), Decimal("0.0000025"))
    assert (short.output, long.output) == (Decimal("0.0000075"), Decimal("0.00001125"))
    flat = [rates("gpt-4.1", batch=True, long=kind) for kind in (False, True)]
    assert flat[0] == flat[1] is not None


def test_only_at_that_length_do_prices_change() -> None:
    """Sums on either side of it are exact as long as this holds for every model."""
    (openai,) = (provider for provider in providers if provider.id == "openai")
    starts = {
        tier.start
        for model in openai.models
        for prices in _price_lists(model)
        for price in vars(prices).values()
        if isinstance(price, TieredPrices)
        for tier in price.tiers
    }
    assert starts == {LONG_PROMPT_TOKENS}


def _price_lists(model: ModelInfo) -> Iterator[ModelPrice]:
    listed = model.prices if isinstance(model.prices, list) else [model.prices]
    for one in listed:
        yield one.prices if isinstance(one, ConditionalPrice) else one
    for variant in model.price_variants or ():
        yield variant.prices


def test_tokens_written_to_a_cache_cost_what_the_model_takes_for_them() -> None:
    dear, usual = rates("gpt-6-sol", batch=True), rates("gpt-4o-mini", batch=True)
    assert dear is not None
    assert usual is not None
    assert dear.cache_write == dear.input * Decimal("1.25")
    assert usual.cache_write == usual.input
    used = Usage(1_000, 0, 1_000, cached_tokens=200, cache_write_tokens=300)
    assert dear.cost(used) == 500 * dear.input + 200 * dear.cached + 300 * dear.cache_write


@pytest.mark.parametrize("model", ["gpt-4o-mini", "gpt-5.4", "gpt-6-sol", "o3"])
@pytest.mark.parametrize("prompt", [1, 100_000, 272_000, 272_001, 900_000])
@pytest.mark.parametrize("batch", [True, False])
def test_one_request_costs_what_genai_prices_says(model: str, prompt: int, *, batch: bool) -> None:
    found = rates(model, batch=batch, long=prompt > LONG_PROMPT_TOKENS)
    assert found is not None
    said = calc_price(
        PricedUsage(input_tokens=prompt, output_tokens=777, cache_read_tokens=prompt // 3),
        model_ref=model,
        provider_id="openai",
        price_context={"processing": "batch"} if batch else None,
    )
    cost = found.cost(Usage(prompt, 777, prompt + 777, cached_tokens=prompt // 3))
    assert cost == said.total_price


def test_a_sum_with_an_unknown_part_is_not_whole() -> None:
    known, unknown = Money(Decimal("1.50")), Money(unknown_requests=3)
    assert known.whole == Decimal("1.5")
    assert str(known.whole) == "1.5"
    assert unknown.whole is None
    assert known + unknown + unknown == Money(Decimal("1.50"), 6)
    assert (known + unknown).whole is None
    assert str(Money(Decimal("1E+2")).whole) == "100"


@pytest.mark.skipif(not SHARED.is_dir(), reason="the real files are not on this machine")
def test_the_teams_own_batch_cost_a_fifth_of_a_cent(tmp_path: Path) -> None:
    """By hand: 1,646 tokens in at $0.075 a million, 6,865 out at $0.30."""
    output = SHARED / "batch_683506cc77cc8190b47611aeff3f7024_output.jsonl"
    answers = [json.loads(line) for line in output.read_bytes().strip().split(b"\n")]
    used = [answer["response"]["body"]["usage"] for answer in answers]
    into = sum(one["prompt_tokens"] for one in used)
    out = sum(one["completion_tokens"] for one in used)
    assert (into, out, into + out) == (1_646, 6_865, 8_511)
    by_hand = Decimal(into) * 75 / 10**9 + Decimal(out) * 300 / 10**9

    with AnswerIndex.create(tmp_path / "index.sqlite") as index:
        ids = [answer["custom_id"] for answer in answers]
        index.add_requests((own_id, "S", "x", Place("i", 0, 0)) for own_id in ids)
        index.add_file(output, 1, lambda _done, _total: None)
        (group,) = index.groups()
        found = rates(group.model, batch=True)
        assert found is not None
        assert abs(found.cost(group.usage) - by_hand) <= Decimal("0.00001")
        assert group.usage.total_tokens == 8_511
