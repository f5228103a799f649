"""Looking at some answers only: filters, the next that went wrong, and the way back out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.answered import (
    CUT_OFF,
    FAILED,
    MISSING,
    OFF_SCHEMA,
    REFUSED,
    YES,
    ended_job,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager

    from tests.tui.conftest import Hand
    from wellspring_tui.wellspring import Wellspring

MIXED = {
    "Soil": [YES, FAILED, YES, CUT_OFF],
    "Water": [YES, YES],
    "Trees": [MISSING, YES, REFUSED],
}
PROBLEMS = ["Soil 1", "Soil 3", "Trees 0", "Trees 2"]


@pytest.fixture
def mixed(wellspring: Wellspring) -> str:
    """A job with answers of every kind."""
    return ended_job(wellspring, MIXED).id


def at(hand: Hand) -> str | None:
    """The request under the cursor."""
    return hand.table("#answers").cursor_key


async def test_x_goes_to_each_that_failed_is_missing_cut_off_or_refused_and_round(
    open_dashboard: Callable[..., AbstractAsyncContextManager[Hand]], mixed: str
) -> None:
    async with open_dashboard() as hand:
        hand.app.open_results(mixed)
        await hand.until_on("ResultsScreen")
        seen = []
        for _ in range(5):
            await hand.press("x")
            seen.append(at(hand))
        assert seen == [*PROBLEMS, PROBLEMS[0]]
        await hand.press("X", "X")
        assert at(hand) == PROBLEMS[2]
        assert "The service gave no answer to this request." in hand.text


async def test_answers_off_their_schema_are_told_filtered_and_gone_to(
    open_dashboard: Callable[..., AbstractAsyncContextManager[Hand]], wellspring: Wellspring
) -> None:
    job = ended_job(wellspring, {"Soil": [YES, OFF_SCHEMA, YES, CUT_OFF]})
    async with open_dashboard((120, 30)) as hand:
        hand.app.open_results(job.id)
        await hand.until_shown("4 answered · 0 failed · 0 missing · 1 cut off · 1 off schema")
        await hand.press("x")
        assert at(hand) == "Soil 1"
        assert "▲ off schema · plant: 7 is not of type" in hand.text
        assert "▲ prompt Soil 1" in hand.text
        await hand.press("f", "f")
        await hand.until_shown("2 of 4 · cut off, refused, off schema")
        assert "prompt Soil 0" not in hand.text


async def test_x_says_when_nothing_went_wrong(
    open_dashboard: Callable[..., AbstractAsyncContextManager[Hand]], wellspring: Wellspring
) -> None:
    job = ended_job(wellspring, {"Soil": [YES, YES]})
    async with open_dashboard() as hand:
        hand.app.open_results(job.id)
        await hand.until_on("ResultsScreen")
        await hand.press("x")
        assert hand.toasts == [
            "No answer here failed, is missing, was cut off, refused or is off schema."
        ]
        assert at(hand) == "Soil 0"


async def test_x_says_when_the_only_one_is_here(
    open_dashboard: Callable[..., AbstractAsyncContextManager[Hand]], wellspring: Wellspring
) -> None:
    job = ended_job(wellspring, {"Soil": [YES, FAILED]})
    async with open_dashboard() as hand:
        hand.app.open_results(job.id)
        await hand.until_on("ResultsScreen")
        await hand.press("x")
        assert (at(hand), hand.toasts) == ("Soil 1", [])
        await hand.press("x")
        assert at(hand) == "Soil 1"
        assert "no other" in hand.toasts[0]


async def test_f_lists_failed_and_missing_then_cut_off_and_refused_then_all(
    open_dashboard: Callable[..., AbstractAsyncContextManager[Hand]], mixed: str
) -> None:
    async with open_dashboard() as hand:
        hand.app.open_results(mixed)
        await hand.until_on("ResultsScreen")
        table = hand.table("#answers")
        await hand.press("f")
        await hand.until_shown("2 of 9 · failed and missing · f")
        assert table.row_count == 4  # two requests under two headings
        assert at(hand) == "Soil 1"
        await hand.press("n", "n")
        assert at(hand) == "Trees 0"  # the last stays the last
        await hand.press("f")
        await hand.until_shown("2 of 9 · cut off, refused, off schema · f")
        assert at(hand) == "Trees 2"
        await hand.press("f")
        await hand.until(lambda: table.row_count == 12, "all again")
        assert at(hand) == "Trees 2"
        assert "of 9" not in hand.text


async def test_esc_backs_out_one_level_search_filter_reading_screen(
    open_dashboard: Callable[..., AbstractAsyncContextManager[Hand]], mixed: str
) -> None:
    async with open_dashboard() as hand:
        hand.app.open_results(mixed)
        await hand.until_on("ResultsScreen")
        screen, table = hand.app.screen, hand.table("#answers")
        await hand.press("f")
        await hand.until_shown("2 of 9 · failed and missing")
        await hand.press("enter")
        assert screen.has_class("-reading")
        assert hand.reader("#answer").has_focus
        await hand.press("slash")
        await hand.type("too long")
        await hand.until_shown("1 in 1 answer")

        await hand.press("escape")
        await hand.until(lambda: table.row_count == 4, "the filter without the search")
        assert "2 of 9 · failed and missing · f" in hand.text
        await hand.press("escape")
        await hand.until(lambda: table.row_count == 12, "all")
        assert screen.has_class("-reading")
        await hand.press("escape")
        assert not screen.has_class("-reading")
        assert table.has_focus
        await hand.press("escape")
        await hand.until_on("JobsScreen")


async def test_an_empty_filter_says_so(
    open_dashboard: Callable[..., AbstractAsyncContextManager[Hand]], wellspring: Wellspring
) -> None:
    job = ended_job(wellspring, {"Soil": [YES, CUT_OFF]})
    async with open_dashboard() as hand:
        hand.app.open_results(job.id)
        await hand.until_on("ResultsScreen")
        await hand.press("f")
        await hand.until_shown("0 of 2 · failed and missing")
        assert "Nothing failed or is missing." in hand.text
        await hand.press("y", "n", "x", "enter")  # nothing here to act on, and nothing breaks
        await hand.press("escape")
        await hand.until(lambda: hand.table("#answers").row_count == 3, "all again")


async def test_x_keeps_to_the_filter(
    open_dashboard: Callable[..., AbstractAsyncContextManager[Hand]], mixed: str
) -> None:
    async with open_dashboard() as hand:
        hand.app.open_results(mixed)
        await hand.until_on("ResultsScreen")
        await hand.press("f", "f")
        await hand.until_shown("cut off, refused, off schema")
        seen = []
        for _ in range(3):
            await hand.press("x")
            seen.append(at(hand))
        assert set(seen) == {"Soil 3", "Trees 2"}


async def test_the_chip_can_be_clicked(
    open_dashboard: Callable[..., AbstractAsyncContextManager[Hand]], mixed: str
) -> None:
    async with open_dashboard() as hand:
        hand.app.open_results(mixed)
        await hand.until_on("ResultsScreen")
        await hand.press("f")
        await hand.until_shown("failed and missing")
        await hand.pilot.click("#chip", offset=(3, 0))
        await hand.until_shown("cut off, refused, off schema")


async def test_all_numbers_of_the_job_are_told_once_they_are_counted(
    open_dashboard: Callable[..., AbstractAsyncContextManager[Hand]], mixed: str
) -> None:
    async with open_dashboard((160, 50)) as hand:
        hand.app.open_results(mixed)
        await hand.until_on("ResultsScreen")
        await hand.until_shown("7 answered · 1 failed · 1 missing · 1 cut off · 1 refused")
        await hand.until_shown("3/4 ×1")  # of the first section


async def test_x_passes_over_what_may_still_come(
    open_dashboard: Callable[..., AbstractAsyncContextManager[Hand]], wellspring: Wellspring
) -> None:
    job = ended_job(wellspring, {"Soil": [YES, MISSING, CUT_OFF]}, ended=False, service="openai")
    async with open_dashboard() as hand:
        hand.app.open_results(job.id)
        await hand.until_on("ResultsScreen")
        await hand.until_shown("still running")
        await hand.press("x")
        assert at(hand) == "Soil 2"
        await hand.press("p")
        assert "The answer has not come yet." in hand.text
