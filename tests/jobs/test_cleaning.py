"""Keeping house: what nobody needs goes, and what somebody needs stays."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.jobs.test_adopting import OLD_IDS, ended, made_elsewhere
from tests.jobs.test_retrying import first_line, with_results
from tests.support.carried import OPTIONS, is_whole
from tests.support.files import jsonl, request
from tests.support.homes import carry, sent_to
from tests.support.littering import age, aged_folder, answered, littered, put
from tests.support.nursery import Errand, Nursery
from tests.support.scripted import Asked, Reply, ScriptedService, forward, json_reply, refusal
from wellspring_tui.errors import InputError, JobNotFoundError
from wellspring_tui.jobs.litter import Kind, Scope
from wellspring_tui.processor import WellspringBatchProcessor
from wellspring_tui.progress import Progress
from wellspring_tui.wellspring import Wellspring

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from wellspring_tui.jobs.litter import Litter
    from wellspring_tui.jobs.model import Job
    from wellspring_tui.services.client import Service
    from wellspring_tui.settings import Settings

DISK = Scope(services=False)
SERVICES = Scope(disk=False)
AN_HOUR = 3_600.0


def kinds(litter: Sequence[Litter]) -> list[Kind]:
    """What was found, in order of the words."""
    return sorted(one.kind for one in litter)


def files_on(remote: Service) -> set[str]:
    """The ids of all files that a service has."""
    return {file.id for file in remote.files()}


def files_of(wellspring: Wellspring, job: Job) -> set[str]:
    """The ids of a job's files on its service."""
    ids = {
        own_id
        for part in wellspring.ledger.parts(job.id)
        for own_id in (part.input_file_id, part.output_file_id, part.error_file_id)
    }
    return {own_id for own_id in ids if own_id}


def change_ledger(wellspring: Wellspring, statement: str) -> None:
    """Change what the ledger holds, as nobody should."""
    with closing(sqlite3.connect(wellspring.settings.places.ledger)) as db:
        db.execute("PRAGMA foreign_keys = ON")
        db.execute(statement)
        db.commit()


# -- on this disk -------------------------------------------------------------------


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


# -- on services --------------------------------------------------------------------


def test_files_of_a_job_that_is_over_go_once_they_are_here_whole(
    wellspring: Wellspring, remote: Service, prompts_path: Path
) -> None:
    job = answered(wellspring, prompts_path)
    own = files_of(wellspring, job)
    before = files_on(remote)

    found = [one for one in wellspring.litter(SERVICES).litter if one.job_id == job.id]

    assert {one.where for one in found} == own
    assert kinds(found) == [Kind.SERVICE_ANSWERS, Kind.SERVICE_INPUT]
    assert all(one.expires_at and one.service == "local" for one in found)
    assert len(wellspring.clean(found).gone) == 2
    assert before - files_on(remote) == own
    is_whole(wellspring, remote, job)
    assert wellspring.clean(found).gone == tuple(found)  # they are gone all the same


def test_a_retry_needs_nothing_of_what_was_deleted(
    settings: Settings, service_url: str, prompts_path: Path
) -> None:
    with (
        ScriptedService(with_results(service_url, first_line)) as line,
        Wellspring(sent_to(settings, line.base_url)) as wellspring,
    ):
        job = answered(wellspring, prompts_path)
        found = wellspring.litter(Scope(job_id=job.id)).litter
        # The service names another size of the answers' file than it gave.
        assert kinds(found) == [Kind.SERVICE_INPUT]
        assert wellspring.clean(found).gone == found
    with Wellspring(settings) as wellspring:
        wellspring.retry(job.id)
        assert carry(wellspring, job.id).all_answered


def test_the_file_of_a_job_that_waits_for_its_batch_stays(
    wellspring: Wellspring, remote: Service, prompts_path: Path
) -> None:
    job = wellspring.submit(prompts_path, OPTIONS, hold_creation=True)
    wellspring.tick()
    (file_id,) = files_of(wellspring, job)
    found = wellspring.litter(SERVICES)
    assert job.id not in {one.job_id for one in found.litter}
    assert "files of jobs that are not over, on local" in {kept.what for kept in found.kept}
    wellspring.clean(found.litter)
    wellspring.ask_for_creation(file_id)
    assert carry(wellspring, job.id).all_answered


