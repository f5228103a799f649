"""Services with habits of their own, and bad times that last."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from tests.faults.conftest import through
from tests.support.carried import OPTIONS, Answers, Verdict, judged
from tests.support.faults import Fault, Script
from tests.support.files import CHAT, jsonl, request
from tests.support.homes import carry, sent_to
from wellspring_tui.errors import BusyError
from wellspring_tui.wellspring import Wellspring

if TYPE_CHECKING:
    from pathlib import Path

    from wellspring_tui.services.client import Service
    from wellspring_tui.settings import Settings

_ALL_IN_ONE = 50
"""Requests a part, when one part is enough."""
_SAME_FILE = 4
"""So often the same file is tried when the validator does not find it."""


# -- the validator's incident ------------------------------------------------------------


@pytest.mark.parametrize(("failures", "uploads"), [(1, 1), (3, 1), (_SAME_FILE, 2)])
def test_a_file_that_the_validator_does_not_find_is_tried_again_then_uploaded_again(
    settings: Settings,
    service_url: str,
    remote: Service,
    prompts_path: Path,
    undisturbed: Answers,
    failures: int,
    uploads: int,
) -> None:
    script = Script(create=[Fault.FILE_NOT_FOUND] * failures)
    with through(settings, service_url, script, max_requests=_ALL_IN_ONE) as (line, wellspring):
        job = wellspring.submit(prompts_path, OPTIONS)
        carry(wellspring, job.id)
        assert (line.reached["create"], line.reached["upload"]) == (failures + 1, uploads)
        assert judged(wellspring, remote, job.id, undisturbed) == Verdict()


def test_a_lost_answer_during_the_incident_makes_no_second_batch(
    settings: Settings,
    service_url: str,
    remote: Service,
    prompts_path: Path,
    undisturbed: Answers,
) -> None:
    script = Script(create=[Fault.FILE_NOT_FOUND, Fault.ANSWER_LOST])
    with through(settings, service_url, script, max_requests=_ALL_IN_ONE) as (line, wellspring):
        job = wellspring.submit(prompts_path, OPTIONS)
        carry(wellspring, job.id)
        assert line.reached["create"] == 2
        assert judged(wellspring, remote, job.id, undisturbed) == Verdict()


def test_a_file_that_is_never_found_ends_the_job_with_the_reason(
    settings: Settings, service_url: str, prompts_path: Path
) -> None:
    script = Script(create=Fault.FILE_NOT_FOUND)
    with through(settings, service_url, script, max_requests=_ALL_IN_ONE) as (_, wellspring):
        job = wellspring.submit(prompts_path, OPTIONS)
        ended = carry(wellspring, job.id)
        assert (ended.status, ended.missing) == ("failed", ended.requests)
        (problem,) = wellspring.detail(job.id).parts[0].problems
        assert "Cannot find file" in problem.message


# -- waiting -----------------------------------------------------------------------------


@pytest.mark.parametrize("asks", ["upload", "create", "batches", "content"])
def test_a_service_that_says_when_to_come_back_is_left_alone_until_then(
    settings: Settings,
    service_url: str,
    remote: Service,
    prompts_path: Path,
    undisturbed: Answers,
    asks: str,
) -> None:
    script = Script(**{asks: [Fault.ERROR_429]})
    with through(settings, service_url, script, max_requests=_ALL_IN_ONE) as (line, wellspring):
        line.retry_after_seconds = 3_600
        job = wellspring.submit(prompts_path, OPTIONS)
        failure = None
        while failure is None:
            failure = wellspring.tick().failures.get("local")
        assert isinstance(failure, BusyError)
        assert failure.retry_after_seconds == 3_600
        asked = line.asked.total()
        for _ in range(3):
            wellspring.tick()
        assert line.asked.total() == asked
        assert not wellspring.job(job.id).collected
        # Another process knows nothing of it; the job is as it was.
        with Wellspring(sent_to(settings, service_url)) as other:
            carry(other, job.id)
        assert judged(wellspring, remote, job.id, undisturbed) == Verdict()


@pytest.mark.parametrize("asks", ["upload", "content"])
def test_what_is_under_way_for_long_is_left_to_who_carries_it(
    settings: Settings,
    service_url: str,
    remote: Service,
    prompts_path: Path,
    undisturbed: Answers,
    asks: str,
) -> None:
    script = Script(**{asks: Fault.SLOW})
    with (
        through(settings, service_url, script, max_requests=_ALL_IN_ONE) as (line, one),
        Wellspring(sent_to(settings, line.base_url)) as other,
    ):
        line.slowness_seconds = 0.02
        job = one.submit(prompts_path, OPTIONS)
        carrying = threading.Thread(target=carry, args=(one, job.id))
        carrying.start()
        while carrying.is_alive():
            assert other.tick().failures == {}
        carrying.join()
        assert (line.asked["upload"], line.asked["content"]) == (1, 1)
        assert judged(one, remote, job.id, undisturbed) == Verdict()


# -- other services' words ---------------------------------------------------------------


def test_an_unknown_status_is_shown_as_it_is_and_waited_out(
    settings: Settings,
    service_url: str,
    remote: Service,
    prompts_path: Path,
    undisturbed: Answers,
) -> None:
    script = Script(create=Fault.STATUS_UNKNOWN, batches=[Fault.STATUS_UNKNOWN] * 3)
    with through(settings, service_url, script) as (_, wellspring):
        job = wellspring.submit(prompts_path, OPTIONS)
        for _ in range(3):
            wellspring.tick()
            seen = wellspring.job(job.id)
            assert (seen.status, seen.open) == ("rebooting", True)
        carry(wellspring, job.id)
        assert judged(wellspring, remote, job.id, undisturbed) == Verdict()


def test_times_may_be_written_out(settings: Settings, service_url: str, prompts_path: Path) -> None:
    script = Script(create=Fault.TIMES_AS_ISO, batches=Fault.TIMES_AS_ISO)
    with through(settings, service_url, script) as (_, wellspring):
        job = wellspring.submit(prompts_path, OPTIONS)
        ended = carry(wellspring, job.id)
        assert ended.expires_at is not None
        assert ended.expires_at - datetime.now(UTC) > timedelta(hours=23)


def test_what_a_service_says_in_one_sentence_is_told(
    settings: Settings, service_url: str, tmp_path: Path
) -> None:
    path = tmp_path / "wrong.jsonl"
    path.write_bytes(jsonl([request("a", CHAT, "text-embedding-3-small")]))
    script = Script(create=Fault.ERRORS_AS_TEXT, batches=Fault.ERRORS_AS_TEXT)
    with through(settings, service_url, script) as (_, wellspring):
        job = wellspring.submit(path, OPTIONS)
        assert carry(wellspring, job.id).status == "failed"
        (problem,) = wellspring.detail(job.id).parts[0].problems
        assert problem.message.startswith("The provided model 'text-embedding-3-small' is not")


def test_a_listing_that_starts_anew_for_ever_is_read_once(
    settings: Settings,
    service_url: str,
    remote: Service,
    prompts_path: Path,
    undisturbed: Answers,
) -> None:
    # A batch that was never made is looked for on every page there is.
    script = Script(create=[Fault.RESET_ON_ARRIVAL], batches=Fault.PAGING_ENDLESS)
    with through(settings, service_url, script, max_requests=_ALL_IN_ONE) as (line, wellspring):
        job = wellspring.submit(prompts_path, OPTIONS)
        wellspring.tick()
        rounds = 0
        while line.reached["create"] == 0:
            wellspring.tick()
            rounds += 1
        assert line.asked["batches"] <= 2 * rounds
        carry(wellspring, job.id)
        assert judged(wellspring, remote, job.id, undisturbed) == Verdict()


def test_a_listing_that_does_not_say_whether_it_goes_on_is_read_to_its_end(
    settings: Settings,
    service_url: str,
    remote: Service,
    prompts_path: Path,
    undisturbed: Answers,
) -> None:
    # The batch in doubt is the oldest of three, on the third page.
    script = Script(create=[Fault.ANSWER_LOST], batches=Fault.HAS_MORE_ABSENT)
    with through(settings, service_url, script) as (line, wellspring):
        job = wellspring.submit(prompts_path, OPTIONS)
        carry(wellspring, job.id)
        assert line.reached["create"] == job.parts
        assert judged(wellspring, remote, job.id, undisturbed) == Verdict()


# -- gone --------------------------------------------------------------------------------


def test_answers_that_the_service_has_thrown_away_are_missing_and_told(
    settings: Settings, service_url: str, prompts_path: Path
) -> None:
    gone = Script(file=Fault.FILE_GONE, content=Fault.FILE_GONE)
    with through(settings, service_url, gone, gone_after_seconds=0) as (_, wellspring):
        job = wellspring.submit(prompts_path, OPTIONS)
        ended = carry(wellspring, job.id)
        assert (ended.completed, ended.failed, ended.missing) == (0, 0, ended.requests)
        for part in wellspring.detail(job.id).parts:
            assert any("No such File object" in str(problem) for problem in part.problems)
        with wellspring.results(job.id).index as index:
            assert index.totals().missing == ended.requests
