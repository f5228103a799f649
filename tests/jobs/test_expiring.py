"""How long a service keeps answers: asked for, told of, and warned of before they are gone."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from tests.support.carried import OPTIONS, batches_of
from tests.support.homes import carry, sent_to
from tests.support.jobs import NOON, batch, job, part
from tests.support.scripted import Asked, Reply, ScriptedService, forward, without_contents
from wellspring_tui.errors import InputError
from wellspring_tui.jobs.expiring import sentence
from wellspring_tui.jobs.model import Step
from wellspring_tui.prompts.life import life_seconds
from wellspring_tui.prompts.model import RequestOptions
from wellspring_tui.services.model import RemoteFile
from wellspring_tui.wellspring import Wellspring

if TYPE_CHECKING:
    from pathlib import Path

    from wellspring_tui.jobs.ledger import Ledger
    from wellspring_tui.services.client import Service
    from wellspring_tui.settings import Settings

DAY = timedelta(days=1)


def test_the_service_is_asked_to_keep_the_answers_so_long_and_tells_until_when(
    wellspring: Wellspring, remote: Service, prompts_path: Path
) -> None:
    sent = wellspring.submit(prompts_path, replace(OPTIONS, output_expires_after="2d"))
    ended = carry(wellspring, sent.id)
    assert ended.output_life_seconds == 2 * 86_400
    (made,) = batches_of(remote, ended)
    about = remote.file(str(made.output_file_id))
    assert about.created_at is not None
    assert about.expires_at == about.created_at + 2 * DAY
    (kept,) = wellspring.detail(sent.id).parts
    assert kept.answers_expire_at == about.expires_at
    assert wellspring.expiring([ended], datetime.now(UTC)) == {}  # they are here


@pytest.mark.parametrize("given", [None, "none"])
def test_a_service_that_may_not_know_of_it_is_not_told(
    settings: Settings, service_url: str, prompts_path: Path, given: str | None
) -> None:
    asked: list[dict[str, object]] = []

    def listening(call: Asked) -> Reply:
        if (call.method, call.path) == ("POST", "/batches"):
            asked.append(json.loads(call.body))
        return forward(call, service_url)

    with (
        ScriptedService(listening) as line,
        Wellspring(sent_to(settings, line.base_url)) as wellspring,
    ):
        sent = wellspring.submit(prompts_path, replace(OPTIONS, output_expires_after=given))
        carry(wellspring, sent.id)
    assert [set(body) & {"output_expires_after"} for body in asked] == [set()]


def test_a_retry_asks_for_the_same(
    settings: Settings, service_url: str, remote: Service, prompts_path: Path
) -> None:
    with Wellspring(sent_to(settings, service_url)) as wellspring:
        sent = wellspring.submit(prompts_path, replace(OPTIONS, output_expires_after="3h"))
        wellspring.cancel(sent.id)
        assert carry(wellspring, sent.id).missing == 4
        wellspring.retry(sent.id)
        ended = carry(wellspring, sent.id)
        (made,) = batches_of(remote, ended)
        about = remote.file(str(made.output_file_id))
    assert about.created_at is not None
    assert about.expires_at == about.created_at + timedelta(hours=3)


def test_what_a_failed_download_has_heard_is_kept_and_warned_of(
    settings: Settings, service_url: str, prompts_path: Path
) -> None:
    with (
        ScriptedService(without_contents(service_url)) as line,
        Wellspring(sent_to(settings, line.base_url)) as wellspring,
    ):
        sent = wellspring.submit(prompts_path, replace(OPTIONS, output_expires_after="1h"))
        while wellspring.ledger.parts(sent.id)[0].answers_expire_at is None:
            wellspring.tick()
        now = datetime.now(UTC)
        found = wellspring.expiring([wellspring.job(sent.id)], now)
        assert now < found[sent.id] <= now + timedelta(hours=1)
        # Whoever comes too late hears it too, and who comes early need not.
        late = wellspring.expiring([wellspring.job(sent.id)], now + DAY)
        assert late == found
        assert wellspring.expiring([wellspring.job(sent.id)], now - 4 * DAY) == {}
    with Wellspring(settings) as wellspring:
        assert carry(wellspring, sent.id).all_answered


def test_of_a_batch_that_nobody_has_looked_at_since_its_window_counts(ledger: Ledger) -> None:
    """Its answers may lie there for as long as was asked, counted from the window's end."""
    made = job("aaa", output_life_seconds=3_600)
    ledger.add_job(made, [part("aaa")])
    planned = ledger.part("aaa-1")
    ledger.steps.to_step(planned, Step.CREATING)
    ledger.steps.observe(ledger.part("aaa-1"), batch("batch_a"))  # its window ends after a day
    job_now = ledger.job("aaa")
    assert ledger.expiring.soon([job_now], NOON + timedelta(hours=23)) == {}
    later = NOON + DAY + timedelta(hours=2)
    assert ledger.expiring.soon([job_now], later) == {"aaa": NOON + DAY + timedelta(hours=1)}
    assert "have expired on the service 1 h 00 min ago" in sentence(NOON, NOON + DAY / 24)
    assert "expire on the service in 1 h 00 min" in sentence(NOON + DAY / 24, NOON)


def test_without_a_word_on_it_nothing_is_guessed(ledger: Ledger) -> None:
    ledger.add_job(job("aaa"), [part("aaa")])
    ledger.steps.to_step(ledger.part("aaa-1"), Step.CREATING)
    ledger.steps.observe(ledger.part("aaa-1"), batch("batch_a", "completed"))
    ledger.expiring.note(ledger.part("aaa-1"), RemoteFile("file-a"))
    assert ledger.expiring.soon([ledger.job("aaa")], NOON + 400 * DAY) == {}


def test_of_two_files_the_first_to_go_counts(ledger: Ledger) -> None:
    ledger.add_job(job("aaa"), [part("aaa")])
    for days in (3, 2, 9):
        ledger.expiring.note(
            ledger.part("aaa-1"), RemoteFile("file-a", expires_at=NOON + days * DAY)
        )
    assert ledger.part("aaa-1").answers_expire_at == NOON + 2 * DAY


@pytest.mark.parametrize(
    ("written", "seconds"),
    [("30d", 2_592_000), ("12h", 43_200), ("90m", 5_400), ("3600", 3_600), ("none", None),
     (None, None), (" 1H ", 3_600)],
)  # fmt: skip
def test_a_life_is_read_as_people_write_it(written: str | None, seconds: int | None) -> None:
    assert life_seconds(written) == seconds


@pytest.mark.parametrize("written", ["31d", "59m", "0", "-1d", "soon", "1 week"])
def test_a_life_that_no_service_grants_is_refused(written: str) -> None:
    with pytest.raises(InputError, match=r"output expires after: expected a time from 1h to 30d"):
        RequestOptions(output_expires_after=written)
