"""What a batch costs; what nobody knows is unknown, not free."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from tests.support.files import SHARED
from wellspring_tui.answers.index import AnswerIndex
from wellspring_tui.answers.model import ModelUsage, Place, Usage
from wellspring_tui.answers.money import batch_cost, rates

if TYPE_CHECKING:
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


def test_one_unknown_model_makes_the_cost_of_a_job_unknown() -> None:
    used = Usage(1_000_000, 1_000_000, 2_000_000)
    known = ModelUsage("gpt-4o-mini", used, 10)
    assert batch_cost([known]) == Decimal("0.375")
    assert batch_cost([known, ModelUsage("my-own-model", used, 10)]) is None
    assert batch_cost([]) == 0


def test_a_prompt_long_enough_for_another_tier_makes_the_cost_unknown() -> None:
    assert batch_cost([ModelUsage("gpt-4.1", Usage(200_000, 1, 200_001), 200_000)]) is None


@pytest.mark.skipif(not SHARED.is_dir(), reason="the real files are not on this machine")
def test_the_teams_own_batch_cost_a_fifth_of_a_cent(tmp_path: Path) -> None:
    output = SHARED / "batch_683506cc77cc8190b47611aeff3f7024_output.jsonl"
    ids = [json.loads(line)["custom_id"] for line in output.read_bytes().strip().split(b"\n")]
    with AnswerIndex.create(tmp_path / "index.sqlite") as index:
        index.add_requests((own_id, "S", "x", Place("i", 0, 0)) for own_id in ids)
        index.add_file(output, 1, lambda _done, _total: None)
        assert batch_cost(index.models()) == Decimal("0.00218295")
