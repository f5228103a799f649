"""While a job goes up: seen on top, cancelled at once, left at any moment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.support.carried import batches_of
from tests.support.faults import HeldUp
from tests.support.faulty import FaultyLine
from tests.support.homes import sent_to
from wellspring_tui.services.builtin import BuiltinService
from wellspring_tui.services.client import Service

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from tests.tui.conftest import Hand
    from wellspring_tui.settings import Settings

    Open = Callable[..., AbstractAsyncContextManager[Hand]]


@pytest.fixture
def service_url(home: Path) -> Iterator[str]:
    """Where a built-in service runs."""
    builtin = BuiltinService(home / "local", pace_seconds=0.0)
    yield builtin.base_url()
    builtin.release()


@pytest.fixture
def line(service_url: str) -> Iterator[FaultyLine]:
    """A line to it, over which no upload gets on until it is let in."""
    held_up = HeldUp()
    with FaultyLine(service_url, held_up) as opened:
        yield opened
        held_up.let_in.set()


@pytest.fixture
def through_the_line(settings: Settings, line: FaultyLine) -> dict[str, Any]:
    """Changes of settings by which jobs go over that line."""
    return {"services": sent_to(settings, line.base_url).services}


async def submit_sample(hand: Hand) -> None:
    """Submit the sample, and wait until it is on its way."""
    await hand.press("n")
    await hand.until_shown("9 in 3 sections")
    await hand.press("enter")
    await hand.until_on("ReviewScreen")
    await hand.press("ctrl+s")
    await hand.until_on("JobsScreen")
    await hand.until_shown("Uploading part 1")


async def test_an_upload_under_way_is_cancelled_at_once(
    open_dashboard: Open, line: FaultyLine, through_the_line: dict[str, Any]
) -> None:
    assert isinstance(line.plan, HeldUp)
    async with open_dashboard(demo=True, **through_the_line) as hand:
        await submit_sample(hand)
        await hand.press("c")
        await hand.until_on("ConfirmScreen")
        await hand.press("y")
        await hand.until_shown("□ cancelled")
        assert not line.plan.let_in.is_set()  # the service has not even got the file
        assert line.asked["create"] == 0


async def test_leaving_while_a_job_goes_up_loses_and_doubles_nothing(
    open_dashboard: Open, line: FaultyLine, through_the_line: dict[str, Any], service_url: str
) -> None:
    assert isinstance(line.plan, HeldUp)
    async with open_dashboard(demo=True, **through_the_line) as hand:
        await submit_sample(hand)
        await hand.press("q")
    assert not line.plan.let_in.is_set()
    line.plan.let_in.set()
    async with open_dashboard(demo=True, **through_the_line) as hand:
        await hand.until_shown("● completed")
        (job,) = hand.app.door.jobs()
        remote = Service(service_url, "built-in")
        assert len(batches_of(remote, job)) == 1
        remote.close()
        assert (job.completed, job.missing) == (9, 0)
