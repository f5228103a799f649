"""The limit to what a job may cost: kept before a byte is in the ledger."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from tests.support.files import EMBEDDINGS, jsonl, request
from wellspring_tui.errors import InputError
from wellspring_tui.jobs.spending import NO_LIMIT, Estimate, keep_to, limit_from_text
from wellspring_tui.prompts.model import RequestOptions
from wellspring_tui.wellspring import Wellspring

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from wellspring_tui.settings import Settings

OPTIONS = RequestOptions(max_tokens=1_000)
PENNY = Decimal("0.01")


@pytest.fixture
def paid(settings: Settings) -> Iterator[Wellspring]:
    """Wellspring with a key for OpenAI, which is the service. Nothing is ever sent to it."""
    own = replace(settings, service="openai", environment={"OPENAI_API_KEY": "sk-not-a-key"})
    with Wellspring(own) as opened:
        yield opened


def nothing_there(wellspring: Wellspring) -> bool:
    """Whether neither a job nor a file of one is there."""
    places = wellspring.settings.places
    left = [*(places.data / "input").glob("*"), *(places.data / "output").glob("*")]
    return not left and not wellspring.jobs()


def test_a_job_that_may_cost_more_than_the_limit_is_refused_and_leaves_nothing(
    paid: Wellspring, prompts_path: Path
) -> None:
    limit = Decimal("0.0005")
    with pytest.raises(InputError) as caught:
        paid.submit(prompts_path, OPTIONS, max_cost=limit)
    sentence = str(caught.value)
    upper = paid.estimate(paid.check(prompts_path, OPTIONS)).upper
    assert upper is not None
    assert f"up to ≈ ${upper:.4f}, more than the limit of $0.000500" in sentence
    assert "Raise the limit" in sentence
    assert nothing_there(paid)


def test_a_job_within_the_limit_goes(paid: Wellspring, prompts_path: Path) -> None:
    upper = paid.estimate(paid.check(prompts_path, OPTIONS)).upper
    assert paid.submit(prompts_path, OPTIONS, max_cost=upper).requests == 4


def test_the_limit_of_the_settings_counts_unless_another_is_given(
    paid: Wellspring, prompts_path: Path
) -> None:
    careful = replace(paid.settings, max_cost=Decimal("0.0005"))
    with Wellspring(careful) as wellspring:
        with pytest.raises(InputError, match="more than the limit"):
            wellspring.submit(prompts_path, OPTIONS)
        assert wellspring.submit(prompts_path, OPTIONS, max_cost=PENNY).requests == 4
        assert wellspring.submit(prompts_path, OPTIONS, max_cost=NO_LIMIT).requests == 4


def test_an_unknown_price_keeps_to_no_limit(paid: Wellspring, prompts_path: Path) -> None:
    foreign = replace(OPTIONS, model="my-own-model")
    with pytest.raises(InputError, match=r"price of my-own-model is unknown, .* \$0\.0100 can't"):
        paid.submit(prompts_path, foreign, max_cost=PENNY)
    unlimited = replace(OPTIONS, max_tokens=None)
    with pytest.raises(InputError, match="a request sets no limit to its output"):
        paid.submit(prompts_path, unlimited, max_cost=PENNY)
    assert nothing_there(paid)
    assert paid.submit(prompts_path, foreign).model == "my-own-model"


def test_the_built_in_service_is_free_and_never_refused(
    paid: Wellspring, prompts_path: Path
) -> None:
    foreign = replace(OPTIONS, model="my-own-model")
    job = paid.submit(prompts_path, foreign, service="local", max_cost=Decimal(0))
    assert job.service == "local"


def test_embeddings_without_a_batch_price_are_held_to_the_real_time_one(
    paid: Wellspring, prompts_path: Path
) -> None:
    prompts_path.write_bytes(jsonl([request("a", EMBEDDINGS, "text-embedding-3-small")]))
    cost = paid.estimate(paid.check(prompts_path, OPTIONS))
    assert cost.batch is None
    assert cost.upper == cost.real_time > 0  # type: ignore[operator]
    assert paid.submit(prompts_path, OPTIONS, max_cost=PENNY).requests == 1


def test_two_sums_that_look_alike_are_told_apart() -> None:
    cost = Estimate(1, 1, Decimal("5.0049"), Decimal("10.0098"))
    with pytest.raises(InputError, match=r"≈ \$5\.0049, more than the limit of \$5\.00"):
        keep_to(Decimal("5.00"), cost)


@pytest.mark.parametrize(
    ("written", "limit"),
    [
        ("2.50", Decimal("2.50")),
        (" $2.50 ", Decimal("2.50")),
        ("0", Decimal(0)),
        ("", None),
        ("  ", None),
        ("none", NO_LIMIT),
    ],
)
def test_a_limit_is_read_as_people_write_it(written: str, limit: Decimal | None) -> None:
    assert limit_from_text(written) == limit


@pytest.mark.parametrize("written", ["five", "-1", "nan", "inf", "1,50", "1e999999999999999999"])
def test_a_limit_that_makes_no_sense_is_refused(written: str) -> None:
    with pytest.raises(InputError, match=r"expected dollars such as 2\.50, or none"):
        limit_from_text(written)
