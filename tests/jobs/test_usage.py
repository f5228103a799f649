"""Tokens and money after the fact: per answer, section, job and over all jobs, and all agree."""

from __future__ import annotations

import json
import sqlite3
import time
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, get_args

import pytest

from tests.jobs.test_retrying import first_line, with_results
from tests.support.carried import OPTIONS
from tests.support.files import SHARED, answer, encoded, expired, jsonl, request
from tests.support.homes import carry, sent_to
from tests.support.scripted import ScriptedService
from tests.support.used import KNOWN, add_used, used
from wellspring_tui.answers.model import Usage
from wellspring_tui.answers.money import Money
from wellspring_tui.answers.tariffs import Cost, Tariff
from wellspring_tui.errors import InputError, JobNotFoundError
from wellspring_tui.jobs.model import INDEX_NAME
from wellspring_tui.jobs.usage import OTHER_SECTIONS
from wellspring_tui.jobs.usage_report import By
from wellspring_tui.wellspring import Wellspring

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from wellspring_tui.jobs.usage_report import UsageReport
    from wellspring_tui.settings import Settings

IDS = [
    f"{section}_{kind}_1748305611"
    for section in ("Site Plan", "Water & Soil")
    for kind in ("facts_prompt", "layout_prompt")
]
REAL_OUTPUT = SHARED / "batch_683506cc77cc8190b47611aeff3f7024_output.jsonl"


@pytest.fixture
def output(tmp_path: Path) -> Path:
    """Four answers of two sections, each of 10 tokens in and 5 out."""
    path = tmp_path / "output.jsonl"
    path.write_bytes(encoded(*map(answer, IDS)))
    return path


@pytest.fixture
def paid(settings: Settings, service_url: str) -> Iterator[Wellspring]:
    """Wellspring at a service that takes money, though its answers are simulated."""
    openai = replace(settings.profile("openai"), base_url=service_url, settle_seconds=0.1)
    environment = {"OPENAI_API_KEY": "sk-test"}
    services = {**settings.services, "openai": openai}
    given = replace(settings, services=services, service="openai", environment=environment)
    with Wellspring(given) as wellspring:
        yield wellspring


