"""Sending again what has no answer: only that, once, and whatever happens."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.carried import OPTIONS, batches_of
from tests.support.files import CHAT, answer, encoded, expired, jsonl, request, visual
from tests.support.homes import carry, sent_to, until
from tests.support.scripted import Asked, Reply, ScriptedService, forward, json_reply
from wellspring_tui.errors import InputError, StorageError
from wellspring_tui.progress import Progress
from wellspring_tui.wellspring import Wellspring

if TYPE_CHECKING:
    from collections.abc import Callable

    from wellspring_tui.services.client import Service
    from wellspring_tui.settings import Settings

_REPOSITORY = Path(__file__).parents[2]


def with_results(url: str, change: Callable[[bytes], bytes]) -> Callable[[Asked], Reply]:
    """A service whose files hold something else than the one at `url` has written."""

    def answering(asked: Asked) -> Reply:
        reply = forward(asked, url)
        if asked.method != "GET" or not asked.path.startswith("/files/"):
            return reply
        if asked.path.endswith("/content"):
            return replace(reply, body=change(reply.body))
        content = replace(asked, target=f"{asked.target}/content")
        changed = change(forward(content, url).body)
        return json_reply({**json.loads(reply.body), "bytes": len(changed)})

    return answering


def first_line(body: bytes) -> bytes:
    """The rest is missing."""
    return body[: body.index(b"\n") + 1]


@pytest.fixture
def lacking(settings: Settings, service_url: str, prompts_path: Path) -> str:
    """A job of four prompts, of which one has its answer."""
    with (
        ScriptedService(with_results(service_url, first_line)) as line,
        Wellspring(sent_to(settings, line.base_url)) as wellspring,
    ):
        job = wellspring.submit(prompts_path, OPTIONS)
        ended = carry(wellspring, job.id)
        assert (ended.completed, ended.failed, ended.missing) == (1, 0, 3)
    return job.id


def accounted(wellspring: Wellspring, job_id: str) -> tuple[int, int, int]:
    """(answered, failed, missing) as the ledger says; the files and the parts say the same."""
    detail = wellspring.detail(job_id)
    job = detail.job
    with wellspring.results(job_id).index as index:
        totals = index.totals()
    assert (job.completed, job.failed, job.missing) == (
        totals.answered,
        totals.failed,
        totals.missing,
    )
    assert sum(part.requests for part in detail.parts) == job.requests
    assert sum(part.completed for part in detail.parts) == job.completed
    return job.completed, job.failed, job.missing


def test_only_what_has_no_answer_goes_again_byte_for_byte(
    wellspring: Wellspring, remote: Service, lacking: str
) -> None:
    inputs = wellspring.settings.places.inputs(lacking)
    before = (inputs / "part-001.jsonl").read_bytes()
    found = wellspring.results(lacking)
    with found.index as index:
        (kept,) = [one for one in index.answers() if one.response is not None]
        asked = [found.request_line(one) for one in index.unanswered()]
        answer_before = found.response_line(kept)

    planned = wellspring.retry(lacking)

    assert (planned.sent, planned.parts, planned.left_out) == (3, (2,), ())
    assert planned.job.open
    assert (inputs / "part-002.jsonl").read_bytes() == b"".join(asked)
    assert (inputs / "part-001.jsonl").read_bytes() == before
    job = carry(wellspring, lacking)
    assert job.status == "completed"
    assert accounted(wellspring, lacking) == (4, 0, 0)
    assert len(batches_of(remote, job)) == 2
    found = wellspring.results(lacking)
    with found.index as index:
        again = index.answer(kept.custom_id)
        assert again is not None
        assert found.response_line(again) == answer_before
        assert [one.number for one in index.answers()] == [0, 1, 2, 3]
    with pytest.raises(InputError, match=r"every request .* has its answer"):
        wellspring.retry(lacking)
    assert "retry planned" in [event.what for event in wellspring.detail(lacking).events]


def test_a_retry_is_cut_by_the_same_limits(
    settings: Settings, service_url: str, remote: Service, lacking: str
) -> None:
    with Wellspring(sent_to(settings, service_url, max_requests=2)) as wellspring:
        assert wellspring.retry(lacking).parts == (2, 3)
        job = carry(wellspring, lacking)
        assert [part.requests for part in wellspring.detail(lacking).parts] == [1, 2, 1]
        assert accounted(wellspring, lacking) == (4, 0, 0)
        assert len(batches_of(remote, job)) == 3


def test_a_running_job_is_not_sent_again(wellspring: Wellspring, prompts_path: Path) -> None:
    job = wellspring.submit(prompts_path, OPTIONS)
    with pytest.raises(InputError, match=r"still runs \(waiting\)"):
        wellspring.retry(job.id)
    assert len(wellspring.detail(job.id).parts) == 1


def test_a_bad_parameter_is_named_and_stays_behind_unless_asked(
    wellspring: Wellspring, tmp_path: Path
) -> None:
    path = tmp_path / "reasoning.jsonl"
    bad = [request(own_id, CHAT, "o3-mini", max_tokens=5) for own_id in ("b1", "b2")]
    path.write_bytes(jsonl([request("good", CHAT, "o3-mini"), *bad]))
    job = wellspring.submit(path, OPTIONS)
    carry(wellspring, job.id)

    with pytest.raises(InputError, match=r"2 × unsupported_parameter .*max_tokens") as refused:
        wellspring.retry(job.id)

    assert "--all" in str(refused.value)
    assert len(wellspring.detail(job.id).parts) == 1
    assert [one.name for one in wellspring.settings.places.inputs(job.id).glob("part*")] == [
        "part-001.jsonl"
    ]
    planned = wellspring.retry(job.id, also_hopeless=True)
    assert (planned.sent, planned.left_out) == (2, ())
    assert (planned.job.completed, planned.job.failed) == (1, 0)  # what goes again may get better
    carry(wellspring, job.id)
    assert accounted(wellspring, job.id) == (1, 2, 0)
    with wellspring.results(job.id).index as index:
        newest = [one.response.file for one in index.unanswered() if one.response]
    assert newest == ["part-002.error.jsonl"] * 2


def test_reasons_are_counted_the_most_frequent_first(
    settings: Settings, service_url: str, prompts_path: Path
) -> None:
    ids: list[str] = []

    def change(body: bytes) -> bytes:
        ids[:] = sorted(json.loads(line)["custom_id"] for line in body.split(b"\n") if line)
        refused = {"status_code": 400, "body": {"error": {"code": "invalid_value"}}}
        flagged = {"status_code": 400, "body": {"error": {"code": "content_filter"}}}
        return encoded(
            *({**answer(own_id), "response": refused} for own_id in ids[:2]),
            {**answer(ids[2]), "response": flagged},
            expired(ids[3]),
        )

    with (
        ScriptedService(with_results(service_url, change)) as line,
        Wellspring(sent_to(settings, line.base_url)) as wellspring,
    ):
        job = wellspring.submit(prompts_path, OPTIONS)
        assert carry(wellspring, job.id).failed == 4
        planned = wellspring.retry(job.id)
    told = [(left.reason, left.count) for left in planned.left_out]
    assert (planned.sent, told) == (1, [("invalid_value", 2), ("content_filter", 1)])
    with Wellspring(settings) as wellspring:
        carry(wellspring, job.id)
        assert accounted(wellspring, job.id) == (1, 3, 0)


def test_a_cancelled_job_gets_its_other_answers_by_a_retry(
    settings: Settings, service_url: str, tmp_path: Path
) -> None:
    path = tmp_path / "many.json"
    path.write_bytes(visual({"A": {f"prompt {number}": "Why?" for number in range(40)}}))
    with Wellspring(sent_to(replace(settings, pace_seconds=20.0), None)) as wellspring:
        job = wellspring.submit(path, OPTIONS)

        def has_answers() -> bool:
            wellspring.tick()
            return wellspring.job(job.id).completed > 0

        until(has_answers, "the first answers")
        wellspring.cancel(job.id)
        ended = carry(wellspring, job.id)
        assert (ended.status, 0 < ended.completed < 40) == ("cancelled", True)
    with Wellspring(sent_to(settings, service_url)) as wellspring:
        planned = wellspring.retry(job.id)
        assert planned.sent == 40 - ended.completed
        assert not planned.job.cancel_asked
        # An answer that is there is never counted as open again.
        assert (planned.job.completed, planned.job.failed) == (ended.completed, 0)
        assert carry(wellspring, job.id).status == "completed"
        assert accounted(wellspring, job.id) == (40, 0, 0)


def test_lines_that_a_validation_names_stay_behind_and_the_others_go(
    settings: Settings, service_url: str, prompts_path: Path
) -> None:
    problem = {"code": "invalid_request", "line": 2, "param": "body", "message": "Not this one."}

    def answering(asked: Asked) -> Reply:
        reply = forward(asked, service_url)
        if asked.path != "/batches":
            return reply
        said = json.loads(reply.body)
        for batch in said.get("data", [said]):
            batch |= {"status": "failed", "errors": {"data": [problem]}, "output_file_id": None}
        return json_reply(said)

    with (
        ScriptedService(answering) as line,
        Wellspring(sent_to(settings, line.base_url)) as wellspring,
    ):
        job = wellspring.submit(prompts_path, OPTIONS)
        assert carry(wellspring, job.id).missing == 4
        inputs = wellspring.settings.places.inputs(job.id)
        sent = (inputs / "part-001.jsonl").read_bytes().split(b"\n")
        planned = wellspring.retry(job.id)
        told = [(left.reason, left.count, left.example) for left in planned.left_out]
        assert (planned.sent, told) == (3, [("invalid_request", 1, "Not this one.")])
        assert (inputs / "part-002.jsonl").read_bytes() == jsonl([sent[0], sent[2], sent[3]])
        # The same again: now the second line of the new file is named.
        assert carry(wellspring, job.id).missing == 4
        planned = wellspring.retry(job.id)
        assert (planned.sent, planned.left_out[0].count) == (2, 2)
        assert (inputs / "part-003.jsonl").read_bytes() == jsonl([sent[0], sent[3]])
    with Wellspring(settings) as wellspring:
        ended = carry(wellspring, job.id)
        assert accounted(wellspring, job.id) == (2, 0, 2)
        assert ended.status == "failed"
        with pytest.raises(InputError, match=r"nothing of the job .* 2 × invalid_request"):
            wellspring.retry(job.id)
    # Sent all the same, and taken: what a validation once said is no reason any more.
    with (
        ScriptedService(with_results(service_url, first_line)) as line,
        Wellspring(sent_to(settings, line.base_url)) as wellspring,
    ):
        assert wellspring.retry(job.id, also_hopeless=True).sent == 2
        ended = carry(wellspring, job.id)
        # Nothing of the batches that failed is open any more: how they ended says no more.
        assert (ended.status, ended.missing) == ("completed", 1)
    with Wellspring(settings) as wellspring:
        assert wellspring.retry(job.id).sent == 1
        assert carry(wellspring, job.id).status == "completed"
        assert accounted(wellspring, job.id) == (4, 0, 0)


def test_a_changed_input_file_is_noticed_before_anything_is_planned(
    wellspring: Wellspring, lacking: str
) -> None:
    path = wellspring.settings.places.inputs(lacking) / "part-001.jsonl"
    with wellspring.results(lacking).index as index:
        *_, last = index.unanswered()
    # The first lines are copied before the last one is found to be another request's.
    changed = path.read_bytes().replace(last.custom_id.encode(), b"x" * len(last.custom_id))
    path.write_bytes(changed)
    with pytest.raises(StorageError, match="is not there any more"):
        wellspring.retry(lacking)
    assert wellspring.job(lacking).collected
    assert [one.name for one in path.parent.glob("part*")] == [path.name]


def test_what_a_killed_retry_left_behind_is_taken_away(
    wellspring: Wellspring, lacking: str
) -> None:
    inputs = wellspring.settings.places.inputs(lacking)
    for name in ("part-002.jsonl", "part-003.jsonl", "part-004.jsonl.tmp"):
        (inputs / name).write_bytes(b"half a li")
    wellspring.retry(lacking)
    assert {one.name for one in inputs.glob("part*")} == {"part-001.jsonl", "part-002.jsonl"}
    carry(wellspring, lacking)
    assert accounted(wellspring, lacking) == (4, 0, 0)


def test_a_retry_within_a_retry_is_refused(wellspring: Wellspring, lacking: str) -> None:
    refused: list[str] = []

    def report(_what: str, _done: int, _total: int | None) -> None:
        with pytest.raises(InputError) as error:
            wellspring.retry(lacking)
        refused.append(str(error.value))

    assert wellspring.retry(lacking, progress=Progress(report)).parts == (2,)
    assert "another process" in refused[0]
    assert len(wellspring.detail(lacking).parts) == 2


def test_the_ledger_takes_the_parts_of_one_retry_only(wellspring: Wellspring, lacking: str) -> None:
    """Each decides by what it has seen before; the ledger looks again."""
    wellspring.retry(lacking)
    (_, later) = wellspring.ledger.parts(lacking)
    of_the_same = replace(later, id="same", token="same")
    of_a_running_job = replace(later, id="next", token="next", number=3)
    with pytest.raises(InputError, match="another process"):
        wellspring.ledger.add_parts(lacking, [of_a_running_job], {})
    carry(wellspring, lacking)
    with pytest.raises(InputError, match="another process"):
        wellspring.ledger.add_parts(lacking, [of_the_same], {})
    assert len(wellspring.ledger.parts(lacking)) == 2


def retrying(home: Path, url: str, job_id: str, *moment: str) -> subprocess.Popen[bytes]:
    """Another process that retries a job."""
    command = [sys.executable, "-m", "tests.support.retrying", str(home), url, job_id, *moment]
    return subprocess.Popen(
        command, cwd=_REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def test_of_two_processes_that_retry_at_once_one_does(
    wellspring: Wellspring, service_url: str, remote: Service, home: Path, lacking: str
) -> None:
    processes = [retrying(home, service_url, lacking) for _ in range(2)]
    said = [process.communicate(timeout=60) for process in processes]
    assert sorted(process.returncode for process in processes) == [0, 1]
    assert any(b"another process" in err or b"still runs" in err for _, err in said)
    job = carry(wellspring, lacking)
    assert accounted(wellspring, lacking) == (4, 0, 0)
    assert len(batches_of(remote, job)) == 2


def test_a_retry_survives_a_kill_at_every_moment(
    settings: Settings, service_url: str, remote: Service, lacking: str, tmp_path: Path
) -> None:
    """Before each transaction and each file that is opened or gets its name, in turn."""
    home = settings.places.data

    def killed_before(moment: int) -> bool:
        copy = tmp_path / f"killed-{moment}"
        shutil.copytree(home, copy, ignore=shutil.ignore_patterns("local"))
        with retrying(copy, service_url, lacking, str(moment)) as process:
            out, err = process.communicate(timeout=60)
        if process.returncode == 0:
            assert {b"rename part-002.jsonl", b"COMMIT"} <= set(out.split(b"\n")), out
            return False
        assert process.returncode == -signal.SIGKILL, err
        own = replace(settings, places=replace(settings.places, data=copy))
        with Wellspring(own) as wellspring:
            job = wellspring.job(lacking)
            before = len(batches_of(remote, job))
            if job.collected:
                wellspring.retry(lacking)
            carry(wellspring, lacking)
            assert accounted(wellspring, lacking) == (4, 0, 0)
            assert len(batches_of(remote, job)) == before + 1
            inputs = own.places.inputs(lacking)
            assert sorted(one.name for one in inputs.glob("part*")) == [
                "part-001.jsonl",
                "part-002.jsonl",
            ]
        return True

    moment = 0
    while killed_before(moment):
        moment += 1
