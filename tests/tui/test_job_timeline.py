"""How long each status of a job lasted, whatever its parts went through."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.support.jobs import NOON, job, part
from wellspring_tui.jobs.model import Event, JobDetail
from wellspring_tui.tui.screens.job_timeline import Span, event_lines, span_line, spans

Happened = tuple[float, int, str]


def detail(*happened: Happened, parts: int = 1, **others: Any) -> JobDetail:
    """A job of so many parts, and what happened: seconds after noon, part, what."""
    events = tuple(
        Event(NOON + timedelta(seconds=at), number, what) for at, number, what in happened
    )
    numbers = range(1, parts + 1)
    return JobDetail(job("bcdfgh", **others), tuple(part("bcdfgh", n) for n in numbers), events)


def after(seconds: float, told: JobDetail) -> list[tuple[str, float | None]]:
    """Statuses that lasted, or ended it, and how long, so many seconds after noon."""
    lasted = spans(told, NOON + timedelta(seconds=seconds))
    return [(span.status, span.seconds) for span in lasted if span.seconds != 0]


SENT: list[Happened] = [
    (0, 0, "planned"), (2, 1, "uploading"), (5, 1, "uploaded"), (5, 1, "creating"),
    (6, 1, "created"), (6, 1, "validating"), (10, 1, "in_progress"),
]  # fmt: skip
OVER: dict[str, Any] = {"collected": True, "status": "completed"}


def test_an_open_job_is_in_its_last_status_until_now() -> None:
    told = detail(*SENT)
    assert after(70, told) == [
        ("waiting", 2), ("sending", 4), ("validating", 4), ("in_progress", 60),
    ]  # fmt: skip
    assert str(span_line(spans(told, NOON + timedelta(seconds=70)))) == (
        "waiting 2 s → sending 4 s → validating 4 s → in progress 1 min so far"
    )


def test_an_end_lasts_no_time() -> None:
    ends: list[Happened] = [(730, 1, "finalizing"), (790, 1, "completed"), (791, 1, "collected")]
    told = detail(*SENT, *ends, **OVER)
    assert after(9_999, told)[-3:] == [
        ("in_progress", 720),
        ("finalizing", 60),
        ("completed", None),
    ]
    assert str(span_line(spans(told, NOON))).endswith(
        "in progress 12 min → finalizing 1 min → completed"
    )


def test_of_several_parts_the_one_furthest_behind_counts() -> None:
    told = detail(
        (0, 0, "planned"),
        (0, 1, "uploading"),
        (5, 1, "in_progress"),
        (9, 1, "completed"),
        (9, 2, "uploading"),
        (10, 2, "in_progress"),
        (20, 2, "completed"),
        parts=2,
        **OVER,
    )
    assert after(99, told) == [
        ("waiting", 9), ("sending", 1), ("in_progress", 10), ("completed", None),
    ]  # fmt: skip


def test_what_a_service_dated_earlier_than_it_was_seen_is_put_in_its_place() -> None:
    told = detail(
        (0, 0, "planned"),
        (0, 1, "in_progress"),
        (0, 2, "in_progress"),
        (60, 1, "completed"),  # seen first
        (50, 2, "finalizing"),
        parts=2,
    )
    assert after(70, told) == [("in_progress", 60), ("finalizing", 10)]


def test_a_retry_goes_on_from_the_end_and_the_job_ends_as_a_whole() -> None:
    told = detail(
        (0, 0, "planned"),
        (0, 1, "in_progress"),
        (100, 1, "expired"),
        (500, 0, "retry planned"),
        (510, 2, "uploading"),
        (512, 2, "in_progress"),
        (600, 2, "completed"),
        parts=2,
        **OVER,
    )
    assert after(999, told) == [
        ("in_progress", 100), ("expired", None), ("waiting", 10), ("sending", 2),
        ("in_progress", 88), ("completed", None),
    ]  # fmt: skip


def test_a_part_that_expired_with_all_its_answers_makes_no_second_end() -> None:
    told = detail(*SENT, (20, 1, "completed"), (21, 1, "expired"), **OVER)
    assert after(99, told)[-2:] == [("in_progress", 10), ("completed", None)]


def test_a_setback_sends_it_to_wait_again() -> None:
    told = detail(*SENT, (20, 1, "failed"), (21, 1, "waits"), (50, 1, "creating"))
    assert after(60, told)[-4:] == [
        ("in_progress", 10), ("failed", None), ("waiting", 29), ("sending", 10),
    ]  # fmt: skip


def test_a_status_that_nobody_knows_is_told_as_it_came() -> None:
    told = detail((0, 0, "planned"), (0, 1, "queued_[/]"), (9, 1, "in_progress"))
    assert after(10, told) == [("queued_[/]", 9), ("in_progress", 1)]
    assert str(span_line(spans(told, NOON + timedelta(seconds=10)))).startswith("queued [/] 9 s → ")


def test_a_job_of_which_nothing_is_known_has_no_timeline() -> None:
    assert spans(detail(), NOON) == []


def test_of_very_many_statuses_the_last_are_told() -> None:
    many = [Span("waiting", 5.0), Span("in_progress", 7.0)] * 6
    assert str(span_line(many)).count("→") == 8
    assert str(span_line(many)).startswith("… → waiting 5 s")


@pytest.mark.parametrize(("count", "first"), [(60, "2126-05-01"), (70, "10 earlier events")])
def test_of_very_many_events_the_newest_are_told(count: int, first: str) -> None:
    events = [Event(NOON + timedelta(seconds=n), 1, f"event_{n}") for n in range(count)]
    lines = [str(line) for line in event_lines(events)]
    assert lines[0] == first
    assert lines[-1].endswith(f"+1.0 s  part 1 event {count - 1}")
