"""Every way in which a job may end has its place."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.support.carried import OPTIONS, batches_of, is_whole
from tests.support.files import CHAT, jsonl, request, visual
from tests.support.homes import carry, sent_to, until
from tests.support.scripted import Asked, Reply, ScriptedService, forward, json_reply, refusal
from wellspring_tui.errors import (
    InputError,
)
from wellspring_tui.prompts.model import RequestOptions
from wellspring_tui.wellspring import Wellspring

if TYPE_CHECKING:
    from pathlib import Path

    from wellspring_tui.services.client import Service
    from wellspring_tui.settings import Settings


def test_a_refused_creation_ends_the_job_with_the_reason(
    wellspring: Wellspring, remote: Service, prompts_path: Path
) -> None:
    job = wellspring.submit(prompts_path, RequestOptions(window="7d"))
    assert wellspring.tick().ended == (job.id,)
    ended = wellspring.detail(job.id)
    assert (ended.job.status, ended.job.collected, ended.job.missing) == ("failed", True, 4)
    (problem,) = ended.parts[0].problems
    assert "refused it (400: Invalid value: '7d'" in problem.message
    assert batches_of(remote, job) == []


def test_a_batch_that_fails_its_validation_tells_which_lines(
    wellspring: Wellspring, tmp_path: Path
) -> None:
    path = tmp_path / "wrong.jsonl"
    path.write_bytes(jsonl(request(own_id, CHAT, "text-embedding-3-small") for own_id in "ab"))
    job = wellspring.submit(path, OPTIONS)
    carry(wellspring, job.id)
    ended = wellspring.detail(job.id)
    assert (ended.job.status, ended.job.missing) == ("failed", 2)
    problems = ended.parts[0].problems
    assert [(one.line, one.param, one.code) for one in problems] == [
        (1, "body.model", "model_not_found"),
        (2, "body.model", "model_not_found"),
    ]


def test_a_completed_batch_with_only_an_error_file_is_all_failures(
    wellspring: Wellspring, tmp_path: Path
) -> None:
    path = tmp_path / "reasoning.jsonl"
    path.write_bytes(jsonl(request(own_id, CHAT, "o3-mini", max_tokens=5) for own_id in "ab"))
    job = wellspring.submit(path, OPTIONS)
    ended = carry(wellspring, job.id)
    assert (ended.status, ended.completed, ended.failed, ended.missing) == ("completed", 0, 2, 0)
    assert not ended.all_answered
    with wellspring.results(job.id).index as index:
        assert all("max_tokens" in str(found.reason) for found in index.answers())


def test_a_batch_that_the_service_does_not_know_is_kept_until_it_is_cancelled(
    settings: Settings, service_url: str, prompts_path: Path
) -> None:
    def answering(asked: Asked) -> Reply | None:
        if asked.method == "GET" and asked.path == "/batches":
            return json_reply({"data": [], "has_more": False})
        if asked.method == "GET" and asked.path.startswith("/batches/"):
            return refusal(404, "No batch found with that id.")
        return forward(asked, service_url)

    with (
        ScriptedService(answering) as line,
        Wellspring(sent_to(settings, line.base_url)) as wellspring,
    ):
        job = wellspring.submit(prompts_path, OPTIONS)
        for _ in range(3):
            failure = wellspring.tick().failures.get("local")
        assert "Is this the key of the project it was made in?" in str(failure)
        assert wellspring.job(job.id).open

        wellspring.cancel(job.id)
        ended = carry(wellspring, job.id)
        assert (ended.status, ended.missing) == ("cancelled", 4)
        (problem,) = wellspring.detail(job.id).parts[0].problems
        assert "No batch found with that id." in problem.message


def test_an_unknown_status_is_shown_and_is_no_end(
    settings: Settings, service_url: str, remote: Service, prompts_path: Path
) -> None:
    strange = True

    def answering(asked: Asked) -> Reply | None:
        reply = forward(asked, service_url)
        if not strange or asked.path != "/batches":
            return reply
        said = json.loads(reply.body)
        for batch in said.get("data", [said]):
            batch["status"] = "Paused_By_Admin"
        return json_reply(said)

    with (
        ScriptedService(answering) as line,
        Wellspring(sent_to(settings, line.base_url)) as wellspring,
    ):
        job = wellspring.submit(prompts_path, OPTIONS)
        for _ in range(3):
            wellspring.tick()
        assert wellspring.job(job.id).status == "paused_by_admin"
        assert wellspring.job(job.id).open
        strange = False
        carry(wellspring, job.id)
        is_whole(wellspring, remote, job)


def test_a_job_cancelled_before_it_was_sent_is_never_sent(
    wellspring: Wellspring, remote: Service, prompts_path: Path
) -> None:
    job = wellspring.submit(prompts_path, OPTIONS)
    assert wellspring.cancel(job.id).cancel_asked
    assert wellspring.tick().ended == (job.id,)
    ended = wellspring.job(job.id)
    assert (ended.status, ended.collected, ended.missing) == ("cancelled", True, 4)
    assert batches_of(remote, job) == []
    with pytest.raises(InputError, match="over already"):
        wellspring.cancel(job.id)


def test_a_job_cancelled_on_its_way_keeps_the_answers_it_has(
    home: Path, settings: Settings, tmp_path: Path
) -> None:
    path = tmp_path / "many.json"
    path.write_bytes(visual({"A": {f"prompt {number}": "Why?" for number in range(40)}}))
    slow = sent_to(replace(settings, pace_seconds=20.0), None)
    with Wellspring(slow) as wellspring:
        job = wellspring.submit(path, OPTIONS)

        def has_answers() -> bool:
            wellspring.tick()
            return wellspring.job(job.id).completed > 0

        until(has_answers, "the first answers")
        wellspring.cancel(job.id)
        ended = carry(wellspring, job.id)
        assert ended.status == "cancelled"
        with wellspring.results(job.id).index as index:
            totals = index.totals()
        assert 0 < totals.answered < 40
        assert totals.answered + totals.failed + totals.missing == 40
        assert (ended.completed, ended.failed) == (totals.answered, totals.failed)
    assert home.is_dir()


def test_answers_of_unknown_ids_and_lines_that_make_no_sense_are_told_and_counted_apart(
    settings: Settings, service_url: str, prompts_path: Path
) -> None:
    def answering(asked: Asked) -> Reply:
        reply = forward(asked, service_url)
        if not asked.path.endswith("/content"):
            return reply
        first, rest = reply.body.split(b"\n", 1)
        stranger = first.replace(b'"custom_id":"', b'"custom_id":"x-')
        return Reply(body=b"\n".join((first, stranger, b"{oops", rest, rest)).strip() + b"\n")

    def without_size(asked: Asked) -> Reply:
        reply = answering(asked)
        if (
            asked.method == "GET"
            and asked.path.startswith("/files/")
            and "content" not in asked.path
        ):
            return json_reply({**json.loads(reply.body), "bytes": None})
        return reply

    with (
        ScriptedService(without_size) as line,
        Wellspring(sent_to(settings, line.base_url)) as wellspring,
    ):
        job = wellspring.submit(prompts_path, OPTIONS)
        ended = carry(wellspring, job.id)
        assert (ended.completed, ended.failed, ended.missing) == (4, 0, 0)
        problems = wellspring.detail(job.id).parts[0].problems
        assert [one.code for one in problems] == ["unreadable_lines", "unknown_custom_ids"]
