"""Two jobs side by side: the same prompts, another model."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.support.answered import CUT_OFF, FAILED, MISSING, YES, Told, ended_job
from tests.support.homes import carry
from tests.support.jobs import NOON, job
from wellspring_tui.jobs.model import INDEX_NAME
from wellspring_tui.tui.screens.choose_job import likeliest_first

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from tests.tui.conftest import Hand
    from wellspring_tui.wellspring import Wellspring


@pytest.fixture
def two_jobs(wellspring: Wellspring) -> tuple[str, str]:
    """The same three prompts twice; the second job did worse."""
    good = {"Soil": [Told("Clay."), Told("Sand."), YES]}
    bad = {"Soil": [Told("Loam."), FAILED, CUT_OFF]}
    left = ended_job(wellspring, good, "aaaaa1", model="gpt-4o-mini", name="left")
    right = ended_job(wellspring, bad, "bbbbb2", model="o3-mini", name="right")
    return left.id, right.id


@pytest.mark.parametrize("size", [(80, 24), (160, 50)])
async def test_one_file_sent_to_two_models_is_read_side_by_side(
    open_dashboard: Callable[..., AbstractAsyncContextManager[Hand]],
    wellspring: Wellspring,
    prompts_path: Path,
    size: tuple[int, int],
) -> None:
    options = wellspring.request_options()
    first = wellspring.submit(prompts_path, options)
    second = wellspring.submit(prompts_path, replace(options, model="gpt-4.1-mini"))
    carry(wellspring, first.id)
    carry(wellspring, second.id)
    async with open_dashboard(size) as hand:
        hand.app.open_results(first.id)
        await hand.until_on("ResultsScreen")
        await hand.press("C")
        await hand.until_on("ChooseJobScreen")
        assert "same file" in hand.text
        await hand.press("enter")
        await hand.until_on("CompareScreen")
        await hand.until(lambda: hand.table("#pairs").row_count == 4, "the pairs")
        await hand.until_shown("4/4")
        assert "gpt-4o-mini" in hand.text
        assert "gpt-4.1-mini" in hand.text
        for reader in ("#left-answer", "#right-answer"):
            await hand.until(
                lambda reader=reader: "Simulated by" in hand.reader(reader).shown_text,  # type: ignore[misc]
                "an answer",
            )
        await hand.press("escape")
        await hand.until_on("ResultsScreen")


async def test_both_sides_go_on_together(
    open_dashboard: Callable[..., AbstractAsyncContextManager[Hand]], two_jobs: tuple[str, str]
) -> None:
    async with open_dashboard() as hand:
        hand.app.compare(*two_jobs)
        await hand.until_on("CompareScreen")
        left, right = hand.reader("#left-answer"), hand.reader("#right-answer")
        await hand.until(lambda: "Clay." in left.shown_text, "the first answer")
        assert "Loam." in right.shown_text
        await hand.press("n")
        await hand.until(lambda: "Sand." in left.shown_text, "the second answer")
        assert "This request failed" in right.shown_text
        await hand.press("p", "2")
        await hand.until(lambda: "Tell Soil 0." in left.shown_text, "the prompt")
        assert "Tell Soil 0." in right.shown_text


async def test_the_numbers_of_both_jobs_stand_on_top(
    open_dashboard: Callable[..., AbstractAsyncContextManager[Hand]], two_jobs: tuple[str, str]
) -> None:
    async with open_dashboard((160, 50)) as hand:
        hand.app.compare(*two_jobs)
        await hand.until_on("CompareScreen")
        await hand.until_shown("5 chars")
        lines = [line.split() for line in hand.text.split("\n")[2:4]]
        assert lines[0][-6:] == ["3/3", "0", "45", "unknown", "5", "chars"]
        assert lines[1][-6:-2] == ["2/3", "1", "30", "unknown"]


async def test_x_goes_to_the_next_that_either_job_did_not_answer_well(
    open_dashboard: Callable[..., AbstractAsyncContextManager[Hand]], two_jobs: tuple[str, str]
) -> None:
    async with open_dashboard() as hand:
        hand.app.compare(*two_jobs)
        await hand.until_on("CompareScreen")
        pairs = hand.table("#pairs")
        await hand.until(lambda: pairs.row_count == 3, "the pairs")
        for place in (1, 2):
            await hand.press("x")
            await hand.until(lambda place=place: pairs.cursor_position == place, "the next")  # type: ignore[misc]
        await hand.press("x")
        await hand.until(lambda: bool(hand.toasts), "a word that there is none")
        assert pairs.cursor_position == 2
        await hand.press("X")
        await hand.until(lambda: pairs.cursor_position == 1, "the one before")


async def test_copying_takes_the_side_one_reads(
    open_dashboard: Callable[..., AbstractAsyncContextManager[Hand]], two_jobs: tuple[str, str]
) -> None:
    async with open_dashboard() as hand:
        hand.app.compare(*two_jobs)
        await hand.until_on("CompareScreen")
        await hand.until(lambda: hand.table("#pairs").row_count == 3, "the pairs")
        await hand.until_shown("Loam.")
        await hand.press("y")
        assert hand.app.clipboard == "Clay."
        await hand.press("enter", "tab", "y")
        assert hand.app.clipboard == "Loam."
        assert hand.table("#sides").cursor_position == 1
        await hand.press("escape")
        assert hand.table("#pairs").has_focus
        assert type(hand.app.screen).__name__ == "CompareScreen"


async def test_a_prompt_that_only_one_job_has_stands_alone(
    open_dashboard: Callable[..., AbstractAsyncContextManager[Hand]], wellspring: Wellspring
) -> None:
    left = ended_job(wellspring, {"Soil": [YES]}, "aaaaa1")
    right = ended_job(wellspring, {"Soil": [YES, MISSING]}, "bbbbb2")
    async with open_dashboard() as hand:
        hand.app.compare(left.id, right.id)
        await hand.until_on("CompareScreen")
        await hand.until(lambda: hand.table("#pairs").row_count == 2, "the pairs")
        await hand.press("n")
        await hand.until_shown("This job has no such prompt.")
        assert "The service gave no answer to this request." in hand.text


async def test_a_job_without_its_index_can_not_be_compared_and_that_is_said(
    open_dashboard: Callable[..., AbstractAsyncContextManager[Hand]],
    wellspring: Wellspring,
    two_jobs: tuple[str, str],
) -> None:
    (wellspring.settings.places.outputs(two_jobs[1]) / INDEX_NAME).unlink()
    async with open_dashboard() as hand:
        hand.app.compare(*two_jobs)
        await hand.until_on("CompareScreen")
        await hand.until_shown("These jobs can't be")
        assert "is gone" in hand.toasts[0]
        await hand.press("n", "x", "y", "enter", "escape", "escape")
        await hand.until_on("JobsScreen")


async def test_without_another_job_there_is_nothing_to_compare(
    open_dashboard: Callable[..., AbstractAsyncContextManager[Hand]], wellspring: Wellspring
) -> None:
    job = ended_job(wellspring, {"Soil": [YES]})
    async with open_dashboard() as hand:
        hand.app.open_results(job.id)
        await hand.until_on("ResultsScreen")
        await hand.press("C")
        await hand.until(lambda: bool(hand.toasts), "a word on it")
        assert hand.toasts == ["There is no other job to compare with."]


def test_jobs_of_the_same_file_come_first_then_those_of_the_same_size() -> None:
    mine = job("aaaaa1", requests=9)
    others = [
        job("other1", source="/x.json", requests=4),
        job("size22", source="/y.json", requests=9),
        job("file33", requests=9),
        job("newer4", requests=9, created_at=NOON.replace(hour=13)),
    ]
    found = likeliest_first(mine, [*others, mine])
    assert [one.id for one in found] == ["newer4", "file33", "size22", "other1"]
