"""A ledger that an older Wellspring wrote is brought up to date, once and whole."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.jobs import NOON, batch
from wellspring_tui.jobs.ledger import Ledger
from wellspring_tui.jobs.model import JobsQuery, Step

if TYPE_CHECKING:
    from pathlib import Path

VERSION_1 = """
CREATE TABLE jobs (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, description TEXT, source TEXT NOT NULL,
    kind TEXT NOT NULL, service TEXT NOT NULL, endpoint TEXT NOT NULL, model TEXT NOT NULL,
    window TEXT NOT NULL, requests INTEGER NOT NULL, tokens_estimated INTEGER NOT NULL,
    created_at REAL NOT NULL,
    -- Derived from the parts whenever one changes, so that a list of jobs is one query:
    status TEXT NOT NULL, parts INTEGER NOT NULL,
    completed INTEGER NOT NULL DEFAULT 0, failed INTEGER NOT NULL DEFAULT 0,
    collected INTEGER NOT NULL DEFAULT 0,
    input_tokens INTEGER NOT NULL DEFAULT 0, output_tokens INTEGER NOT NULL DEFAULT 0,
    cost TEXT, cancel_asked INTEGER NOT NULL DEFAULT 0, ended_at REAL, expires_at REAL
) STRICT;
CREATE INDEX jobs_by_time ON jobs (created_at);
CREATE INDEX jobs_open ON jobs (collected) WHERE collected = 0;
CREATE TABLE parts (
    id TEXT PRIMARY KEY, job_id TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    number INTEGER NOT NULL, step TEXT NOT NULL, status TEXT NOT NULL, token TEXT NOT NULL UNIQUE,
    requests INTEGER NOT NULL, size_bytes INTEGER NOT NULL, sha256 TEXT NOT NULL,
    endpoint TEXT NOT NULL, model TEXT NOT NULL, tokens INTEGER NOT NULL,
    input_file_id TEXT, batch_id TEXT UNIQUE, output_file_id TEXT, error_file_id TEXT,
    completed INTEGER NOT NULL DEFAULT 0, failed INTEGER NOT NULL DEFAULT 0,
    expires_at REAL, attempted_at REAL, ended_at REAL, problems TEXT NOT NULL DEFAULT '[]',
    attempts INTEGER NOT NULL DEFAULT 0, not_before REAL, waiting_for TEXT,
    holder TEXT, held_until REAL NOT NULL DEFAULT 0,
    UNIQUE (job_id, number)
) STRICT;
CREATE INDEX parts_open ON parts (job_id) WHERE step <> 'collected';
CREATE TABLE events (
    job_id TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    at REAL NOT NULL, part INTEGER NOT NULL, what TEXT NOT NULL, detail TEXT
) STRICT;
CREATE INDEX events_by_job ON events (job_id, at);
CREATE INDEX creations ON events (at) WHERE what = 'creating';
-- Batches that a part has given up, after a setback: they are not taken for its own again.
CREATE TABLE given_up (batch_id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
-- What a service said of its queue of enqueued tokens.
CREATE TABLE token_limits (
    service TEXT NOT NULL, model TEXT NOT NULL, tokens INTEGER NOT NULL,
    PRIMARY KEY (service, model)
) STRICT, WITHOUT ROWID;
"""
MANY = 2_000

OPENING = """
import sys
from pathlib import Path
from wellspring_tui.jobs.ledger import Ledger
ledger = Ledger(Path(sys.argv[1]))
print(ledger.count_jobs())
"""

# Ends itself in the middle of what is written when a table is changed.
DYING = """
import os, signal, sqlite3
whole = sqlite3.connect
class Traced(sqlite3.Connection):
    def __init__(self, *given, **named):
        super().__init__(*given, **named)
        self.set_trace_callback(
            lambda statement: MOMENT in statement and os.kill(os.getpid(), signal.SIGKILL)
        )
sqlite3.connect = lambda *given, **named: whole(*given, factory=Traced, **named)
"""


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A ledger of version 1 with a job that is over, one that runs and one that waits."""
    path = tmp_path / "ledger.sqlite"
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.executescript(VERSION_1)
        put_job(db, "aaa", name="Grüne Äpfel", status="completed", completed=3, collected=1)
        put_job(db, "bbb", name="Pears", status="in_progress", completed=1)
        put_job(db, "ccc", name="Plums", description="late ones", status="waiting")
        put_part(db, "aaa", step="collected", status="completed", batch_id="batch_a", completed=3)
        put_part(db, "bbb", step="created", status="in_progress", batch_id="batch_b", completed=1)
        put_part(db, "ccc", step="planned", status="waiting")
        db.execute("INSERT INTO events VALUES ('bbb', ?, 0, 'planned', NULL)", [noon() - 60])
        db.execute("INSERT INTO events VALUES ('bbb', ?, 1, 'created', 'batch_b')", [noon() - 5])
        db.execute("INSERT INTO given_up VALUES ('batch_x')")
        db.execute("PRAGMA user_version = 1")
        db.commit()
    return path


def noon() -> float:
    """As the ledger keeps it."""
    return NOON.timestamp()


def put_job(db: sqlite3.Connection, job_id: str, **others: object) -> None:
    """A row of `jobs` as version 1 wrote it."""
    row: dict[str, object] = {
        "id": job_id, "source": "/a.json", "kind": "Wellspring visual prompts",
        "service": "local", "endpoint": "/v1/chat/completions", "model": "GPT-Four",
        "window": "24h", "requests": 3, "tokens_estimated": 90, "created_at": noon() - 60,
        "parts": 1, **others,
    }  # fmt: skip
    put(db, "jobs", row)


def put_part(db: sqlite3.Connection, job_id: str, **others: object) -> None:
    """A row of `parts` as version 1 wrote it."""
    row: dict[str, object] = {
        "id": f"{job_id}-1", "job_id": job_id, "number": 1, "token": f"{job_id}-1-token",
        "requests": 3, "size_bytes": 300, "sha256": "0", "endpoint": "/v1/chat/completions",
        "model": "GPT-Four", "tokens": 90, **others,
    }  # fmt: skip
    put(db, "parts", row)


def put(db: sqlite3.Connection, table: str, row: dict[str, object]) -> None:
    """One row."""
    names = ", ".join(row)
    values = ", ".join(f":{name}" for name in row)
    db.execute(f"INSERT INTO {table} ({names}) VALUES ({values})", row)


def tables(path: Path) -> list[tuple[Any, ...]]:
    """Every table, its columns in order, and every index of a ledger."""
    with closing(sqlite3.connect(path)) as db:
        return db.execute(
            """
            SELECT master.name, columns.name, columns.type, "notnull", dflt_value, pk
            FROM sqlite_master AS master, pragma_table_xinfo(master.name) AS columns
            ORDER BY master.name, cid
            """
        ).fetchall()


def version(path: Path) -> int:
    """The version that a ledger says it has."""
    with closing(sqlite3.connect(path)) as db:
        return int(db.execute("PRAGMA user_version").fetchone()[0])


def test_the_jobs_of_an_old_ledger_are_all_there(old: Path) -> None:
    ledger = Ledger(old)
    one, two, three = ledger.jobs(JobsQuery(order_by="name", descending=False))
    assert [job.name for job in (one, two, three)] == ["Grüne Äpfel", "Pears", "Plums"]
    assert (one.collected, one.completed, one.model) == (True, 3, "GPT-Four")
    assert {(job.tags, job.notes, job.options) for job in (one, two, three)} == {((), None, None)}
    assert (two.news_at, one.news_at) == (NOON - timedelta(seconds=5), None)
    assert ledger.steps.was_given_up("batch_x")
    ledger.close()


def test_the_jobs_of_an_old_ledger_are_found_by_their_words(old: Path) -> None:
    ledger = Ledger(old)
    found = {
        text: [job.id for job in ledger.jobs(JobsQuery(text))]
        for text in ("äpfel", "late", "gpt-four pears", "#night", "is:ended")
    }
    assert found == {
        "äpfel": ["aaa"],
        "late": ["ccc"],
        "gpt-four pears": ["bbb"],
        "#night": [],
        "is:ended": ["aaa"],
    }
    ledger.close()


def test_a_job_that_an_old_wellspring_sent_is_carried_on(old: Path) -> None:
    ledger = Ledger(old)
    (part,) = ledger.parts("bbb")
    assert ledger.steps.observe(part, batch("batch_b", "finalizing"))
    (waiting,) = ledger.parts("ccc")
    ledger.steps.to_step(waiting, Step.UPLOADING)
    assert ledger.job("bbb").status == "finalizing"
    assert ledger.job("ccc").status == "sending"
    ledger.labels.edit("bbb", tags=["Night"])
    assert [job.id for job in ledger.jobs(JobsQuery("#night"))] == ["bbb"]
    ledger.close()


def test_an_old_ledger_ends_with_the_tables_of_a_new_one(old: Path, tmp_path: Path) -> None:
    Ledger(old).close()
    Ledger(tmp_path / "new.sqlite").close()
    assert tables(old) == tables(tmp_path / "new.sqlite")
    assert version(old) == version(tmp_path / "new.sqlite") > 1


def test_several_processes_may_open_an_old_ledger_at_once(old: Path) -> None:
    with closing(sqlite3.connect(old)) as db:
        for number in range(MANY):
            put_job(db, f"job{number}", name=f"Job {number}", status="waiting")
        db.commit()
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", OPENING, str(old)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    told = [process.communicate(timeout=60) for process in processes]
    assert told == [(f"{MANY + 3}\n", "")] * 4


@pytest.mark.parametrize(
    "moment", ["ADD COLUMN notes", "UPDATE jobs", "CREATE TABLE offers", "user_version =", "COMMIT"]
)
def test_killed_in_the_middle_an_old_ledger_stays_old_and_whole(old: Path, moment: str) -> None:
    killed = subprocess.run(
        [sys.executable, "-c", f"MOMENT = {moment!r}\n{DYING}\n{OPENING}", str(old)],
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert killed.returncode == -signal.SIGKILL
    assert version(old) == 1
    assert not any(name == "offers" for name, *_ in tables(old))

    ledger = Ledger(old)
    assert ledger.count_jobs() == 3
    ledger.close()
    assert version(old) > 1