def test_answers_that_could_not_be_downloaded_stay(
    settings: Settings, service_url: str, remote: Service, prompts_path: Path
) -> None:
    def without_contents(call: Asked) -> Reply:
        if call.path.endswith("/content"):
            return refusal(503, "not now")
        return forward(call, service_url)

    with (
        ScriptedService(without_contents) as line,
        Wellspring(sent_to(settings, line.base_url)) as wellspring,
    ):
        job = wellspring.submit(prompts_path, OPTIONS)
        while wellspring.job(job.id).status != "completed":
            wellspring.tick()
        assert wellspring.litter(Scope(job_id=job.id)).litter == ()
    with Wellspring(settings) as wellspring:
        assert carry(wellspring, job.id).all_answered


@pytest.mark.parametrize("harm", ["gone", "shorter", "changed"])
def test_what_is_not_whole_on_this_disk_stays_on_the_service(
    wellspring: Wellspring, prompts_path: Path, harm: str
) -> None:
    job = answered(wellspring, prompts_path)
    found = wellspring.litter(Scope(disk=False, job_id=job.id)).litter
    places = wellspring.settings.places
    output = places.outputs(job.id) / "part-001.output.jsonl"
    asked = places.inputs(job.id) / "part-001.jsonl"
    for path in (output, asked):
        whole = path.read_bytes()
        match harm:
            case "gone":
                path.unlink()
            case "shorter":
                path.write_bytes(whole[:-1])
            case "changed":
                path.write_bytes(b"?" * len(whole))
    # Of answers only the size can be known; requests are known by their hash.
    left = [one for one in found if harm != "changed" or one.kind is Kind.SERVICE_INPUT]
    assert [one for one, _ in wellspring.clean(found).left] == left
    again = wellspring.litter(Scope(disk=False, job_id=job.id))
    assert again.litter == ()
    assert [kept.count for kept in again.kept] == [len(left)]


def test_what_was_made_elsewhere_stays_even_when_its_batch_was_adopted(
    wellspring: Wellspring, remote: Service, tmp_path: Path
) -> None:
    theirs = made_elsewhere(remote, tmp_path, jsonl(map(request, OLD_IDS)))
    theirs = ended(remote, theirs)
    (job,) = wellspring.adopt([theirs.id])
    assert carry(wellspring, job.id).all_answered
    before = files_on(remote)
    assert wellspring.litter(Scope(job_id=job.id)).litter == ()
    wellspring.clean(wellspring.litter(SERVICES).litter)
    assert {theirs.input_file_id, theirs.output_file_id} <= files_on(remote) <= before


def test_an_upload_that_was_made_twice_goes_with_the_other(
    wellspring: Wellspring, remote: Service, prompts_path: Path
) -> None:
    job = answered(wellspring, prompts_path)
    (sent,) = wellspring.ledger.parts(job.id)
    path = wellspring.settings.places.inputs(job.id) / sent.input_name
    name = f"wellspring-{sent.id}-0123456789ab.jsonl"
    twice = remote.upload(path, name, lambda _done, _total: None)
    assert twice.id in {one.where for one in wellspring.litter(Scope(job_id=job.id)).litter}
    strange = remote.upload(path, "wellspring-zzzzzz-1-0123456789ab.jsonl", lambda *_: None)
    wellspring.clean(wellspring.litter(SERVICES).litter)
    left = files_on(remote)
    assert twice.id not in left
    assert strange.id in left


def test_a_service_that_tells_no_size_keeps_its_answers(
    settings: Settings, service_url: str, prompts_path: Path
) -> None:
    def silent(call: Asked) -> Reply:
        reply = forward(call, service_url)
        if call.method == "GET" and call.path.startswith("/files") and "/content" not in call.path:
            said = json.loads(reply.body)
            for file in said.get("data", [said]):
                file["bytes"] = None
            return json_reply(said)
        return reply

    with (
        ScriptedService(silent) as line,
        Wellspring(sent_to(settings, line.base_url)) as wellspring,
    ):
        job = answered(wellspring, prompts_path)
        found = wellspring.litter(Scope(disk=False, job_id=job.id))
        assert kinds(found.litter) == [Kind.SERVICE_INPUT]


