"""What nobody needs on this disk goes, and what somebody needs stays."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from tests.jobs.test_retrying import first_line, with_results
from tests.support.carried import OPTIONS, is_whole
from tests.support.homes import carry, sent_to
from tests.support.littering import DISK, aged_folder, answered, kinds, littered, put
from tests.support.nursery import Errand, Nursery
from tests.support.scripted import ScriptedService
from wellspring_tui.errors import JobNotFoundError
from wellspring_tui.jobs.litter import Kind, Scope
from wellspring_tui.processor import WellspringBatchProcessor
from wellspring_tui.progress import Progress
from wellspring_tui.wellspring import Wellspring

if TYPE_CHECKING:
    from pathlib import Path

    from wellspring_tui.services.client import Service
    from wellspring_tui.settings import Settings

AN_HOUR = 3_600.0


def change_ledger(wellspring: Wellspring, statement: str) -> None:
    """Change what the ledger holds, as nobody should."""
    with closing(sqlite3.connect(wellspring.settings.places.ledger)) as db:
        db.execute("PRAGMA foreign_keys = ON")
        db.execute(statement)
        db.commit()


def test_what_broken_off_work_left_goes_and_the_job_stays_whole(
    wellspring: Wellspring, remote: Service, prompts_path: Path
) -> None:
    job = answered(wellspring, prompts_path)
    left = littered(wellspring, job)

    found = wellspring.litter(DISK)

    home = wellspring.settings.places.data
    assert {home / one.where for one in found.litter} == set(left)
    assert all(one.why and one.size_bytes for one in found.litter)
    (kept,) = found.kept
    assert kept.what == "jobs with their input files and answers"
    assert kept.count == 1

    cleaned = wellspring.clean(found.litter)

    assert (cleaned.gone, cleaned.left) == (found.litter, ())
    assert not any(path.exists() for path in left)
    assert wellspring.litter(DISK).litter == ()
    is_whole(wellspring, remote, job)


def test_a_job_that_is_not_over_loses_nothing(
    wellspring: Wellspring, remote: Service, prompts_path: Path
) -> None:
    done = answered(wellspring, prompts_path)
    job = wellspring.submit(prompts_path, OPTIONS)
    half = put(wellspring.settings.places.outputs(job.id) / "part-001.output.tmp", age_seconds=1e6)
    found = wellspring.litter(Scope())
    assert {one.job_id for one in found.litter} == {done.id}
    wellspring.clean(found.litter)
    assert half.exists()
    half.unlink()
    carry(wellspring, job.id)
    is_whole(wellspring, remote, job)


def test_strange_files_are_left_alone(wellspring: Wellspring, prompts_path: Path) -> None:
    job = answered(wellspring, prompts_path)
    places = wellspring.settings.places
    for name in ("notes.txt", "part-1.jsonl", "part-009.jsonl.bak", "answers.json"):
        put(places.inputs(job.id) / name, age_seconds=1e7)
        put(places.outputs(job.id) / name, age_seconds=1e7)
        put(places.data / "input" / name, age_seconds=1e7)
    put(places.data / "output" / "my own folder" / "a.txt", age_seconds=1e7)
    put(places.logs / "wellspring.log.old", age_seconds=1e7)
    assert wellspring.litter(DISK).litter == ()


def test_what_may_still_be_written_is_left_alone(
    wellspring: Wellspring, prompts_path: Path
) -> None:
    job = answered(wellspring, prompts_path)
    places = wellspring.settings.places
    put(places.outputs(job.id) / "answers.jsonl")
    put(places.data / ".wellspring-abc")
    put(places.data / "incoming" / "tmpabc" / "prompts.json")
    put(places.logs / "wellspring.log.1")
    assert wellspring.litter(DISK).litter == ()


def killed_submission(wellspring: Wellspring, prompts_path: Path) -> str:
    """A process that was killed when its job's files were all there, and its job not yet."""
    places = wellspring.settings.places
    before = {path.name for path in (places.data / "output").iterdir()}
    with Nursery() as nursery:
        for moment in range(200):
            nursery.run(
                Errand(str(places.data), "", str(prompts_path), carries=False, die_before=moment)
            )
            fresh = {path.name for path in (places.data / "output").iterdir()} - before
            whole = [name for name in fresh if (places.inputs(name) / "part-001.jsonl").exists()]
            if whole:
                return whole[0]
    raise AssertionError("it was never so far")


