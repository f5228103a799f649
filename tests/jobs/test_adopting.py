"""A batch that was made elsewhere comes under Wellspring."""

from __future__ import annotations

import http.client
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from tests.support.carried import OPTIONS
from tests.support.files import CHAT, jsonl, request
from tests.support.homes import carry, sent_to, until
from tests.support.scripted import Asked, Reply, ScriptedService, forward
from wellspring_tui.answers.texts import prompt_text
from wellspring_tui.errors import InputError, NetworkError
from wellspring_tui.jobs.model import ADOPTED, Step
from wellspring_tui.progress import Progress
from wellspring_tui.wellspring import Wellspring

if TYPE_CHECKING:
    from pathlib import Path

    from wellspring_tui.services.client import Service
    from wellspring_tui.services.model import Batch
    from wellspring_tui.settings import Settings

OLD_IDS = [
    f"{section}_{kind}_1748305611"
    for section in ("Site Plan", "Water & Soil")
    for kind in ("facts_prompt", "layout_prompt")
]


def made_elsewhere(
    remote: Service, tmp_path: Path, content: bytes, metadata: dict[str, str] | None = None
) -> Batch:
    """A batch of another program's."""
    path = tmp_path / "theirs.jsonl"
    path.write_bytes(content)
    uploaded = remote.upload(path, path.name, lambda _done, _total: None)
    return remote.create(uploaded.id, CHAT, "24h", metadata or {})


def ended(remote: Service, batch: Batch) -> Batch:
    """The same batch when it is over."""
    until(lambda: remote.retrieve(batch.id).ended, "a batch to end")
    return remote.retrieve(batch.id)


def delete(url: str, file_id: str | None) -> None:
    """Delete a file on the service."""
    address = urlsplit(url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=30)
    connection.request("DELETE", f"/v1/files/{file_id}", headers={"authorization": "Bearer x"})
    assert connection.getresponse().status == 200
    connection.close()


def sections(wellspring: Wellspring, job_id: str) -> dict[str, list[str]]:
    """Section → prompt types, of what is answered."""
    found = wellspring.results(job_id)
    with found.index:
        by_section = found.as_dict({})["results_by_section"]
    return {name: list(answers) for name, answers in by_section.items()}


def test_a_batch_made_elsewhere_is_carried_to_its_answers(
    wellspring: Wellspring, remote: Service, tmp_path: Path
) -> None:
    content = jsonl(request(own_id) for own_id in OLD_IDS)
    batch = made_elsewhere(remote, tmp_path, content, {"description": "Night run"})

    (job,) = wellspring.adopt([batch.id])

    assert (job.kind, job.name, job.source) == (ADOPTED, "Night run", batch.id)
    assert (job.requests, job.model, job.endpoint, job.window) == (4, "gpt-4o-mini", CHAT, "24h")
    (part,) = wellspring.ledger.parts(job.id)
    assert (part.step, part.batch_id, part.number) == (Step.CREATED, batch.id, 1)
    inputs = wellspring.settings.places.inputs(job.id)
    assert (inputs / "part-001.jsonl").read_bytes() == content
    job = carry(wellspring, job.id)
    assert (job.status, job.all_answered) == ("completed", True)
    types = ["facts_prompt", "layout_prompt"]
    assert sections(wellspring, job.id) == {"Site Plan": types, "Water & Soil": types}
    found = wellspring.results(job.id)
    with found.index as index:
        first = next(index.answers())
        assert prompt_text(found.request_line(first)) == f"About {OLD_IDS[0]}?"
    timeline = [event.what for event in wellspring.detail(job.id).events]
    assert "adopted" in timeline
    assert timeline[-1] == "collected"


def test_several_batches_are_several_jobs_and_one_unknown_stops_them_all(
    wellspring: Wellspring, remote: Service, tmp_path: Path
) -> None:
    one, two = (made_elsewhere(remote, tmp_path, jsonl([request(name)])) for name in "ab")
    with pytest.raises(InputError, match="local has no batch “batch_0123456789"):
        wellspring.adopt([one.id, "batch_" + "0123456789" * 3])
    assert wellspring.jobs() == []
    adopted = wellspring.adopt([one.id, two.id, one.id])
    assert [job.source for job in adopted] == [one.id, two.id]
    assert {job.name for job in adopted} == {one.id, two.id}


def test_a_batch_that_a_job_has_is_not_adopted(wellspring: Wellspring, prompts_path: Path) -> None:
    job = wellspring.submit(prompts_path, OPTIONS)
    wellspring.tick()
    (part,) = wellspring.ledger.parts(job.id)
    assert part.batch_id is not None
    with pytest.raises(InputError, match=f"belongs to the job {job.id} already"):
        wellspring.adopt([part.batch_id])
    assert len(wellspring.jobs()) == 1


