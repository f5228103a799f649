"""The ledger remembers how a job came along."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.support.jobs import NOON, batch, job, part
from wellspring_tui.answers.model import Totals
from wellspring_tui.jobs.model import Part, Step
from wellspring_tui.jobs.setbacks import Setback
from wellspring_tui.services.model import Counts

if TYPE_CHECKING:
    from tests.jobs.conftest import Clock
    from wellspring_tui.jobs.ledger import Ledger


@pytest.fixture
def running(timed: Ledger) -> Ledger:
    """A ledger with a job of 10,000 requests that has just begun to run."""
    timed.add_job(job("bcdfgh", requests=10_000), [part("bcdfgh", requests=10_000)])
    count(timed, 0)
    return timed


def only_part(ledger: Ledger) -> Part:
    """It, as it is now."""
    (one,) = ledger.parts("bcdfgh")
    return one


def count(ledger: Ledger, completed: int, failed: int = 0, status: str = "in_progress") -> None:
    """The service tells how far the batch is."""
    counts = Counts(10_000, completed, failed)
    ledger.steps.observe(only_part(ledger), batch("batch_1", status, counts=counts))


def over_time(ledger: Ledger, cells: int) -> list[int]:
    """What a sparkline of the job shows."""
    return ledger.history.answered_over_time(ledger.job("bcdfgh"), cells, None)


def samples(ledger: Ledger) -> int:
    """How many counts are kept."""
    return int(ledger._db.execute("SELECT count(*) FROM samples").fetchone()[0])


def test_what_was_answered_by_when_is_told_up_to_now(running: Ledger, clock: Clock) -> None:
    assert over_time(running, 4) == []
    clock.go_on(10)
    count(running, 100)
    clock.go_on(20)
    count(running, 300, failed=7)
    clock.go_on(10)
    assert over_time(running, 4) == [100, 100, 307, 307]
    assert over_time(running, 1) == [307]
    assert over_time(running, 0) == []
    clock.go_on(40)
    assert over_time(running, 4) == [100, 307, 307, 307]


def test_it_may_be_told_up_to_another_moment(running: Ledger, clock: Clock) -> None:
    clock.go_on(10)
    count(running, 100)
    clock.go_on(10)
    now = NOON + timedelta(seconds=12)
    found = running.history.answered_over_time(running.job("bcdfgh"), 6, now)
    assert found == [0, 0, 0, 0, 100, 100]


def test_of_a_job_that_is_over_it_is_told_up_to_its_end(running: Ledger, clock: Clock) -> None:
    clock.go_on(30)
    count(running, 9_000, status="completed")
    clock.go_on(10)
    running.steps.collected(only_part(running), Totals(10_000, 9_990, 10), None, own=(9_990, 10))
    clock.go_on(1_000)
    assert over_time(running, 4) == [0, 0, 9_000, 10_000]


def test_the_same_counts_are_kept_once(running: Ledger, clock: Clock) -> None:
    for _ in range(3):
        clock.go_on(10)
        count(running, 5)
    count(running, 5, status="finalizing")
    assert samples(running) == 1


def test_a_batch_that_was_given_up_counts_no_more(running: Ledger, clock: Clock) -> None:
    clock.go_on(10)
    count(running, 50)
    clock.go_on(10)
    setback = Setback("room in the queue", 1)
    running.steps.set_back(only_part(running), setback, token="t-2", until=clock.now)
    assert over_time(running, 2) == [50, 0]


def test_however_long_a_job_runs_its_counts_take_little_room(running: Ledger, clock: Clock) -> None:
    for number in range(1, 1_000):
        clock.go_on(10)
        count(running, number)
        assert samples(running) <= 240
    told = over_time(running, 50)
    assert told == sorted(told)
    # What is kept of it is still true to within a few steps, old or new.
    assert all(abs(seen - 999 / 50 * cell) < 40 for cell, seen in enumerate(told, start=1))
    assert told[-1] == 999

    count(running, 999, status="completed")
    running.steps.collected(only_part(running), Totals(10_000, 10_000), None, own=(10_000, 0))
    assert samples(running) <= 60
    assert over_time(running, 50)[-1] == 10_000


def test_a_job_tells_when_anything_of_it_last_changed(timed: Ledger, clock: Clock) -> None:
    timed.add_job(job("bcdfgh"), [part("bcdfgh")])
    assert timed.job("bcdfgh").news_at is None
    clock.go_on(5)
    timed.steps.to_step(only_part(timed), Step.UPLOADING)
    uploading = clock.now
    assert timed.job("bcdfgh").news_at == uploading
    clock.go_on(5)
    timed.labels.edit("bcdfgh", name="What people write is no news of the job")
    assert timed.job("bcdfgh").news_at == uploading
    timed.steps.observe(only_part(timed), batch("batch_1"))
    running = clock.now
    clock.go_on(60)
    timed.steps.observe(only_part(timed), batch("batch_1"))
    assert timed.job("bcdfgh").news_at == running