def test_a_service_that_can_not_be_asked_is_named_and_the_rest_is_found(
    settings: Settings, service_url: str, prompts_path: Path
) -> None:
    with Wellspring(settings) as wellspring:
        job = answered(wellspring, prompts_path)
        found = wellspring.litter(Scope(job_id=job.id)).litter
        put(settings.places.outputs(job.id) / "part-001.output.tmp")
    with Wellspring(sent_to(settings, "http://127.0.0.1:9/v1")) as wellspring:
        looked = wellspring.litter(Scope())
        assert kinds(looked.litter) == [Kind.HALF_WRITTEN]
        assert list(looked.not_asked) == ["local"]
        cleaned = wellspring.clean([*found, *looked.litter])
        assert (len(cleaned.gone), len(cleaned.left), len(cleaned.failures)) == (1, 2, 1)


def test_only_what_has_not_changed_for_so_long(wellspring: Wellspring, prompts_path: Path) -> None:
    job = answered(wellspring, prompts_path)
    young = put(wellspring.settings.places.inputs(job.id) / "part-002.jsonl")
    old = put(wellspring.settings.places.inputs(job.id) / "part-003.jsonl")
    age(old, 40 * 86_400)
    found = wellspring.litter(Scope(older_than=timedelta(days=30))).litter
    assert [one.where.rpartition("/")[2] for one in found] == [old.name]
    wellspring.clean(found)
    assert young.exists()


def test_of_one_job_only_what_belongs_to_it(wellspring: Wellspring, prompts_path: Path) -> None:
    one, other = (answered(wellspring, prompts_path) for _ in range(2))
    for job in (one, other):
        littered(wellspring, job)
    found = wellspring.litter(Scope(job_id=one.id)).litter
    assert {item.job_id for item in found} == {one.id}
    assert kinds(found).count(Kind.HALF_WRITTEN) == 4


def test_nothing_is_deleted_where_jobs_may_only_be_looked_at(
    settings: Settings, wellspring: Wellspring, prompts_path: Path
) -> None:
    job = answered(wellspring, prompts_path)
    with Wellspring(replace(settings, read_only=True)) as looking:
        found = looking.litter(Scope()).litter
        assert found
        with pytest.raises(InputError, match="read only"):
            looking.clean(found)
        with pytest.raises(InputError, match="read only"):
            looking.forget(job.id)


# -- whole jobs ---------------------------------------------------------------------


@contextmanager
def running(settings: Settings, path: Path) -> Iterator[tuple[Wellspring, Job]]:
    """A job that is not over."""
    with Wellspring(settings) as wellspring:
        yield wellspring, wellspring.submit(path, OPTIONS)


def test_a_forgotten_job_is_nowhere_any_more_and_is_not_offered_again(
    wellspring: Wellspring, remote: Service, prompts_path: Path
) -> None:
    job, other = (answered(wellspring, prompts_path) for _ in range(2))
    (sent,) = wellspring.ledger.parts(job.id)
    places = wellspring.settings.places

    wellspring.forget(str(sent.batch_id))

    with pytest.raises(JobNotFoundError):
        wellspring.job(job.id)
    assert [left.id for left in wellspring.jobs()] == [other.id]
    assert not places.inputs(job.id).exists()
    assert not places.outputs(job.id).exists()
    assert [row.key for row in wellspring.usage().rows] == [other.id]
    assert sent.batch_id not in {offer.batch_id for offer in wellspring.look_for_batches()}
    is_whole(wellspring, remote, other)
    # Whoever wants it all the same may have it: the service still has its files.
    (again,) = wellspring.adopt([str(sent.batch_id)])
    assert carry(wellspring, again.id).all_answered


def test_a_job_that_runs_is_not_forgotten(settings: Settings, prompts_path: Path) -> None:
    with running(settings, prompts_path) as (wellspring, job):
        with pytest.raises(InputError, match=r"still runs \(waiting\).*`wellspring cancel"):
            wellspring.forget(job.id)
        assert carry(wellspring, job.id).all_answered


def test_a_job_that_is_sent_again_just_now_is_not_forgotten(
    settings: Settings, service_url: str, prompts_path: Path
) -> None:
    with (
        ScriptedService(with_results(service_url, first_line)) as line,
        Wellspring(sent_to(settings, line.base_url)) as wellspring,
    ):
        job = answered(wellspring, prompts_path)
    with Wellspring(settings) as wellspring:

        def report(_what: str, _done: int, _total: int | None) -> None:
            with pytest.raises(InputError, match="another process is at work"):
                wellspring.forget(job.id)

        wellspring.retry(job.id, progress=Progress(report))
        assert carry(wellspring, job.id).all_answered
