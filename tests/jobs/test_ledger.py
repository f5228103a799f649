"""The ledger knows every job and where each part stands."""

from __future__ import annotations

import sqlite3
import stat
import subprocess
import sys
import threading
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from tests.support.jobs import NOON, batch, job, part
from wellspring_tui.answers.model import Totals, Usage
from wellspring_tui.errors import JobNotFoundError, StorageError
from wellspring_tui.jobs.ledger import Ledger
from wellspring_tui.jobs.model import SENDING, WAITING, JobsQuery, Part, Step
from wellspring_tui.services.model import BatchProblem, Counts

if TYPE_CHECKING:
    from pathlib import Path


def added(ledger: Ledger, job_id: str, parts: int = 1) -> list[Part]:
    """The parts of a new job, as the ledger has them."""
    made = job(job_id, requests=3 * parts, parts=parts)
    ledger.add_job(made, [part(job_id, number + 1) for number in range(parts)])
    return ledger.parts(job_id)


def now(ledger: Ledger, one: Part) -> Part:
    """A part as it is now."""
    return ledger.parts(one.job_id)[one.number - 1]


def test_a_job_comes_back_as_it_was_put_in(ledger: Ledger) -> None:
    made = job("bcdfgh", name="Gärten\u2028", description="a try", service="acme")
    ledger.add_job(made, [part("bcdfgh")])
    assert ledger.job("bcdfgh") == made
    assert ledger.parts("bcdfgh") == [part("bcdfgh")]
    detail = ledger.detail("bcdfgh")
    assert (detail.job, detail.parts) == (made, (part("bcdfgh"),))
    assert [event.what for event in detail.events] == ["planned"]


def test_a_job_that_fails_to_be_added_leaves_nothing(ledger: Ledger) -> None:
    with pytest.raises(sqlite3.IntegrityError):
        ledger.add_job(job("bcdfgh"), [part("bcdfgh"), part("bcdfgh")])
    assert ledger.jobs() == []


def test_a_part_goes_step_by_step_and_its_job_follows(ledger: Ledger) -> None:
    (one,) = added(ledger, "bcdfgh")
    assert ledger.job("bcdfgh").status == WAITING
    ledger.steps.to_step(one, Step.UPLOADING)
    assert ledger.job("bcdfgh").status == SENDING
    ledger.steps.to_step(one, Step.UPLOADED, input_file_id="file-i")
    assert now(ledger, one).attempted_at is None
    ledger.steps.to_step(one, Step.CREATING)
    sent = now(ledger, one)
    assert (sent.step, sent.input_file_id) == (Step.CREATING, "file-i")
    assert sent.attempted_at is not None

    assert ledger.steps.observe(sent, batch("batch_1"))
    running = now(ledger, one)
    assert (running.step, running.batch_id, running.completed) == (Step.CREATED, "batch_1", 1)
    assert ledger.job("bcdfgh").status == "in_progress"
    assert ledger.job("bcdfgh").expires_at == NOON + timedelta(days=1)
    assert [event.what for event in ledger.detail("bcdfgh").events] == [
        *("planned", "uploading", "uploaded", "creating", "created", "validating", "in_progress"),
    ]


def test_what_is_known_already_is_not_new(ledger: Ledger) -> None:
    (one,) = added(ledger, "bcdfgh")
    assert ledger.steps.observe(one, batch("batch_1"))
    running = now(ledger, one)
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
    ledger.steps.observe(now(ledger, one), batch("b", "completed", counts=None, expires_at=None))
    ended = now(ledger, one)
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
    ledger.steps.observe(now(ledger, one), batch("b", "completed", timeline=times))
    events = {event.what: event.at for event in ledger.detail("bcdfgh").events}
    assert {name: events[name] for name in times} == times


def test_an_old_listing_does_not_change_a_collected_part(ledger: Ledger) -> None:
    (one,) = added(ledger, "bcdfgh")
    ledger.steps.observe(one, batch("b", "completed"))
    ended = now(ledger, one)
    ledger.steps.collected(ended, Totals(3, 3), None, own=(3, 0))
    assert not ledger.steps.observe(ended, batch("b", "in_progress"))
    assert now(ledger, one).step is Step.COLLECTED
    assert ledger.job("bcdfgh").status == "completed"


