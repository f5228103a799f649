"""Forgetting jobs: asked once for all of them, and gone for good only when that is meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.tui.past import Past
from wellspring_tui.errors import JobNotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager

    from tests.tui.conftest import Hand
    from wellspring_tui.wellspring import Wellspring

    Open = Callable[..., AbstractAsyncContextManager[Hand]]


@pytest.fixture
def past(wellspring: Wellspring) -> None:
    """Two jobs that are over, and the newest, which runs."""
    with Past(wellspring) as filled:
        filled.ended("endeda", "apple", 600, failed=2)
        filled.ended("endedb", "[/] \x1b[2Jbirch", 60)
        filled.running("runnin", "cedar", 10)


@pytest.mark.usefixtures("past")
@pytest.mark.parametrize("size", [(80, 24), (160, 50)])
async def test_a_job_is_forgotten_once_that_is_meant(
    open_dashboard: Open, wellspring: Wellspring, size: tuple[int, int]
) -> None:
    outputs = wellspring.settings.places.outputs("endeda")
    async with open_dashboard(size) as hand:
        hand.table("#jobs").move_to("endeda")
        for refusal in ("enter", "escape", "n"):
            await hand.press("D")
            await hand.until_on("ConfirmScreen")
            assert "Forget apple (endeda)?" in hand.text
            told = " ".join(hand.text.replace("│", " ").split())
            assert "Its 100 requests and 98 answers on this disk" in told
            assert "place in the usage: $0.0123." in told
            assert "What openai has of it stays there until it expires" in told
            await hand.press(refusal)
            await hand.until_on("JobsScreen")
        assert wellspring.job("endeda").completed == 98
        assert outputs.exists()

        await hand.press("delete")
        await hand.until_on("ConfirmScreen")
        await hand.press("y")
        await hand.until(lambda: "apple is forgotten." in hand.toasts, "a word")
        await hand.until(lambda: hand.table("#jobs").row_count == 2, "two rows")
        assert "apple" not in hand.text.replace("apple is forgotten.", "")
        assert not outputs.exists()
        with pytest.raises(JobNotFoundError):
            wellspring.job("endeda")


@pytest.mark.usefixtures("past")
async def test_of_marked_jobs_those_that_run_are_not_forgotten(
    open_dashboard: Open, wellspring: Wellspring
) -> None:
    async with open_dashboard() as hand:
        await hand.press("a", "D")
        await hand.until_on("ConfirmScreen")
        assert "Forget 2 jobs?" in hand.text
        assert "[/] birch, apple." in hand.text
        assert "1 more still runs, and stays." in hand.text
        await hand.press("y")
        await hand.until(lambda: "2 jobs are forgotten." in hand.toasts, "one word")
        assert [job.id for job in wellspring.jobs()] == ["runnin"]
        assert wellspring.usage().total.requests == 0

        await hand.press("D")
        told = "A job that still runs can't be forgotten. Cancel it first, with c."
        await hand.until(lambda: told in hand.toasts, "why not")
        assert type(hand.app.screen).__name__ == "JobsScreen"


@pytest.mark.usefixtures("past")
async def test_read_only_forgets_nothing(open_dashboard: Open, wellspring: Wellspring) -> None:
    async with open_dashboard(read_only=True) as hand:
        await hand.press("a", "D")
        await hand.until(lambda: any("open read only" in one for one in hand.toasts), "why not")
        assert type(hand.app.screen).__name__ == "JobsScreen"
        assert wellspring.count_jobs() == 3


@pytest.mark.usefixtures("past")
async def test_what_can_be_done_to_jobs_survives_that_another_process_forgets_them(
    open_dashboard: Open, wellspring: Wellspring
) -> None:
    async with open_dashboard() as hand:
        hand.table("#jobs").move_to("endeda")
        await hand.pilot.pause()
        wellspring.forget("endeda")
        await hand.press("k", "j", "D", "Y")
        await hand.until(lambda: any("endeda" in one for one in hand.toasts), "that it is gone")
        await hand.press("r")
        await hand.until(lambda: hand.table("#jobs").row_count == 2, "two rows")
        assert type(hand.app.screen).__name__ == "JobsScreen"


@pytest.mark.usefixtures("past")
async def test_palette_and_help_know_how_to_forget_and_to_clean(open_dashboard: Open) -> None:
    async with open_dashboard((100, 50)) as hand:
        hand.table("#jobs").move_to("endeda")
        await hand.press("question_mark")
        await hand.until_shown("Forget jobs: delete them for good")
        assert "Clean up what nobody needs any more" in hand.text
        await hand.press("escape", "colon")
        await hand.until_on("CommandPalette")
        await hand.type("forget jobs")
        await hand.until_shown("Forget jobs: delete them for good")
        assert hand.text.count("Forget jobs") == 1
        assert "Key D, del" in hand.text
        await hand.press("down", "enter")
        await hand.until_on("ConfirmScreen")
        assert "Forget apple (endeda)?" in hand.text
