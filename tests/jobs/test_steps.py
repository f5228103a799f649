"""Each part goes step by step, and its job is as far as its parts are."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from tests.support.jobs import NOON, added, batch, part_now
from wellspring_tui.answers.model import Totals, Usage
from wellspring_tui.jobs.model import SENDING, WAITING, Step
from wellspring_tui.services.model import BatchProblem, Counts

if TYPE_CHECKING:
    from wellspring_tui.jobs.ledger import Ledger


def test_a_part_goes_step_by_step_and_its_job_follows(ledger: Ledger) -> None:
    (one,) = added(ledger, "bcdfgh")
    assert ledger.job("bcdfgh").status == WAITING
    ledger.steps.to_step(one, Step.UPLOADING)
    assert ledger.job("bcdfgh").status == SENDING
    ledger.steps.to_step(one, Step.UPLOADED, input_file_id="file-i")
    assert part_now(ledger, one).attempted_at is None
    ledger.steps.to_step(one, Step.CREATING)
    sent = part_now(ledger, one)
    assert (sent.step, sent.input_file_id) == (Step.CREATING, "file-i")
    assert sent.attempted_at is not None

    assert ledger.steps.observe(sent, batch("batch_1"))
    running = part_now(ledger, one)
    assert (running.step, running.batch_id, running.completed) == (Step.CREATED, "batch_1", 1)
    assert ledger.job("bcdfgh").status == "in_progress"
    assert ledger.job("bcdfgh").expires_at == NOON + timedelta(days=1)
    assert [event.what for event in ledger.detail("bcdfgh").events] == [
        *("planned", "uploading", "uploaded", "creating", "created", "validating", "in_progress"),
    ]


def test_what_is_known_already_is_not_new(ledger: Ledger) -> None:
    (one,) = added(ledger, "bcdfgh")
    assert ledger.steps.observe(one, batch("batch_1"))
    running = part_now(ledger, one)
    assert not ledger.steps.observe(running, batch("batch_1"))
    assert not ledger.steps.observe(running, batch("batch_1", counts=None, expires_at=None))
    assert ledger.steps.observe(running, batch("batch_1", counts=Counts(3, 2, 0)))
    assert [event.what for event in ledger.detail("bcdfgh").events] == [
        *("planned", "created", "validating", "in_progress"),
    ]


def test_what_a_service_leaves_out_stays_known(ledger: Ledger) -> None:
    (one,) = added(ledger, "bcdfgh")
    problem = BatchProblem("No.", "invalid_url", 3, "url")
    ledger.steps.observe(one, batch("b", output_file_id="file-o", problems=(problem,)))
    ledger.steps.observe(
        part_now(ledger, one), batch("b", "completed", counts=None, expires_at=None)
    )
    ended = part_now(ledger, one)
    assert (ended.output_file_id, ended.completed) == ("file-o", 1)
    assert ended.problems == (problem,)
    assert ended.ended


def test_statuses_between_two_looks_are_in_the_timeline(ledger: Ledger) -> None:
    (one,) = added(ledger, "bcdfgh")
    ledger.steps.observe(one, batch("b", "validating", timeline={}))
    times = {
        name: NOON + timedelta(minutes=minutes)
        for minutes, name in enumerate(("in_progress", "finalizing", "completed"), start=1)
    }
    ledger.steps.observe(part_now(ledger, one), batch("b", "completed", timeline=times))
    events = {event.what: event.at for event in ledger.detail("bcdfgh").events}
    assert {name: events[name] for name in times} == times


def test_an_old_listing_does_not_change_a_collected_part(ledger: Ledger) -> None:
    (one,) = added(ledger, "bcdfgh")
    ledger.steps.observe(one, batch("b", "completed"))
    ended = part_now(ledger, one)
    ledger.steps.collected(ended, Totals(3, 3), None, own=(3, 0))
    assert not ledger.steps.observe(ended, batch("b", "in_progress"))
    assert part_now(ledger, one).step is Step.COLLECTED
    assert ledger.job("bcdfgh").status == "completed"


@pytest.mark.parametrize(
    ("statuses", "status"),
    [
        (["completed", "completed"], "completed"),
        (["completed", "failed"], "failed"),
        (["cancelled", "expired"], "expired"),
        (["completed", "cancelled"], "cancelled"),
        (["completed", "in_progress"], "in_progress"),
        (["in_progress", "validating"], "validating"),
        (["finalizing", "failed"], "finalizing"),
        (["paused_by_admin", "completed"], "paused_by_admin"),
        (["in_progress", None], WAITING),
    ],
)
def test_a_job_is_as_far_as_its_slowest_part_and_ends_as_its_worst(
    ledger: Ledger, statuses: list[str | None], status: str
) -> None:
    for one, said in zip(added(ledger, "bcdfgh", parts=2), statuses, strict=True):
        if said is not None:
            ledger.steps.observe(one, batch(f"batch_{one.number}", said))
    assert ledger.job("bcdfgh").status == status


def test_a_job_is_collected_with_its_last_part_and_counts_by_the_files(ledger: Ledger) -> None:
    one, two = added(ledger, "bcdfgh", parts=2)
    for each in (one, two):
        ledger.steps.observe(
            each, batch(f"batch_{each.number}", "completed", counts=Counts(3, 2, 0))
        )
    ledger.steps.collected(
        one, Totals(6, 3, 0, usage=Usage(10, 5, 15)), Decimal("0.01"), own=(3, 0)
    )
    half = ledger.job("bcdfgh")
    assert half.open
    assert (half.completed, half.cost) == (3 + 2, Decimal("0.01"))
    ledger.steps.collected(
        two, Totals(6, 5, 1, usage=Usage(20, 10, 30)), Decimal("0.02"), own=(2, 1)
    )
    whole = ledger.job("bcdfgh")
    assert (whole.collected, whole.open, whole.all_answered) == (True, False, False)
    assert (whole.completed, whole.failed, whole.missing) == (5, 1, 0)
    assert (whole.input_tokens, whole.output_tokens) == (20, 10)
    assert whole.cost == Decimal("0.02")
    assert whole.ended_at is not None
    assert ledger.open_channels() == []
    assert ledger.open_parts("local") == []


def test_counts_by_the_files_stay_when_the_last_part_was_never_sent(ledger: Ledger) -> None:
    one, two = added(ledger, "bcdfgh", parts=2)
    ledger.steps.observe(one, batch("batch_1", "completed", counts=Counts(3, 2, 0)))
    ledger.steps.collected(one, Totals(6, 3, 0), Decimal("0.01"), own=(3, 0))
    ledger.steps.end_unsent(two, "cancelled")
    ended = ledger.job("bcdfgh")
    assert ended.collected
    assert (ended.completed, ended.failed) == (3, 0)


def test_a_part_that_was_refused_ends_with_its_reason(ledger: Ledger) -> None:
    (one,) = added(ledger, "bcdfgh")
    ledger.steps.end_unsent(one, "failed", [BatchProblem("Invalid window.", "refused")])
    ended = ledger.detail("bcdfgh")
    assert (ended.job.status, ended.job.collected, ended.job.missing) == ("failed", True, 3)
    assert ended.parts[0].problems == (BatchProblem("Invalid window.", "refused"),)
    assert (ended.events[-1].what, ended.events[-1].detail) == ("failed", "Invalid window.")
