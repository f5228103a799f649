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
from typing import TYPE_CHECKING

import pytest

from tests.support.jobs import NOON, added, batch, job, part, part_now
from wellspring_tui.answers.model import Totals
from wellspring_tui.errors import JobNotFoundError, StorageError
from wellspring_tui.jobs.ledger import Ledger
from wellspring_tui.jobs.model import JobsQuery, Part, Step

if TYPE_CHECKING:
    from pathlib import Path


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


def test_many_threads_use_one_ledger(ledger: Ledger) -> None:
    parts = added(ledger, "bcdfgh", parts=8)
    failures: list[Exception] = []
    together = threading.Barrier(len(parts))

    def carry(one: Part) -> None:
        together.wait()
        try:
            for status in ("validating", "in_progress", "completed"):
                ledger.steps.observe(part_now(ledger, one), batch(f"batch_{one.number}", status))
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