def test_a_batch_whose_creation_a_part_still_waits_for_is_not_adopted(
    settings: Settings, service_url: str, remote: Service, prompts_path: Path
) -> None:
    def deaf(asked: Asked) -> Reply | None:
        reply = forward(asked, service_url)
        return None if (asked.method, asked.path) == ("POST", "/batches") else reply

    with (
        ScriptedService(deaf) as line,
        Wellspring(sent_to(settings, line.base_url)) as wellspring,
    ):
        job = wellspring.submit(prompts_path, OPTIONS)
        failures = wellspring.tick().failures
        assert isinstance(failures["local"], NetworkError)
        (made,) = [one for one in remote.batches() if one.metadata.get("wellspring_job") == job.id]
        with pytest.raises(InputError, match=f"belongs to the job {job.id} already"):
            wellspring.adopt([made.id])


def test_of_two_that_adopt_one_batch_at_once_one_does(
    wellspring: Wellspring, remote: Service, tmp_path: Path
) -> None:
    batch = made_elsewhere(remote, tmp_path, jsonl([request("a")]))
    adopted: list[str] = []

    def report(what: str, _done: int, _total: int | None) -> None:
        if what.startswith("Fetching the input") and not adopted:
            adopted.append("not yet")
            adopted[0] = wellspring.adopt([batch.id])[0].id

    with pytest.raises(InputError, match="belongs to the job"):
        wellspring.adopt([batch.id], progress=Progress(report))
    assert [job.id for job in wellspring.jobs()] == adopted
    inputs = wellspring.settings.places.data / "input"
    assert [folder.name for folder in inputs.iterdir()] == adopted


def test_with_the_input_file_gone_the_answers_ids_tell_the_prompts(
    wellspring: Wellspring, remote: Service, service_url: str, tmp_path: Path
) -> None:
    bad = request("Site Plan_editing_prompt_1748305611", CHAT, "o3-mini", max_tokens=5)
    good = [request(own_id, CHAT, "o3-mini") for own_id in OLD_IDS]
    batch = ended(remote, made_elsewhere(remote, tmp_path, jsonl([*good, bad])))
    delete(service_url, batch.input_file_id)

    (job,) = wellspring.adopt([batch.id])
    assert job.requests == 5  # as the service counts
    job = carry(wellspring, job.id)

    assert (job.status, job.completed, job.failed, job.missing) == ("completed", 4, 1, 0)
    types = ["facts_prompt", "layout_prompt"]
    found = wellspring.results(job.id)
    with found.index as index:
        told = {
            section.name: [
                one.prompt_type for one in index.answers() if one.section == section.name
            ]
            for section in index.sections()
        }
        assert {name: sorted(kinds) for name, kinds in told.items()} == {
            "Site Plan": ["editing_prompt", *types],
            "Water & Soil": types,
        }
        assert [one.number for one in index.answers()] == [0, 1, 2, 3, 4]
        assert found.request_line(next(index.answers())) == b""
    with pytest.raises(InputError, match="its request was never here"):
        wellspring.retry(job.id, also_hopeless=True)


def test_what_an_adopted_batch_left_unanswered_can_be_retried(
    wellspring: Wellspring, remote: Service, tmp_path: Path
) -> None:
    lines = [request("good", CHAT, "o3-mini"), request("bad", CHAT, "o3-mini", max_tokens=5)]
    batch = ended(remote, made_elsewhere(remote, tmp_path, jsonl(lines)))
    (job,) = wellspring.adopt([batch.id])
    carry(wellspring, job.id)
    assert wellspring.retry(job.id, also_hopeless=True).sent == 1
    job = carry(wellspring, job.id)
    assert (job.completed, job.failed, job.missing) == (1, 1, 0)


def test_a_failed_batch_with_odd_lines_is_adopted_with_what_can_be_read(
    wellspring: Wellspring, remote: Service, tmp_path: Path
) -> None:
    odd = b'{"custom_id": "odd", "method": "POST", "url": "/v1/chat/completions", "body": 7}'
    lines = [request("a"), request("a"), odd, b"no JSON"]
    batch = ended(remote, made_elsewhere(remote, tmp_path, jsonl(lines)))
    assert batch.status == "failed"
    (job,) = wellspring.adopt([batch.id])
    assert job.requests == 2
    job = carry(wellspring, job.id)
    assert (job.status, job.missing) == ("failed", 2)
    problems = wellspring.detail(job.id).parts[0].problems
    assert [problem.line for problem in problems] == [2, 3, 4]
    planned = wellspring.retry(job.id)
    assert (planned.sent, [left.reason for left in planned.left_out]) == (1, ["invalid_type"])
    assert carry(wellspring, job.id).completed == 1
