"""A filter narrows the jobs word by word; a job's place in them is known without their list."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from tests.support.jobs import NOON, batch, job, part
from wellspring_tui.answers.model import Totals, Usage
from wellspring_tui.jobs.ledger import Ledger
from wellspring_tui.jobs.model import JobsQuery

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def garden(ledger: Ledger) -> Ledger:
    """Four jobs: one over, one over with a failure, one that runs, one that waits."""
    jobs = (
        job("aaa", name="Äpfel", tags=("Night", "orchard"), notes="Ask Ida\nbefore May"),
        job("bbb", name="pears", service="acme", model="GPT-4.1", description="Night run: late"),
        job("ccc", name="openai plums", tags=("two words", "tonight")),
        job("ddd", name="berries", service="Büro", tags=("1st", 'say "no"')),
    )
    for hours, made in enumerate(jobs):
        ledger.add_job(replace(made, created_at=NOON + timedelta(hours=hours)), [part(made.id)])
    for job_id, answered in (("aaa", 3), ("bbb", 2)):
        (one,) = ledger.parts(job_id)
        ledger.steps.observe(one, batch(f"batch_{job_id}", "completed"))
        totals = Totals(3, answered, 3 - answered, usage=Usage(10, 5, 15))
        ledger.steps.collected(one, totals, None, own=(answered, 3 - answered))
    (one,) = ledger.parts("ccc")
    ledger.steps.observe(one, batch("batch_ccc"))
    return ledger


def found(ledger: Ledger, text: str) -> str:
    """The first letters of the jobs that a filter leaves, oldest first; counted alike."""
    query = JobsQuery(text, descending=False)
    jobs = ledger.jobs(query)
    assert ledger.count_jobs(query) == len(jobs)
    assert ledger.job_ids(query) == [one.id for one in jobs]
    return "".join(one.id[0] for one in jobs)


@pytest.mark.parametrize(
    ("text", "jobs"),
    [
        ("", "abcd"),
        ("  ", "abcd"),
        ("ÄPFEL", "a"),
        ("ida may", "a"),  # words of its notes
        ("may ida", "a"),
        ("ida pears", ""),  # both are there, in no one job
        ("late", "b"),  # its description
        ("gpt-4.1", "b"),
        ("completed", "ab"),
        ("orchard", "a"),
        ("night", "abc"),  # within a word too
        ('"two words"', "c"),
        ('"words two"', ""),
        ("two words", "c"),
        ('"two wor', "c"),  # the second quote is still to come
        ("%", ""),
        ("' OR 1=1 --", ""),
        ("late:", ""),
        ("run:", "b"),  # no field is called so
    ],
)
def test_every_word_must_be_found(garden: Ledger, text: str, jobs: str) -> None:
    assert found(garden, text) == jobs


@pytest.mark.parametrize(
    ("text", "jobs"),
    [
        ("#night", "a"),
        ("#NIGHT", "a"),
        ("#nig", "a"),
        ("#ght", ""),
        ("#two", "c"),
        ('#"two words"', "c"),
        ("tag:to", "c"),
        ("tag:night #orch", "a"),
        ("#1", "d"),
        ("#say", "d"),
        ("#", "acd"),  # tagged at all
        ("status:completed", "ab"),
        ("status:in_", "c"),
        ("service:büro", "d"),
        ("service:BÜRO", "d"),
        ("service:o", "acd"),
        ("model:gpt-4.1", "b"),
        ("model:late", ""),
        ("model:", "abcd"),
        ("is:open", "cd"),
        ("is:ended", "ab"),
        ("is:failed", "b"),
        ("is:ended night", "ab"),
        ("is:op", "abcd"),  # still being typed
        ("is:opn", ""),
        ("IS:Open", "cd"),
    ],
)
def test_a_word_may_be_narrowed_to_a_field(garden: Ledger, text: str, jobs: str) -> None:
    assert found(garden, text) == jobs


def test_what_was_changed_is_found_by_its_new_words_only(garden: Ledger) -> None:
    garden.labels.edit("aaa", name="Quinces", tags=["autumn"], notes="")
    assert [found(garden, text) for text in ("quin", "#aut", "äpfel", "#night", "ida")] == [
        *("a", "a", "", "", ""),
    ]


ORDERS = (
    "created_at", "name", "status", "service", "model", "requests", "completed", "failed",
    "missing", "progress", "input_tokens", "cost", "ended_at", "expires_at", "news_at", "nonsense",
)  # fmt: skip


@pytest.mark.parametrize("order_by", ORDERS)
@pytest.mark.parametrize("descending", [True, False])
@pytest.mark.parametrize("text", ["", "night"])
def test_a_jobs_position_is_where_it_stands_in_the_list(
    garden: Ledger, order_by: str, descending: bool, text: str
) -> None:
    query = JobsQuery(text, order_by, descending)
    ids = garden.job_ids(query)
    ordered = garden.orderings.of(query)
    assert [ordered.position(job_id) for job_id in ids] == list(range(len(ids)))
    assert len(ordered) == len(ids)
    pages = [ordered.page(start, start + 1) for start in range(len(ids))]
    assert [one.id for (one,) in pages] == ids


def test_a_job_that_a_filter_leaves_out_has_no_position(garden: Ledger) -> None:
    assert garden.orderings.of(JobsQuery("pears")).position("aaa") is None
    assert garden.orderings.of(JobsQuery()).position("zzz") is None


def test_an_order_is_kept_until_anything_is_written(ledger: Ledger, path: Path) -> None:
    ledger.add_job(job("aaa"), [part("aaa")])
    first = ledger.orderings.of(JobsQuery())
    assert ledger.orderings.of(JobsQuery()) is first
    ledger.add_job(job("bbb"), [part("bbb")])
    second = ledger.orderings.of(JobsQuery())
    assert (len(first), len(second)) == (1, 2)

    other = Ledger(path)  # as another process writes
    other.add_job(job("ccc"), [part("ccc")])
    other.close()
    assert ledger.orderings.of(JobsQuery()).position("ccc") is not None


@pytest.mark.parametrize(
    ("order_by", "jobs"),
    [
        ("name", "dcba"),  # whatever their capitals
        ("status", "bacd"),
        ("input_tokens", "badc"),
        ("failed", "dcab"),
    ],
)
def test_what_is_equal_in_a_column_stands_newest_first(
    garden: Ledger, order_by: str, jobs: str
) -> None:
    ids = garden.job_ids(JobsQuery(order_by=order_by, descending=False))
    assert "".join(job_id[0] for job_id in ids) == jobs


def test_costs_are_ordered_as_numbers(ledger: Ledger) -> None:
    for job_id, cost in (("aaa", "10.5"), ("bbb", "2.25"), ("ccc", "0"), ("ddd", None)):
        ledger.add_job(job(job_id), [part(job_id)])
        (one,) = ledger.parts(job_id)
        ledger.steps.collected(
            one, Totals(3, 3), None if cost is None else Decimal(cost), own=(3, 0)
        )
    assert ledger.job_ids(JobsQuery(order_by="cost")) == ["aaa", "bbb", "ccc", "ddd"]