def test_a_job_is_found_by_its_id_a_part_or_a_batch(ledger: Ledger) -> None:
    _, two = added(ledger, "bcdfgh", parts=2)
    added(ledger, "jkmnpq")
    ledger.steps.observe(two, batch("batch_2"))
    assert [ledger.job(own_id).id for own_id in ("bcdfgh", "bcdfgh-2", "batch_2")] == ["bcdfgh"] * 3
    assert ledger.detail("batch_2").job.id == "bcdfgh"
    with pytest.raises(JobNotFoundError, match="no job “nobody”"):
        ledger.job("nobody")
    with pytest.raises(JobNotFoundError):
        ledger.detail("batch_9")


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


# -- lists -------------------------------------------------------------------------


def shown(ledger: Ledger, query: JobsQuery | None = None) -> list[str]:
    """The ids that a list shows; counted and listed alike."""
    jobs = [found.id for found in ledger.jobs(query)]
    assert ledger.count_jobs(query) == len(jobs)
    assert ledger.job_ids(query or JobsQuery()) == jobs
    return jobs


@pytest.fixture
def three(ledger: Ledger) -> Ledger:
    """A ledger of three jobs, an hour apart."""
    for hours, made in enumerate(
        [
            job("aaa", name="Äpfel", model="gpt-4.1", requests=30),
            job("bbb", name="pears 100%", service="acme", requests=10),
            job("ccc", name="Plums", requests=20, description="late"),
        ]
    ):
        at = NOON + timedelta(hours=hours)
        ledger.add_job(replace(made, created_at=at), [part(made.id)])
    return ledger


def test_jobs_are_listed_newest_first(three: Ledger) -> None:
    assert shown(three) == ["ccc", "bbb", "aaa"]
    assert [found.id for found in three.jobs(None, 1, 2)] == ["bbb"]
    assert [found.id for found in three.jobs(None, 2)] == ["aaa"]
    assert three.jobs(None, 3, 9) == []


@pytest.mark.parametrize(
    ("order_by", "ids"),
    [
        ("created_at", ["aaa", "bbb", "ccc"]),
        ("requests", ["bbb", "ccc", "aaa"]),
        ("service", ["bbb", "ccc", "aaa"]),
        ("id; DROP TABLE jobs", ["aaa", "bbb", "ccc"]),
    ],
)
def test_jobs_are_listed_in_the_order_asked_for(
    three: Ledger, order_by: str, ids: list[str]
) -> None:
    assert shown(three, JobsQuery(order_by=order_by, descending=False)) == ids


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("plum", ["ccc"]),
        ("PLUM", ["ccc"]),
        ("äpfel", ["aaa"]),
        ("4.1", ["aaa"]),
        ("acme", ["bbb"]),
        ("waiting", ["ccc", "bbb", "aaa"]),
        ("bb", ["bbb"]),
        ("%", ["bbb"]),
        ("' OR 1=1 --", []),
    ],
)
def test_jobs_are_found_by_what_is_shown_of_them(three: Ledger, text: str, ids: list[str]) -> None:
    assert shown(three, JobsQuery(text)) == ids


def test_open_parts_come_with_the_oldest_job_first(three: Ledger) -> None:
    assert [one.job_id for one in three.open_parts("local")] == ["aaa", "ccc"]
    assert sorted(three.open_channels()) == ["acme", "local"]


def test_asking_to_cancel_is_noted(three: Ledger) -> None:
    three.ask_to_cancel("bbb")
    assert three.job("bbb").cancel_asked
    assert not three.job("aaa").cancel_asked
    assert three.detail("bbb").events[-1].what == "cancel asked"


# -- several at once ---------------------------------------------------------------


def test_a_part_is_held_by_one_at_a_time(ledger: Ledger, path: Path) -> None:
    (one,) = added(ledger, "bcdfgh")
    other = Ledger(path)
    assert ledger.holds.take(one.id, "me", 60) == one
    assert other.holds.take(one.id, "them", 60) is None
    assert ledger.holds.take(one.id, "me", 60) == one
    other.holds.release(one.id, "them")  # not theirs to release
    assert other.holds.take(one.id, "them", 60) is None
    ledger.holds.release(one.id, "me")
    assert other.holds.take(one.id, "them", 60) == one
    assert ledger.holds.take(one.id, "me", 60) is None
    other.close()