def test_the_folders_of_a_job_that_was_never_made_go_once_nobody_writes_there(
    wellspring: Wellspring, prompts_path: Path
) -> None:
    job = answered(wellspring, prompts_path)
    never = killed_submission(wellspring, prompts_path)
    places = wellspring.settings.places
    with pytest.raises(JobNotFoundError):
        wellspring.job(never)
    assert wellspring.litter(DISK).litter == ()

    # The ledger has had its first job for a day, and for an hour nobody has written there.
    change_ledger(wellspring, "UPDATE events SET at = at - 86400")
    for folder in (places.inputs(never), places.outputs(never)):
        aged_folder(folder, AN_HOUR)
    (found,) = wellspring.litter(DISK).litter
    assert (found.kind, found.job_id) == (Kind.BROKEN_OFF, never)
    assert wellspring.clean([found]).gone == (found,)
    assert not places.inputs(never).exists()
    assert not places.outputs(never).exists()
    assert wellspring.job(job.id).all_answered


def test_folders_that_may_be_all_that_is_left_of_a_job_stay(
    wellspring: Wellspring, prompts_path: Path
) -> None:
    """A ledger that was lost, or is another one, says nothing of them."""
    places = wellspring.settings.places
    job = answered(wellspring, prompts_path)
    change_ledger(wellspring, "DELETE FROM jobs")
    for folder in (places.inputs(job.id), places.outputs(job.id)):
        aged_folder(folder, AN_HOUR)
    assert wellspring.litter(DISK).litter == ()
    later = answered(wellspring, prompts_path)
    change_ledger(wellspring, "UPDATE events SET at = at - 86400")
    found = wellspring.litter(DISK)
    assert found.litter == ()
    assert {kept.what.split()[0]: kept.count for kept in found.kept} == {"jobs": 1, "folders": 1}
    assert later.all_answered


def test_a_job_that_is_being_made_just_now_is_not_taken_for_one_that_never_was(
    wellspring: Wellspring, prompts_path: Path
) -> None:
    """Its process may have slept for hours, with the machine."""
    first = answered(wellspring, prompts_path)
    change_ledger(wellspring, "UPDATE events SET at = at - 86400")
    places, looks = wellspring.settings.places, []

    def report(_what: str, _done: int, _total: int | None) -> None:
        for folder in (places.data / "input").iterdir():
            if folder.name != first.id:
                for own in (folder, places.outputs(folder.name)):
                    aged_folder(own, AN_HOUR)
        found = wellspring.litter(DISK).litter
        looks.append((kinds(found), wellspring.clean(found).gone))

    job = wellspring.submit(prompts_path, OPTIONS, progress=Progress(report))
    assert ([Kind.BROKEN_OFF], ()) in looks
    assert {gone for _, gone in looks} == {()}
    assert carry(wellspring, job.id).all_answered


def test_what_a_retry_is_writing_just_now_stays(
    settings: Settings, service_url: str, prompts_path: Path
) -> None:
    with (
        ScriptedService(with_results(service_url, first_line)) as line,
        Wellspring(sent_to(settings, line.base_url)) as wellspring,
    ):
        job = answered(wellspring, prompts_path)
    left: list[int] = []
    with Wellspring(settings) as wellspring:

        def report(_what: str, _done: int, _total: int | None) -> None:
            found = wellspring.litter(DISK).litter
            left.append(len(wellspring.clean(found).left))

        wellspring.retry(job.id, progress=Progress(report))
        assert max(left) == 1  # the new input file, half-written
        assert carry(wellspring, job.id).all_answered


def test_files_of_tasks_go_once_a_job_has_their_requests(
    settings: Settings, prompts_path: Path
) -> None:
    with WellspringBatchProcessor(service="local", home=settings.places.data) as processor:
        tasks = processor.format_prompts_for_batch_api(
            processor.load_visual_batch_prompts(prompts_path)
        )
        sent, unsent = (processor.create_batch_file(tasks[:number]) for number in (4, 2))
        door = processor.wellspring
        assert kinds(door.litter(DISK).litter) == []
        job = door.submit(sent, source=prompts_path)
        found = door.litter(DISK)
        assert kinds(found.litter) == [Kind.TASKS, Kind.TASKS]
        assert [kept.count for kept in found.kept if "tasks" in kept.what] == [2]
        # What is not litter any more is not deleted.
        sent.write_bytes(sent.read_bytes() + b"\n")
        assert len(door.clean(found.litter).left) == 2
        sent.write_bytes(sent.read_bytes()[:-1])
        door.clean(found.litter)
        assert not sent.exists()
        assert unsent.exists()
        assert [path.name for path in sent.parent.glob("*.sections.json")] == [
            f"{unsent.stem}.sections.json"
        ]
        assert (settings.places.inputs(job.id) / "part-001.jsonl").exists()