@pytest.fixture
def _in_new_york(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def tokens(report: UsageReport) -> dict[str, int]:
    """Heading → all its tokens, in order."""
    return {row.label: row.usage.total_tokens for row in report.rows}


def agrees(wellspring: Wellspring, job_id: str) -> None:
    """Every way to sum up a job comes to what the ledger says of it."""
    job = wellspring.job(job_id)
    for by in get_args(By):
        report = wellspring.usage(by, job_id=job_id)
        total = report.total
        assert (total.requests, total.answered, total.failed, total.missing) == (
            *(job.requests, job.completed, job.failed, job.missing),
        )
        assert total.usage.input_tokens == job.input_tokens
        assert total.usage.output_tokens == job.output_tokens
        assert total.cost.whole == job.cost
        assert sum((row.usage for row in report.rows), Usage()) == total.usage
        assert sum((row.cost for row in report.rows), Money()) == total.cost
    tariffs = wellspring.tariffs(job_id)
    with wellspring.results(job_id).index as index:
        costs = sum(map(tariffs.cost_of, index.answers()), Cost())
    assert costs.charged == total.cost
    assert costs.real_time == total.real_time_cost
    assert costs.saved == total.saved


def test_imported_answers_are_told_by_section_and_prompt_type(
    wellspring: Wellspring, output: Path
) -> None:
    job = wellspring.import_files(output)
    by_section = wellspring.usage("section", job_id=job.id)
    assert tokens(by_section) == {"Site Plan": 30, "Water & Soil": 30}
    by_type = wellspring.usage("type", job_id=job.id)
    assert tokens(by_type) == {"facts_prompt": 30, "layout_prompt": 30}
    one = 20 * Decimal("0.000000075") + 10 * Decimal("0.0000003")
    for report in (by_section, by_type):
        assert [row.cost.whole for row in report.rows] == [one, one]
        assert report.total.real_time_cost.whole == 4 * one
        assert report.total.saved == report.total.cost.whole == 2 * one == job.cost
    agrees(wellspring, job.id)


def test_a_carried_job_costs_the_same_from_every_side(paid: Wellspring, prompts_path: Path) -> None:
    job = paid.submit(prompts_path, OPTIONS)
    assert paid.usage().rows == ()  # nothing has come yet
    carry(paid, job.id)
    agrees(paid, job.id)
    (row,) = paid.usage("job").rows
    assert (row.key, row.label, row.jobs) == (job.id, job.name, 1)
    assert row.cost.whole is not None
    assert row.cost.whole > 0
    assert row.real_time_cost.whole == row.cost.whole * 2
    assert row.estimated_input_tokens == job.tokens_estimated
    assert tokens(paid.usage("service")) == {"openai": row.usage.total_tokens}


def test_what_is_sent_again_in_another_part_counts_once(
    settings: Settings, service_url: str, prompts_path: Path
) -> None:
    with (
        ScriptedService(with_results(service_url, first_line)) as line,
        Wellspring(sent_to(settings, line.base_url)) as wellspring,
    ):
        job = wellspring.submit(prompts_path, OPTIONS)
        carry(wellspring, job.id)
        first = wellspring.usage().total
        assert (first.requests, first.answered, first.missing) == (4, 1, 3)
        agrees(wellspring, job.id)
    with Wellspring(sent_to(settings, service_url, max_requests=2)) as wellspring:
        wellspring.retry(job.id)
        assert wellspring.usage().total == first  # until there are answers
        carry(wellspring, job.id)
        agrees(wellspring, job.id)
        whole = wellspring.usage().total
        assert (whole.requests, whole.answered, whole.missing) == (4, 4, 0)
        assert whole.usage.total_tokens > first.usage.total_tokens


def test_the_built_in_service_costs_nothing_and_saves_nothing(
    wellspring: Wellspring, prompts_path: Path
) -> None:
    job = wellspring.submit(prompts_path, OPTIONS)
    carry(wellspring, job.id)
    agrees(wellspring, job.id)
    total = wellspring.usage().total
    assert (total.cost, total.real_time_cost, total.saved) == (Money(), Money(), Decimal(0))
    assert total.usage.total_tokens > 0


def test_an_unknown_price_is_told_and_never_summed(wellspring: Wellspring, output: Path) -> None:
    foreign, silent = answer(IDS[0], model="my-own-model"), answer(IDS[1], usage=None)
    output.write_bytes(encoded(foreign, silent, answer(IDS[2]), expired(IDS[3])))
    job = wellspring.import_files(output)
    assert job.cost is None
    agrees(wellspring, job.id)
    report = wellspring.usage("section", job_id=job.id)
    first, second = sorted(report.rows, key=lambda row: row.label)
    assert (first.cost.known, first.cost.unknown_requests) == (Decimal(0), 2)
    assert (second.cost.unknown_requests, second.failed) == (0, 1)
    assert report.total.cost.whole is None
    assert report.total.cost.known == second.cost.whole
    told = report.as_dict()["total"]
    assert told["cost_usd"] is None
    assert told["known_cost_usd"] == str(second.cost.whole)
    assert told["unknown_cost_requests"] == 2
    by_model = {row.label: row for row in wellspring.usage("model", job_id=job.id).rows}
    assert by_model["my-own-model"].cost == Money(unknown_requests=1)


@pytest.mark.skipif(not SHARED.is_dir(), reason="the real files are not on this machine")
def test_the_teams_own_batch_is_told_as_its_own_file_counts(wellspring: Wellspring) -> None:
    job = wellspring.import_files(REAL_OUTPUT)
    agrees(wellspring, job.id)
    report = wellspring.usage("section", job_id=job.id)
    assert report.total.usage.total_tokens == 8_511
    assert report.total.cost.whole == Decimal("0.00218295")
    assert report.total.saved == Decimal("0.00218295")
    counted: Counter[str] = Counter()
    for line in map(json.loads, REAL_OUTPUT.read_bytes().strip().split(b"\n")):
        section, *_ = line["custom_id"].split("_")
        counted[section] += line["response"]["body"]["usage"]["total_tokens"]
    assert tokens(report) == dict(counted.most_common())
    assert len(counted) == 3
    assert len(wellspring.usage("type", job_id=job.id).rows) == 3


def test_a_job_that_was_never_sent_is_accounted_for(
    wellspring: Wellspring, prompts_path: Path
) -> None:
    job = wellspring.submit(prompts_path, replace(OPTIONS, window="7d"))  # is refused
    wellspring.tick()
    (row,) = wellspring.usage().rows
    assert (row.key, row.requests, row.missing, row.usage.total_tokens) == (job.id, 4, 4, 0)
    agrees(wellspring, job.id)


def test_an_answer_without_a_model_belongs_to_the_one_that_answers(
    wellspring: Wellspring, output: Path
) -> None:
    output.write_bytes(encoded(answer(IDS[0]), answer(IDS[1], model=None), expired(IDS[2])))
    job = wellspring.import_files(output)
    (row,) = wellspring.usage("model").rows
    assert (row.key, row.requests, row.failed) == ("gpt-4o-mini-2024-07-18", 3, 1)
    agrees(wellspring, job.id)


def test_what_never_answered_is_told_under_the_model_it_was_asked_of(
    wellspring: Wellspring, output: Path, tmp_path: Path
) -> None:
    sent = tmp_path / "requests.jsonl"
    sent.write_bytes(jsonl(request(own_id, model="gpt-4.1") for own_id in IDS))
    output.write_bytes(encoded(*map(expired, IDS)))
    wellspring.import_files(output, input=sent)
    assert [row.key for row in wellspring.usage("model").rows] == ["gpt-4.1"]


# -- over all jobs ---------------------------------------------------------------------


@pytest.mark.usefixtures("_in_new_york")
def test_a_day_is_the_persons_own(wellspring: Wellspring) -> None:
    """Half past three in the morning at Greenwich is still the evening before."""
    for hour, own_id in ((3, "late"), (5, "early")):
        at = datetime(2026, 11, 23, hour, 30, tzinfo=UTC)
        add_used(wellspring.ledger, own_id, used(at=at))
    assert tokens(wellspring.usage("day")) == {"2026-11-22": 1_000, "2026-11-23": 1_000}
    eve, day = date(2026, 11, 22), date(2026, 11, 23)
    assert tokens(wellspring.usage("job", since=day)) == {"garden": 1_000}
    assert [row.key for row in wellspring.usage("job", since=day).rows] == ["early"]
    assert [row.key for row in wellspring.usage("job", until=eve).rows] == ["late"]
    assert wellspring.usage("job", eve, day).total.jobs == 2
    assert wellspring.usage("job", since=date(2026, 11, 24)).rows == ()


def test_jobs_share_sections_models_and_services(wellspring: Wellspring) -> None:
    add_used(wellspring.ledger, "one", used("Soil"), used("Water", 5_000, 0), name="First")
    other = used("Soil", model="gpt-4.1", requests=3, answered=1, failed=1)
    add_used(wellspring.ledger, "two", other, tariff=Tariff(), service="openai", name="Second")
    assert tokens(wellspring.usage("section")) == {"Water": 5_000, "Soil": 2_000}
    assert tokens(wellspring.usage("model")) == {"gpt-4o-mini": 6_000, "gpt-4.1": 1_000}
    assert tokens(wellspring.usage("service")) == {"local": 6_000, "openai": 1_000}
    soil = wellspring.usage("section").rows[1]
    assert (soil.jobs, soil.requests, soil.answered, soil.failed, soil.missing) == (2, 4, 2, 1, 1)
    assert soil.cost == Money(Decimal("0.001"), 1)
    assert soil.saved == Decimal("0.001")
    whole = wellspring.usage("job")
    assert tokens(whole) == {"First": 6_000, "Second": 1_000}
    assert (whole.total.jobs, whole.total.cost) == (2, Money(Decimal("0.006"), 1))
    assert wellspring.usage("model", job_id="two").total.jobs == 1


def test_what_is_estimated_stands_beside_what_was_used(wellspring: Wellspring) -> None:
    add_used(wellspring.ledger, "one", used(), tokens_estimated=580)
    add_used(wellspring.ledger, "two", used(), tokens_estimated=90)
    report = wellspring.usage("job")
    assert {row.key: row.estimated_input_tokens for row in report.rows} == {"one": 580, "two": 90}
    assert report.total.estimated_input_tokens == 670
    # For what was imported nothing was estimated: then there is no estimate for all.
    add_used(wellspring.ledger, "three", used(), tokens_estimated=0)
    assert wellspring.usage("job").total.estimated_input_tokens is None


def test_summing_up_again_takes_the_place_of_what_was_noted(wellspring: Wellspring) -> None:
    add_used(wellspring.ledger, "one", used(), used("Water"))
    again = add_used(wellspring.ledger, "two", used())
    later = replace(again, used=(used(), used(part=2, at=datetime(2126, 6, 1, tzinfo=UTC))))
    wellspring.ledger.usage.write(later)
    assert tokens(wellspring.usage("day", job_id="two")) == {
        "2126-05-01": 1_000,
        "2126-06-01": 1_000,
    }
    assert wellspring.usage().total.usage.total_tokens == 4_000
    assert wellspring.job("two").cost == Decimal("0.002")


def test_no_more_sections_are_kept_than_anybody_looks_at(wellspring: Wellspring) -> None:
    sums = [used(f"Row {number}", number + 1, 0) for number in range(2_000)]
    add_used(wellspring.ledger, "rows", *sums)
    report = wellspring.usage("section")
    assert len(report.rows) == 500
    assert report.total.usage.total_tokens == sum(range(2_001))
    assert report.rows[1].label == "Row 1999"
    assert report.rows[0].label == OTHER_SECTIONS
    assert report.rows[0].requests == 1_501


def test_the_prices_of_the_collection_hold(wellspring: Wellspring, output: Path) -> None:
    """They are kept with the job: tomorrow's prices do not change what it has cost."""
    job = wellspring.import_files(output)
    with sqlite3.connect(wellspring.settings.places.ledger) as ledger:
        ledger.execute("UPDATE tariffs SET input = 1000000, output = 0")
        ledger.execute("UPDATE jobs SET cost = '0.00004'")
    ledger.close()
    agrees(wellspring, job.id)
    assert wellspring.usage("type", job_id=job.id).total.cost.whole == Decimal("0.00004")


def test_jobs_of_an_earlier_version_are_summed_up_when_asked(
    wellspring: Wellspring, output: Path
) -> None:
    job, lost = wellspring.import_files(output), wellspring.import_files(output)
    before = wellspring.usage("section", job_id=job.id)
    with sqlite3.connect(wellspring.settings.places.ledger) as ledger:
        for table in ("usage", "tariffs"):
            ledger.execute(f"DELETE FROM {table}")
        ledger.execute("UPDATE jobs SET cost = NULL")
    ledger.close()
    (wellspring.settings.places.outputs(lost.id) / INDEX_NAME).unlink()

    report = wellspring.usage("section")

    assert report.uncounted_jobs == 1
    assert wellspring.usage("section", job_id=job.id).rows == before.rows
    assert wellspring.ledger.usage.uncounted() == [lost.id]
    agrees(wellspring, job.id)


def test_a_question_without_an_answer_is_refused(wellspring: Wellspring) -> None:
    with pytest.raises(InputError, match="not by “colour”"):
        wellspring.usage("colour")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="of one job"):
        wellspring.usage("type")
    with pytest.raises(JobNotFoundError):
        wellspring.usage(job_id="nobody")
    empty = wellspring.usage()
    assert (empty.rows, empty.total.jobs, empty.total.cost.whole) == ((), 0, Decimal(0))


def test_a_large_sum_is_exact_too(wellspring: Wellspring) -> None:
    add_used(wellspring.ledger, "dear", used("Soil", 4 * 10**12, 0), tariff=KNOWN)
    total = wellspring.usage().total
    assert total.cost.whole == Decimal(4_000_000)
    assert total.as_dict()["cost_usd"] == "4000000"
