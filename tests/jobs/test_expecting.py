"""How much is likely to be answered, told before sending by what was answered before."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from tests.support.carried import OPTIONS
from tests.support.files import EMBEDDINGS, answer, encoded, jsonl, request, visual
from tests.support.homes import carry
from wellspring_tui.jobs.ledger import Ledger
from wellspring_tui.jobs.schema import VERSIONS
from wellspring_tui.wellspring import Wellspring

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from wellspring_tui.jobs.spending import Estimate
    from wellspring_tui.settings import Settings

EIGHT_SHORT_TWO_LONG = [100] * 8 + [1_000] * 2


@pytest.fixture
def paid(settings: Settings) -> Iterator[Wellspring]:
    """Wellspring with a key for OpenAI, which is the service. Nothing is ever sent to it."""
    own = replace(settings, service="openai", environment={"OPENAI_API_KEY": "sk-not-a-key"})
    with Wellspring(own) as opened:
        yield opened


def import_answers(
    wellspring: Wellspring,
    folder: Path,
    lengths: Sequence[int],
    kind: str = "facts_prompt",
    model: str = "gpt-4o-mini",
) -> None:
    """A job that is over, with answers of so many output tokens."""
    ids = [f"Soil {number}_{kind}_{1748305611 + number}" for number in range(len(lengths))]
    asked, told = folder / "input.jsonl", folder / "output.jsonl"
    asked.write_bytes(jsonl(request(own_id, model=model) for own_id in ids))
    told.write_bytes(
        encoded(
            *(
                answer(
                    own_id,
                    usage={
                        "prompt_tokens": 10,
                        "completion_tokens": tokens,
                        "total_tokens": 10 + tokens,
                    },
                )
                for own_id, tokens in zip(ids, lengths, strict=True)
            )
        )
    )
    wellspring.import_files(told, input=asked)


def estimated(wellspring: Wellspring, path: Path, **options: object) -> Estimate:
    """What is told before sending."""
    given = replace(OPTIONS, **options)  # type: ignore[arg-type]
    return wellspring.estimate(wellspring.check(path, given))


def test_without_a_history_nothing_is_said(
    paid: Wellspring, prompts_path: Path, tmp_path: Path
) -> None:
    assert estimated(paid, prompts_path).expected is None
    import_answers(paid, tmp_path, [300] * 20, model="gpt-4.1")
    import_answers(paid, tmp_path, [300] * 2)
    assert estimated(paid, prompts_path).expected is None
    import_answers(paid, tmp_path, [300])
    assert estimated(paid, prompts_path).expected is not None


def test_the_answers_of_before_tell_what_is_likely_and_what_many_long_ones_cost(
    paid: Wellspring, prompts_path: Path, tmp_path: Path
) -> None:
    import_answers(paid, tmp_path, EIGHT_SHORT_TWO_LONG)

    cost = estimated(paid, prompts_path)

    expected = cost.expected
    assert expected is not None
    assert expected.answers == 10
    # Four prompts: 280 tokens an answer on average, 1,000 in a long one.
    assert (expected.likely_tokens, expected.high_tokens) == (1_120, 4_000)
    assert (expected.median_tokens, expected.long_tokens) == (100, 1_000)
    assert cost.batch is not None
    assert cost.output_limit == 8_000
    per_token = Decimal("0.3") / 10**6
    assert expected.likely_cost == cost.batch - (8_000 - 1_120) * per_token
    assert expected.high_cost == cost.batch - (8_000 - 4_000) * per_token
    assert str(expected).startswith("≈ 1,120–4,000 out, ≈ $0.000")
    assert str(expected).endswith(", by 10 earlier answers")


def test_a_prompt_type_goes_by_its_own_answers_once_there_are_enough(
    paid: Wellspring, prompts_path: Path, tmp_path: Path
) -> None:
    import_answers(paid, tmp_path, [50] * 9, "facts_prompt")
    import_answers(paid, tmp_path, [950] * 9, "layout_prompt")
    before = estimated(paid, prompts_path).expected
    assert before is not None
    assert before.likely_tokens == 4 * 500
    import_answers(paid, tmp_path, [50] * 3, "facts_prompt")

    # The file has two of each; of the layouts there are still too few to go by.
    now = estimated(paid, prompts_path).expected
    assert now is not None
    every = (12 * 50 + 9 * 950) / 21
    assert now.likely_tokens == round(2 * 50 + 2 * every)
    assert now.answers == 21


def test_no_more_is_expected_than_the_requests_allow(
    paid: Wellspring, prompts_path: Path, tmp_path: Path
) -> None:
    import_answers(paid, tmp_path, EIGHT_SHORT_TWO_LONG)
    expected = estimated(paid, prompts_path, max_tokens=300).expected
    assert expected is not None
    assert (expected.likely_tokens, expected.high_tokens) == (1_120, 1_200)
    unlimited = estimated(paid, prompts_path, max_tokens=None)
    assert unlimited.batch is None  # nobody knows the most that it costs
    assert unlimited.expected is not None
    assert unlimited.expected.high_tokens == 4_000
    assert unlimited.expected.likely_cost is not None


def test_several_models_need_a_history_each(paid: Wellspring, tmp_path: Path) -> None:
    path = tmp_path / "two.jsonl"
    path.write_bytes(jsonl([request("a"), request("b", model="gpt-4.1")]))
    import_answers(paid, tmp_path, [100] * 5)
    assert estimated(paid, path).expected is None
    import_answers(paid, tmp_path, [700] * 5, model="gpt-4.1")
    expected = estimated(paid, path).expected
    assert expected is not None
    assert (expected.likely_tokens, expected.answers) == (800, 10)


def test_embeddings_answer_no_tokens(paid: Wellspring, tmp_path: Path) -> None:
    path = tmp_path / "texts.jsonl"
    path.write_bytes(jsonl([request("a", EMBEDDINGS, "gpt-4o-mini")]))
    import_answers(paid, tmp_path, [100] * 5)
    assert estimated(paid, path).expected is None


def test_made_up_answers_tell_nothing_of_a_real_model(
    wellspring: Wellspring, paid: Wellspring, prompts_path: Path, tmp_path: Path
) -> None:
    many = tmp_path / "many.json"
    many.write_bytes(visual({"A": {f"prompt {number}": "Why?" for number in range(12)}}))
    carry(wellspring, wellspring.submit(many, OPTIONS).id)
    local = wellspring.estimate(wellspring.check(prompts_path, OPTIONS)).expected
    assert local is not None
    assert (local.answers, local.likely_cost) == (12, None)
    assert estimated(paid, prompts_path).expected is None
    # Nor do they of the small model, which answers on this machine too.
    found = wellspring.check(prompts_path, OPTIONS)
    assert wellspring.estimate(found, "smollm2").expected is None


def test_jobs_of_an_older_ledger_count_with_their_average(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    with closing(sqlite3.connect(path)) as db:
        db.create_function("search_words", 7, lambda *_: "")
        for version in VERSIONS[:3]:
            db.executescript(version)
        names = "id, name, source, kind, service, endpoint, model, window, requests"
        db.execute(
            f"INSERT INTO jobs ({names}, tokens_estimated, created_at, status, parts, collected)"
            " VALUES ('aaa', 'a', '/a', 'k', 'openai', '/v1', 'm', '24h', 10, 9, 0, 'x', 1, 1)"
        )
        names = "id, job_id, number, step, status, token, requests, size_bytes, sha256, endpoint"
        db.execute(
            f"INSERT INTO parts ({names}, model, tokens)"
            " VALUES ('aaa-1', 'aaa', 1, 'collected', 'x', 't', 10, 9, '0', '/v1', 'asked', 9)"
        )
        for section, tokens in (("Soil", 3_000), ("Water", 1_000)):
            numbers = f"0, 0, 5, 5, 0, 5, 0, 9, {tokens}, 9, 0, 0, 0"
            db.execute(f"INSERT INTO usage VALUES ('aaa', '{section}', 1, 'told', {numbers})")
        db.execute("PRAGMA user_version = 3")
        db.commit()
    ledger = Ledger(path)
    assert ledger.lengths.of("asked", [], among=["local"], outside=True) == {"": [(10, 4_000)]}
    ledger.close()
