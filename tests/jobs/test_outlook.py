"""What ended jobs tell of those that run: how long, how much longer, whether they hang."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.support.homes import sent_to, until
from tests.support.jobs import NOON, batch, job, part
from tests.support.scripted import ScriptedService
from tests.support.small_service import SmallService
from wellspring_tui.answers.model import Totals
from wellspring_tui.jobs.history import Ended, Running
from wellspring_tui.jobs.model import Job, Outlook, Step
from wellspring_tui.jobs.outlook import Outlooks, like, outlook
from wellspring_tui.records import Records
from wellspring_tui.service_profiles import ServiceProfile
from wellspring_tui.services.model import Counts
from wellspring_tui.wellspring import Wellspring

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from tests.jobs.conftest import Clock
    from wellspring_tui.jobs.ledger import Ledger
    from wellspring_tui.settings import Settings

MINUTE = 60.0
HOUR = 3_600.0
REMOTE = "openai"


def ended(seconds: float, quiet: float = 0.0, requests: int = 100, model: str = "m") -> Ended:
    """A job that is over."""
    return Ended(requests, model, seconds, quiet)


def of(
    ended_jobs: list[Ended], after: float = 0.0, silent: float = 0.0, **others: object
) -> Outlook | None:
    """What is expected of a job `after` so many seconds, with no news for `silent` of them."""
    now = NOON + timedelta(seconds=after)
    one = job("bcdfgh", service=REMOTE, status="in_progress", **others)
    news_at = now - timedelta(seconds=silent)
    return outlook(with_news(one, news_at), ended_jobs, Running(NOON, now), now)


def with_news(one: Job, at: datetime) -> Job:
    """The same job, last changed then."""
    return replace(one, news_at=at)


# -- how long --------------------------------------------------------------------------


def test_of_few_jobs_like_it_shortest_and_longest_are_told() -> None:
    found = of([ended(60), ended(30), ended(90)], after=40)
    assert found == Outlook(3, 30, 90, (0, 50), None)


def test_of_many_the_odd_ones_are_left_aside() -> None:
    found = of([ended(float(seconds)) for seconds in (1, *range(101, 119), 9_000)], after=100)
    assert found is not None
    assert (found.like_jobs, found.shortest_seconds, found.longest_seconds) == (20, 102, 117)
    assert found.left_seconds == (2, 17)


@pytest.mark.parametrize("number", [0, 1, 2])
def test_with_fewer_than_three_nothing_is_said(number: int) -> None:
    assert of([ended(60)] * number) is None


@pytest.mark.parametrize(
    ("took", "after", "left"),
    [(60, 61, (0, 5)), (60, 66, None), (1, 2, (0, 1)), (1, 3, None)],
)
def test_what_takes_clearly_longer_than_all_others_did_is_late(
    took: int, after: int, left: tuple[float, float] | None
) -> None:
    found = of([ended(took)] * 3, after=after)
    assert found is not None
    assert (found.longest_seconds, found.left_seconds) == (took, left)


def test_like_are_jobs_of_about_the_same_size() -> None:
    sizes = (1, 9, 300, 1_000, 4_000, 20_000)
    others = [ended(60, requests=size) for size in sizes]

    def sizes_like(requests: int) -> list[int]:
        return [one.requests for one in like(job("bcdfgh", requests=requests), others)]

    assert sizes_like(1_100) == [1_000, 300, 4_000]
    assert sizes_like(2) == [1, 9]  # of so few requests none makes a difference
    assert sizes_like(50_000) == [20_000]


def test_jobs_of_the_same_model_count_alone_when_there_are_enough() -> None:
    one = job("bcdfgh", requests=100, model="m")
    own, other = [ended(60, model="m")], [ended(5, model="n")]
    assert {found.model for found in like(one, own * 9 + other * 9)} == {"m", "n"}
    assert {found.model for found in like(one, own * 10 + other * 9)} == {"m"}


# -- stalls ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("usual", "silent", "stalled"),
    [
        (0, 9 * MINUTE, False),  # ten minutes at least
        (0, 11 * MINUTE, True),
        (2 * HOUR, 1 * HOUR, False),  # others were quiet for longer
        (2 * HOUR, 3 * HOUR, True),
    ],
)
def test_a_job_that_is_quiet_for_longer_than_others_ever_were_has_stalled(
    usual: float, silent: float, stalled: bool
) -> None:
    found = of([ended(5 * HOUR, usual)] * 3, after=4 * HOUR, silent=silent)
    assert found is not None
    assert found.silent_seconds == (silent if stalled else None)


def test_what_is_answered_on_this_machine_is_expected_to_say_something_sooner() -> None:
    one = with_news(job("bcdfgh", status="in_progress"), NOON)
    told = [
        outlook(one, [ended(5)] * 3, Running(NOON, now), now, is_quick=True)
        for now in (NOON + timedelta(seconds=29), NOON + timedelta(seconds=31))
    ]
    assert [found and found.silent_seconds for found in told] == [None, 31]


def test_time_in_which_nobody_asked_the_service_is_not_silence() -> None:
    one = with_news(job("bcdfgh", service=REMOTE, status="in_progress"), NOON)
    now = NOON + timedelta(hours=8)
    for looked_at, silent in (
        (None, None),
        (NOON + timedelta(minutes=1), None),
        (NOON + timedelta(hours=1), HOUR),
    ):
        found = outlook(one, [ended(60)] * 3, Running(NOON, looked_at), now)
        assert found is not None
        assert found.silent_seconds == silent


@pytest.mark.parametrize("others", [{"status": "cancelling"}, {"cancel_asked": True}])
def test_a_job_that_is_being_cancelled_is_not_expected_to_go_on(others: dict[str, object]) -> None:
    one = with_news(job("bcdfgh", service=REMOTE, **{"status": "in_progress", **others}), NOON)
    now = NOON + timedelta(days=1)
    assert outlook(one, [ended(60)] * 3, Running(NOON, now), now) == Outlook(3, 60, 60, None, None)


# -- by the ledger -----------------------------------------------------------------------


def carried(ledger: Ledger, clock: Clock, job_id: str, took: float, **others: object) -> None:
    """A job goes its whole way, in so many seconds, with one change in the middle."""
    begun = clock.now
    ledger.add_job(job(job_id, created_at=begun, **others), [part(job_id)])
    ledger.steps.to_step(ledger.parts(job_id)[0], Step.CREATING)
    status = "in_progress"
    for counts in (Counts(3, 0, 0), Counts(3, 1, 0), Counts(3, 3, 0)):
        if counts.completed:
            clock.go_on(took / 2)
        if counts.completed == 3:
            status = "completed"
        (one,) = ledger.parts(job_id)
        seen = batch(f"batch_{job_id}", status, counts=counts, timeline={status: clock.now})
        ledger.steps.observe(one, seen)
    clock.go_on(1_000)  # what lies about on the service is not time that the batch took
    (one,) = ledger.parts(job_id)
    ledger.steps.collected(one, Totals(3, 3), None, own=(3, 0))


def begun(ledger: Ledger, clock: Clock, job_id: str, **others: object) -> Job:
    """A job whose batch is running."""
    ledger.add_job(job(job_id, created_at=clock.now, **others), [part(job_id)])
    (one,) = ledger.parts(job_id)
    ledger.steps.to_step(one, Step.CREATING)
    ledger.steps.observe(ledger.parts(job_id)[0], batch(f"batch_{job_id}", counts=Counts(3, 0, 0)))
    return ledger.job(job_id)


def here(ledger: Ledger) -> Outlooks:
    """Those of a ledger all of whose services are on this machine."""
    return Outlooks(ledger.history, lambda _service: True)


@pytest.mark.parametrize(
    ("service", "silent"),
    [("local", 50), ("smollm2", 50), ("vllm", 50), ("mine", 50), ("openai", None), ("gone", None)],
)
def test_who_answers_on_this_machine_is_quick_whatever_its_name(
    timed: Ledger, clock: Clock, settings: Settings, service: str, silent: float | None
) -> None:
    own = ServiceProfile("mine", model_server="http://127.0.0.1:8080")
    known = replace(settings, services={**settings.services, "mine": own})
    for number in range(3):
        carried(timed, clock, f"old{number}", 60.0, service=service)
    one = begun(timed, clock, "bcdfgh", service=service)
    clock.go_on(50)
    timed.history.looked(service)

    found = Records(known, timed).outlooks([one], clock.now)

    assert found["bcdfgh"].silent_seconds == silent


def test_the_ledger_tells_from_its_own_history(timed: Ledger, clock: Clock) -> None:
    for number, took in enumerate((40.0, 60.0, 80.0)):
        carried(timed, clock, f"old{number}", took)
    carried(timed, clock, "elsewhere", 9_000.0, service="acme")
    one = begun(timed, clock, "bcdfgh")
    clock.go_on(50)
    timed.history.looked("local")

    found = here(timed).of([one, timed.job("old0")], clock.now)

    # Forty seconds are longer than others were quiet, and more than half a minute.
    assert found == {"bcdfgh": Outlook(3, 40, 80, (0, 30), 50)}


def test_a_job_that_waits_or_is_sent_has_not_begun_its_time(timed: Ledger, clock: Clock) -> None:
    for number in range(3):
        carried(timed, clock, f"old{number}", 60.0)
    timed.add_job(job("waits", parts=2), [part("waits"), part("waits", 2)])
    one, two = timed.parts("waits")
    timed.steps.to_step(two, Step.CREATING)
    timed.steps.observe(timed.parts("waits")[1], batch("batch_w"))
    timed.steps.wait(one, "room in the queue", None)
    clock.go_on(9_000)
    timed.history.looked("local")
    found = here(timed).of([timed.job("waits")], clock.now)
    assert found == {"waits": Outlook(3, 60, 60, None, None)}


def test_jobs_that_failed_or_were_stopped_are_no_measure(timed: Ledger, clock: Clock) -> None:
    for number, status in enumerate(("failed", "cancelled", "completed", "expired", "completed")):
        one = begun(timed, clock, f"old{number}")
        clock.go_on(60)
        timed.steps.observe(
            timed.parts(one.id)[0], batch(f"batch_{one.id}", status, timeline={status: clock.now})
        )
        timed.steps.collected(timed.parts(one.id)[0], Totals(3, 3), None, own=(3, 0))
    assert [one.seconds for one in timed.history.ended("local")] == [60, 60, 60]


def test_an_imported_or_adopted_job_is_as_long_as_its_batch(timed: Ledger, clock: Clock) -> None:
    ended_batch = batch(
        "batch_a", "completed", timeline={"completed": NOON + timedelta(seconds=90)}
    )
    made = job("adopt1", status="completed")
    timed.arrivals.add_adopted(made, part("adopt1", status="completed"), ended_batch, None)
    timed.steps.collected(timed.parts("adopt1")[0], Totals(3, 3), None, own=(3, 0))
    imported = part("import", step=Step.COLLECTED, status="completed")
    timed.arrivals.add_ended(job("import"), imported, Totals(3, 3), None)
    # Nobody saw how quiet it was: all of its time may have been.
    assert timed.history.ended("local") == [Ended(3, "gpt-4o-mini", 90, 90)]


def test_a_look_at_the_service_is_noted_when_it_tells_of_running_batches(
    settings: Settings, prompts_path: Path
) -> None:
    service = SmallService()
    with (
        ScriptedService(service) as line,
        Wellspring(sent_to(settings, line.base_url)) as wellspring,
    ):
        made = wellspring.submit(prompts_path, wellspring.request_options())
        wellspring.tick()
        assert wellspring.ledger.history.running([made.id])[made.id].looked_at is None

        def looked() -> bool:
            wellspring.tick()
            return wellspring.ledger.history.running([made.id])[made.id].looked_at is not None

        until(looked, "a look at the service")
        before = wellspring.ledger.history.running([made.id])[made.id]
        assert before.looked_at is not None
        assert before.looked_at >= before.since
