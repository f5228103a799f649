"""What nobody needs on the services goes, and what somebody needs stays."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.jobs.test_adopting import OLD_IDS, ended, made_elsewhere
from tests.jobs.test_retrying import first_line, with_results
from tests.support.carried import OPTIONS, is_whole
from tests.support.files import jsonl, request
from tests.support.homes import carry, sent_to
from tests.support.littering import SERVICES, answered, files_of, files_on, kinds, put
from tests.support.scripted import (
    Asked,
    Reply,
    ScriptedService,
    forward,
    json_reply,
    without_contents,
)
from wellspring_tui.jobs.litter import Kind, Scope
from wellspring_tui.wellspring import Wellspring

if TYPE_CHECKING:
    from pathlib import Path

    from wellspring_tui.services.client import Service
    from wellspring_tui.settings import Settings


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
    with (
        ScriptedService(without_contents(service_url)) as line,
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
