"""The limit of a job holds for its retries too: what it has cost counts."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from tests.jobs.test_retrying import first_line, with_results
from tests.support.carried import OPTIONS
from tests.support.files import encoded
from tests.support.homes import carry
from tests.support.scripted import ScriptedService
from wellspring_tui.answers.money import Money
from wellspring_tui.errors import InputError
from wellspring_tui.jobs.spending import NO_LIMIT, Estimate, keep_retry_to
from wellspring_tui.wellspring import Wellspring

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from wellspring_tui.settings import Settings

PLENTY = Decimal("0.01")
TIGHT = Decimal("0.00241")
"""Above what the four prompts of the file may cost at once, below that and a long answer."""


@contextmanager
def paid(settings: Settings, url: str, max_cost: Decimal | None = None) -> Iterator[Wellspring]:
    """Wellspring at a service that takes money, though its answers are simulated."""
    openai = replace(
        settings.profile("openai"), base_url=url, settle_seconds=0.1, backoff_seconds=0.05
    )
    given = replace(
        settings,
        services={**settings.services, "openai": openai},
        service="openai",
        environment={"OPENAI_API_KEY": "sk-test"},
        max_cost=max_cost,
    )
    with Wellspring(given) as wellspring:
        yield wellspring


def first_at_length(body: bytes) -> bytes:
    """One answer of 3,000 tokens, dearer than its request allowed; the rest is missing."""
    said = json.loads(first_line(body))
    said["response"]["body"]["usage"] |= {"completion_tokens": 3_000, "total_tokens": 3_020}
    return encoded(said)


def lacking(
    settings: Settings, service_url: str, path: Path, max_cost: Decimal | None = None
) -> str:
    """A job of four prompts that has cost something and lacks three answers."""
    with (
        ScriptedService(with_results(service_url, first_at_length)) as line,
        paid(settings, line.base_url) as wellspring,
    ):
        job = wellspring.submit(path, OPTIONS, max_cost=max_cost)
        ended = carry(wellspring, job.id)
    assert ended.missing == 3
    assert ended.cost
    return job.id


def test_a_retry_beyond_the_limit_is_refused_with_all_figures_and_a_way_out(
    settings: Settings, service_url: str, prompts_path: Path
) -> None:
    job_id = lacking(settings, service_url, prompts_path, TIGHT)
    with paid(settings, service_url) as wellspring:
        inputs = wellspring.settings.places.inputs(job_id)
        job = wellspring.job(job_id)
        with pytest.raises(InputError) as refused:
            wellspring.retry(job_id)
        said = str(refused.value)
        assert f"the job {job_id} has cost $0.0009" in said
        assert "its retry may cost ≈ $0.0018 more: ≈ $0.0027 in all" in said
        assert "above its limit of $0.0024." in said
        assert f"`wellspring retry {job_id} --max-cost 0.0028` raises it." in said
        assert wellspring.job(job_id) == job
        assert [one.name for one in inputs.glob("part*")] == ["part-001.jsonl"]

        planned = wellspring.retry(job_id, max_cost=Decimal("0.0028"))
        assert (planned.sent, planned.job.max_cost) == (3, Decimal("0.0028"))
        assert carry(wellspring, job_id).all_answered


def test_what_a_retry_may_cost_is_said_before_and_after_it_is_planned(
    settings: Settings, service_url: str, prompts_path: Path
) -> None:
    job_id = lacking(settings, service_url, prompts_path)
    with paid(settings, service_url) as wellspring:
        before = wellspring.job(job_id)
        as_batch, now = (wellspring.retry_cost(job_id, now=now) for now in (False, True))
        assert as_batch.upper == as_batch.batch is not None
        assert (now.upper, now.batch) == (as_batch.real_time, as_batch.batch)
        assert f"{as_batch.upper:.4f}" == "0.0018"
        assert wellspring.job(job_id) == before
        assert wellspring.retry(job_id).cost == as_batch


def test_a_share_of_an_estimate_is_one_of_all_its_figures() -> None:
    whole = Estimate(100, 40, Decimal(2), Decimal(4))
    assert whole.for_share(1, 4) == Estimate(25, 10, Decimal("0.5"), Decimal(1))
    assert whole.for_share(4, 4) == whole.for_share(5, 4) == whole
    assert Estimate(100, None, None, None).for_share(1, 4) == Estimate(25, None, None, None)


def test_a_retry_within_the_limit_goes(
    settings: Settings, service_url: str, prompts_path: Path
) -> None:
    job_id = lacking(settings, service_url, prompts_path, PLENTY)
    with paid(settings, service_url) as wellspring:
        assert wellspring.retry(job_id).sent == 3
        ended = carry(wellspring, job_id)
        assert (ended.all_answered, ended.max_cost) == (True, PLENTY)


def test_a_job_without_a_limit_of_its_own_keeps_to_the_settings(
    settings: Settings, service_url: str, prompts_path: Path
) -> None:
    job_id = lacking(settings, service_url, prompts_path)
    penny_less = Decimal("0.0001")
    with paid(settings, service_url, max_cost=penny_less) as wellspring:
        with pytest.raises(InputError, match=r"above its limit of \$0\.000100"):
            wellspring.retry(job_id)
        assert wellspring.retry(job_id, max_cost=NO_LIMIT).sent == 3
        assert wellspring.job(job_id).max_cost == NO_LIMIT


def test_a_job_sent_in_spite_of_the_settings_is_retried_in_spite_of_them(
    settings: Settings, service_url: str, prompts_path: Path
) -> None:
    job_id = lacking(settings, service_url, prompts_path, NO_LIMIT)
    with paid(settings, service_url, max_cost=Decimal("0.0001")) as wellspring:
        assert wellspring.retry(job_id).sent == 3


def test_a_batch_created_again_by_itself_costs_nothing_and_is_not_held_up(
    settings: Settings, prompts_path: Path, tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "wellspring_tui.local", "--data", str(tmp_path / "full")]
    with subprocess.Popen(
        [*command, "--port", "0", "--pace", "0", "--scenario", "queue-full:1"],
        stdout=subprocess.PIPE,
        text=True,
    ) as service:
        assert service.stdout is not None
        with paid(settings, service.stdout.readline().strip()) as wellspring:
            upper = wellspring.estimate(wellspring.check(prompts_path, OPTIONS)).upper
            job = wellspring.submit(prompts_path, OPTIONS, max_cost=upper)
            assert carry(wellspring, job.id).all_answered
            assert [part.attempts for part in wellspring.detail(job.id).parts] == [1]
        service.terminate()


def test_what_nobody_knows_keeps_to_no_limit() -> None:
    known = Estimate(1, 1, Decimal(1), Decimal(2))
    with pytest.raises(InputError, match=r"nobody knows all that the job aaa has cost"):
        keep_retry_to(Decimal(5), known, "aaa", Money(Decimal(1), unknown_requests=2))
    unknown = Estimate(1, None, None, None)
    with pytest.raises(InputError, match=r"sets no limit to its output, so the limit of \$5\.00"):
        keep_retry_to(Decimal(5), unknown, "aaa", Money())
    keep_retry_to(NO_LIMIT, unknown, "aaa", Money())
    keep_retry_to(Decimal(0), replace(unknown, free=True), "aaa", Money(Decimal(1)))


@pytest.mark.parametrize(
    ("in_all", "raised"), [("0.005431", "0.0055"), ("1.2345", "1.24"), ("250.001", "250.01")]
)
def test_the_limit_that_is_offered_is_one_that_people_write(in_all: str, raised: str) -> None:
    cost = Estimate(1, 1, Decimal(in_all), Decimal(in_all))
    with pytest.raises(InputError, match=rf"--max-cost {raised}` raises it"):
        keep_retry_to(Decimal("0.001"), cost, "aaa", Money())
