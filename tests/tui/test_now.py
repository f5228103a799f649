"""Real time in the dashboard: the switch of the review, and a batch that is too slow."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from textual.widgets import Select

from tests.local.conftest import LocalService
from tests.support.files import visual
from tests.support.model_server import ModelServer
from tests.support.provider import KEY
from tests.tui.test_review import button, fill, review
from wellspring_tui.service_profiles import ServiceProfile
from wellspring_tui.tui.screens.review_now import NowSwitch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from tests.tui.conftest import Hand

    Open = Callable[..., AbstractAsyncContextManager[Hand]]

BATCH, NOW = "at most ≈ $0.0054", "at most ≈ $0.0109"
"""Of the sample, by gpt-4o-mini's prices."""


def paying(url: str) -> dict[str, object]:
    """Settings by which jobs go to the provider at `url`, unless they go to the built-in one."""
    profiles = {
        "openai": ServiceProfile(
            "openai", url, settle_seconds=0.1, backoff_seconds=0.1, prices="openai"
        ),
        "local": ServiceProfile("local"),
    }
    return {
        "service": "openai",
        "services": profiles,
        "environment": {"OPENAI_API_KEY": KEY},
        "check_interval_seconds": 0.2,
    }


@pytest.fixture
def upstream(tmp_path: Path) -> Iterator[ModelServer]:
    """A provider's real-time endpoint; it knows no batches."""
    folder = tmp_path / "upstream"
    folder.mkdir()
    with ModelServer(folder, "--key", KEY) as server:
        yield server


@pytest.fixture
def provider(tmp_path: Path) -> Iterator[LocalService]:
    """One whose batches take long, and whose real-time endpoint does not."""
    service = LocalService(tmp_path / "provider", "--port", "0", "--pace", "40")
    yield service
    service.stop()


def switch(hand: Hand) -> NowSwitch:
    """The one of the review."""
    return hand.app.screen.query_one(NowSwitch)


async def test_the_switch_shows_both_prices_and_answers_at_once(
    open_dashboard: Open, upstream: ModelServer
) -> None:
    async with open_dashboard(demo=True, **paying(f"{upstream.url}/v1")) as hand:
        await review(hand)
        assert "in real time: ≈ $0.0109 · as a batch ≈ $0.0054" in hand.text
        assert f"Submit 9 prompts · {BATCH}" in hand.text
        await hand.press("ctrl+t")
        await hand.until_shown(f"Answer 9 prompts now · {NOW}")
        assert f"9 prompts · {NOW} in real time · as a batch $0.0054" in hand.text
        await hand.press("ctrl+s")
        await hand.until_on("JobsScreen")
        await hand.until(lambda: hand.app.door.jobs()[0].all_answered, "the answers")
        (job,) = hand.app.door.jobs()
        assert (job.way, job.completed) == ("openai in real time", 9)
        assert job.cost == 9 * Decimal("0.00000195")
        await hand.until(
            lambda: "openai in real time" in hand.reader("#detail").shown_text, "how it was asked"
        )
    assert len(upstream.asked()) == 9


async def test_the_limit_is_held_against_the_price_that_would_be_paid(
    open_dashboard: Open, upstream: ModelServer
) -> None:
    async with open_dashboard(demo=True, **paying(f"{upstream.url}/v1")) as hand:
        await review(hand)
        fill(hand, max_cost="0.008")
        await hand.until(lambda: not button(hand).disabled, "the button")
        await hand.press("ctrl+t")
        await hand.until(lambda: button(hand).disabled, "the limit to count")
        assert "this would cost up to ≈ $0.0109" in hand.text


async def test_the_switch_is_offered_only_where_it_makes_sense(
    open_dashboard: Open, upstream: ModelServer, folder: Path
) -> None:
    types = {f"type {number}": "Which soil?" for number in range(11)}
    (folder / "eleven.json").write_bytes(visual({"Many": types}))
    async with open_dashboard(**paying(f"{upstream.url}/v1")) as hand:
        await hand.press("n")
        await hand.until_shown("11 in 1 section")
        await hand.press("enter")
        await hand.until_on("ReviewScreen")
        assert not switch(hand).display
        assert "Answer now" not in hand.text
    (folder / "eleven.json").write_bytes(visual())
    async with open_dashboard(**paying(f"{upstream.url}/v1")) as hand:
        await hand.press("n")
        await hand.until_shown("4 in 2 sections")
        await hand.press("enter")
        await hand.until_on("ReviewScreen")
        assert switch(hand).display
        await hand.press("ctrl+t")
        hand.app.screen.query_one("#service", Select).value = "local"
        await hand.until(lambda: not switch(hand).display, "the switch to go")
        await hand.until_shown("Submit 4 prompts · free")


async def test_a_slow_batch_is_finished_in_real_time_after_asking(
    open_dashboard: Open, provider: LocalService, prompts_path: Path
) -> None:
    async with open_dashboard((120, 40), **paying(provider.base_url)) as hand:
        job = hand.app.door.submit(prompts_path)
        await hand.press("r")
        await hand.until_shown("◐ in progress")
        await hand.press("R")
        await hand.until_on("ConfirmScreen")
        assert "Finish garden in real time?" in hand.text
        assert "at the real-time price" in hand.text
        await hand.until_shown("As it stands that costs at most ≈ $0.0048.")
        await hand.press("y")  # that is not offered
        assert hand.app.screen.query("#now")
        await hand.press("t")
        await hand.until_on("JobsScreen")
        await hand.until(lambda: hand.app.door.job(job.id).all_answered, "all answers")
        now = hand.app.door.job(job.id)
        assert (now.parts, now.real_time_parts) == (2, 1)


async def test_what_a_cancelled_job_lacks_may_be_answered_in_real_time(
    open_dashboard: Open, provider: LocalService, prompts_path: Path
) -> None:
    async with open_dashboard((120, 40), **paying(provider.base_url)) as hand:
        job = hand.app.door.submit(prompts_path)
        hand.app.door.cancel(job.id)
        await hand.press("r")
        await hand.until_shown("cancelled")
        await hand.press("R")
        await hand.until_on("ConfirmScreen")
        assert "In real time no batch is waited for, at the real-time price." in hand.text
        await hand.until_shown("As a batch it costs at most ≈ $0.0024; in real time at most ≈")
        assert "$0.0048." in hand.text
        await hand.click("In real time (t)")
        await hand.until_on("JobsScreen")
        await hand.until(lambda: hand.app.door.job(job.id).all_answered, "all answers")
        assert hand.app.door.job(job.id).real_time_parts == 1
