"""Before a job is sent: into which parts it is cut, and how these go through the queue."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.support.files import jsonl, request, visual
from tests.support.jobs import NOON, batch, job, part
from wellspring_tui.errors import PromptsFileError
from wellspring_tui.jobs.needs import QueueNeed
from wellspring_tui.jobs.setbacks import Setback
from wellspring_tui.prompts.model import RequestOptions
from wellspring_tui.wellspring import Wellspring

if TYPE_CHECKING:
    from pathlib import Path

    from wellspring_tui.jobs.needs import Needs
    from wellspring_tui.settings import Settings

OPTIONS = RequestOptions()
MINI = "gpt-4o-mini"


def within(settings: Settings, **limits: int) -> Settings:
    """The same settings with other limits of the built-in service."""
    profile = replace(settings.profile("local"), **limits)  # type: ignore[arg-type]
    return replace(settings, services={**settings.services, "local": profile})


def by_model(needs: Needs) -> dict[str, QueueNeed]:
    """What each model needs of the queue."""
    return {need.model: need for need in needs.queue}


@pytest.mark.parametrize(
    "limits",
    [
        {},
        {"max_requests": 3},
        {"max_bytes": 900},
        {"enqueued_tokens": 40},
        {"max_requests": 5, "max_bytes": 1_000, "enqueued_tokens": 60},
    ],
)
def test_the_parts_told_before_are_the_parts_that_are_sent(
    settings: Settings, prompts_path: Path, limits: dict[str, int]
) -> None:
    mixed = [request(f"r{n}", model=(MINI, "gpt-4.1")[n % 3 == 0]) for n in range(11)]
    prompts_path.write_bytes(jsonl(mixed))
    with Wellspring(within(settings, **limits)) as wellspring:
        told = wellspring.needs(prompts_path, OPTIONS).parts
        job = wellspring.submit(prompts_path, OPTIONS)
        sent = wellspring.detail(job.id).parts
        assert [(p.number, p.model, p.requests, p.size_bytes, p.tokens) for p in told] == [
            (p.number, p.model, p.requests, p.size_bytes, p.tokens) for p in sent
        ]
        assert len(told) == job.parts >= 2


def test_looking_ahead_writes_nothing(wellspring: Wellspring, home: Path, tmp_path: Path) -> None:
    before = sorted(home.rglob("*"))
    path = tmp_path / "garden.json"
    path.write_bytes(visual())
    needs = wellspring.needs(path, OPTIONS)
    assert (needs.found.prompts, len(needs.parts)) == (4, 1)
    assert sorted(home.rglob("*")) == before


def test_a_request_too_large_for_the_service_is_told_before_it_is_sent(
    settings: Settings, prompts_path: Path
) -> None:
    with (
        Wellspring(within(settings, max_bytes=100)) as wellspring,
        pytest.raises(PromptsFileError, match="more than the 100 that local takes"),
    ):
        wellspring.needs(prompts_path, OPTIONS)


def test_a_queue_nobody_has_told_of_is_unknown(wellspring: Wellspring, prompts_path: Path) -> None:
    (need,) = wellspring.needs(prompts_path, OPTIONS).queue
    assert (need.model, need.limit, need.fits) == (MINI, None, None)
    assert str(need) == "limit unknown: what finds no room waits, and goes by itself"


def test_what_fits_the_queue_is_said_to_fit(settings: Settings, prompts_path: Path) -> None:
    with Wellspring(within(settings, enqueued_tokens=1_000_000)) as wellspring:
        (need,) = wellspring.needs(prompts_path, OPTIONS).queue
        assert need.fits
        assert str(need) == f"fits: {need.tokens}, of 1.00M tokens of {MINI}"


def test_a_job_larger_than_the_queue_goes_in_turns_that_the_queue_takes(
    settings: Settings, prompts_path: Path
) -> None:
    prompts_path.write_bytes(jsonl(request(f"r{number:03d}") for number in range(100)))
    with Wellspring(within(settings, enqueued_tokens=300)) as wellspring:
        needs = wellspring.needs(prompts_path, OPTIONS)
        (need,) = needs.queue
        assert need.fits is False
        assert need.turns == len(needs.parts) > need.tokens / 300
        assert max(part.tokens for part in needs.parts) <= 0.8 * 300
        assert f"in about {need.turns} turns by itself" in str(need)


def test_a_limit_that_a_service_told_of_counts_for_its_model_alone(
    wellspring: Wellspring, prompts_path: Path
) -> None:
    wellspring.ledger.add_job(job("bbbbb2"), [part("bbbbb2")])
    full = Setback("room in the service's queue of tokens", 1, token_limit=100)
    wellspring.ledger.steps.observe(part("bbbbb2"), batch("batch_1", "failed"))
    (refused,) = wellspring.ledger.parts("bbbbb2")
    wellspring.ledger.steps.set_back(refused, full, token="t", until=NOON)
    lines = [request(f"r{n}", model=(MINI, "gpt-4.1")[n % 2]) for n in range(40)]
    prompts_path.write_bytes(jsonl(lines))
    needs = wellspring.needs(prompts_path, OPTIONS)
    assert by_model(needs)[MINI].limit == 100
    assert by_model(needs)["gpt-4.1"].limit is None
    models = [part.model for part in needs.parts]
    assert models.count("gpt-4.1") == 1
    assert models.count(MINI) == by_model(needs)[MINI].turns > 1


def test_what_is_under_way_takes_room(settings: Settings, prompts_path: Path) -> None:
    with Wellspring(within(settings, enqueued_tokens=120)) as wellspring:
        assert wellspring.needs(prompts_path, OPTIONS).queue[0].fits
        wellspring.ledger.add_job(job("bbbbb2"), [part("bbbbb2")])
        wellspring.ledger.steps.observe(part("bbbbb2"), batch("batch_1"))
        (need,) = wellspring.needs(prompts_path, OPTIONS).queue
        assert (need.under_way, need.turns, need.fits) == (90, 1, False)
        assert str(need) == (
            f"90 of 120 tokens of {MINI} under way: it waits for room, and goes by itself"
        )


def test_sentences_about_the_queue() -> None:
    assert str(QueueNeed(MINI, 12_300_000, 2_000_000, 0, 7)) == (
        f"12.30M tokens; the queue of {MINI} takes 2.00M: it goes in about 7 turns by itself"
    )
    beside = QueueNeed(MINI, 480, 2_000_000, 1_200_000)
    assert str(beside) == f"fits: 480 beside 1.20M under way, of 2.00M tokens of {MINI}"


def test_a_file_is_read_again_only_for_a_service_that_cuts_it_otherwise(
    settings: Settings, prompts_path: Path
) -> None:
    small = replace(settings.profile("openai"), name="small", max_requests=2)
    services = {**settings.services, "small": small}
    with Wellspring(replace(settings, services=services)) as wellspring:
        before = wellspring.needs(prompts_path, OPTIONS)
        prompts_path.unlink()
        again = wellspring.needs_again(before, "openai")
        assert again is not None
        assert (again.found, again.parts) == (before.found, before.parts)
        assert wellspring.needs_again(before, "small") is None