def test_a_hold_that_was_not_renewed_ends(ledger: Ledger) -> None:
    (one,) = added(ledger, "bcdfgh")
    assert ledger.holds.take(one.id, "killed", -1) == one
    assert ledger.holds.take(one.id, "me", 60) == one


def test_a_held_part_is_given_as_it_is_now(ledger: Ledger, path: Path) -> None:
    (one,) = added(ledger, "bcdfgh")
    other = Ledger(path)
    other.steps.to_step(one, Step.UPLOADING)
    held = ledger.holds.take(one.id, "me", 60)
    assert held is not None
    assert held.step is Step.UPLOADING
    other.close()


def test_many_threads_use_one_ledger(ledger: Ledger) -> None:
    parts = added(ledger, "bcdfgh", parts=8)
    failures: list[Exception] = []
    together = threading.Barrier(len(parts))

    def carry(one: Part) -> None:
        together.wait()
        try:
            for status in ("validating", "in_progress", "completed"):
                ledger.steps.observe(now(ledger, one), batch(f"batch_{one.number}", status))
            ledger.steps.collected(one, Totals(24, one.number), None, own=(3, 0))
        except (sqlite3.Error, StorageError) as error:
            failures.append(error)

    threads = [threading.Thread(target=carry, args=(one,)) for one in parts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert ledger.job("bcdfgh").collected
    assert all(one.step is Step.COLLECTED for one in ledger.parts("bcdfgh"))


def test_only_one_of_many_threads_gets_a_part(ledger: Ledger) -> None:
    (one,) = added(ledger, "bcdfgh")
    together = threading.Barrier(6)
    held: list[str] = []

    def try_to_hold(name: str) -> None:
        together.wait()
        if ledger.holds.take(one.id, name, 60) is not None:
            held.append(name)

    threads = [threading.Thread(target=try_to_hold, args=(f"t{n}",)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(held) == 1


def test_several_may_open_a_new_home_at_once(tmp_path: Path) -> None:
    together = threading.Barrier(5)
    opened: list[Ledger] = []

    def open_it() -> None:
        together.wait()
        opened.append(Ledger(tmp_path / "home" / "ledger.sqlite"))

    threads = [threading.Thread(target=open_it) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [ledger.jobs() for ledger in opened] == [[]] * 5
    for ledger in opened:
        ledger.close()


# -- the file ------------------------------------------------------------------------


def test_the_ledger_and_what_sqlite_puts_beside_it_are_the_owners_alone(
    ledger: Ledger, path: Path
) -> None:
    added(ledger, "bcdfgh")
    files = list(path.parent.iterdir())
    assert {file.name for file in files} >= {"ledger.sqlite", "ledger.sqlite-wal"}
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_a_ledger_of_a_newer_wellspring_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(StorageError, match=r"written by a newer Wellspring\. Update"):
        Ledger(path)


def test_a_file_that_is_no_ledger_is_named(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    path.write_bytes(b"not a database at all, just words" * 100)
    with pytest.raises(StorageError, match=r"ledger\.sqlite: the ledger can't be opened"):
        Ledger(path)
    assert path.read_bytes().startswith(b"not a database")


def test_a_closed_ledger_opens_again_when_it_is_used(ledger: Ledger) -> None:
    added(ledger, "bcdfgh")
    ledger.close()
    assert ledger.job("bcdfgh").id == "bcdfgh"


def test_a_ledger_is_closed_while_other_threads_read_it(path: Path) -> None:
    """As when the dashboard is left in the middle of its reading."""
    script = """
import sys, threading, time
from pathlib import Path
from tests.support.jobs import job, part
from wellspring_tui.jobs.ledger import Ledger

ledger = Ledger(Path(sys.argv[1]))
for number in range(50):
    ledger.add_job(job(f"j{number}"), [part(f"j{number}")])

def read():
    while ledger.jobs():
        pass

for _ in range(4):
    threading.Thread(target=read, daemon=True).start()
for _ in range(100):
    time.sleep(0.005)
    ledger.close()
"""
    done = subprocess.run(
        [sys.executable, "-c", script, str(path)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
