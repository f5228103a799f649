"""From an empty dashboard to the answers, with keys alone, on the built-in service."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from textual.widgets import Input

from wellspring_tui.tui.screens.results_rows import section_of_heading
from wellspring_tui.wellspring import Wellspring

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from tests.tui.conftest import Hand
    from wellspring_tui.settings import Settings

SECTIONS = ("Finding the Ground", "A Year of Planting", "People and Money")


@pytest.mark.parametrize("size", [(80, 24), (160, 50)])
async def test_pick_review_submit_watch_and_read(
    open_dashboard: Callable[..., AbstractAsyncContextManager[Hand]], size: tuple[int, int]
) -> None:
    async with open_dashboard(size, demo=True) as hand:
        await hand.until_shown("No jobs yet. Press n to choose a prompts file.")

        await hand.press("n")
        await hand.until_on("NewJobScreen")
        await hand.until_shown("9 in 3 sections")
        assert hand.table("#files").cursor_key == str(Wellspring.sample())

        await hand.press("enter")
        await hand.until_on("ReviewScreen")
        await hand.until_shown("at most ≈ $0.00")
        assert "Answers of the built-in service are simulated." in hand.text

        await hand.press("ctrl+s")
        await hand.until_on("JobsScreen")
        await hand.until_shown("● completed")
        assert "9/9" in hand.text

        await hand.press("enter")
        await hand.until_on("ResultsScreen")
        await hand.until_shown("9 answered · 0 failed · 0 missing")
        for section in SECTIONS:
            assert section[:10] in hand.text
        await hand.until(lambda: "Simulated by" in hand.reader("#answer").shown_text, "an answer")

        first = hand.reader("#answer").shown_text
        await hand.press("n")
        await hand.until(lambda: hand.reader("#answer").shown_text != first, "the next answer")
        await hand.press("2")
        await hand.until_shown("Describe a page layout")
        await hand.press("3")
        await hand.until(lambda: '"status_code": 200' in hand.reader("#answer").shown_text, "raw")
        await hand.press("4")
        await hand.until_shown("This answer")

        await hand.press("escape")
        await hand.until_on("JobsScreen")


@pytest.mark.parametrize("size", [(80, 24), (160, 50)])
async def test_the_mouse_alone_goes_the_whole_way(
    open_dashboard: Callable[..., AbstractAsyncContextManager[Hand]],
    folder: Path,
    size: tuple[int, int],
) -> None:
    async with open_dashboard(size, demo=True) as hand:
        await hand.until_shown("No jobs yet")
        await hand.click("New job")
        await hand.until_on("NewJobScreen")
        await hand.until_shown("9 in 3 sections")
        await hand.click("  garden-handbook.json")
        await hand.until_on("ReviewScreen")
        await hand.click("Submit 9 prompts")
        await hand.until_on("JobsScreen")
        await hand.until_shown("● completed")

        hand.app.clear_notifications()
        await hand.click("  garden-handbook")
        await hand.until_on("ResultsScreen")
        await hand.until_shown("9 answered")
        await hand.click("layout_prompt")
        await hand.until(
            lambda: "layout" in str(hand.table("#answers").cursor_key), "the other prompt"
        )
        await hand.click("3 raw")
        await hand.until(lambda: '"status_code": 200' in hand.reader("#answer").shown_text, "raw")
        await hand.click("Search")
        await hand.until(lambda: isinstance(hand.app.focused, Input), "the field to type in")

        await hand.press("escape")
        await hand.click("Export")
        await hand.until_on("ExportScreen")
        await hand.click("Write (Enter)")
        await hand.until(lambda: any(folder.glob("*.json")), "the file")
        hand.app.clear_notifications()
        await hand.until_on("ResultsScreen")
        await hand.click("Back")
        await hand.until_on("JobsScreen")
        await hand.click("Quit")
        await hand.until(lambda: not hand.app.is_running, "the end")


async def test_next_goes_over_the_headings_of_sections(
    open_dashboard: Callable[..., AbstractAsyncContextManager[Hand]],
    wellspring: Wellspring,
    prompts_path: Path,
) -> None:
    wellspring.submit(prompts_path, wellspring.request_options())
    async with open_dashboard() as hand:
        await hand.until_shown("● completed")
        await hand.press("enter")
        await hand.until_on("ResultsScreen")
        seen = []
        for _ in range(5):
            seen.append(hand.table("#answers").cursor_key)
            await hand.press("n")
        assert len(set(seen)) == 4  # four prompts in two sections; the last stays the last
        assert not any(key is None or section_of_heading(key) is not None for key in seen)
        for _ in range(6):
            await hand.press("p")
        assert hand.table("#answers").cursor_key == seen[0]


async def test_answers_come_in_while_one_looks(
    open_dashboard: Callable[..., AbstractAsyncContextManager[Hand]],
    wellspring: Wellspring,
    prompts_path: Path,
) -> None:
    wellspring.submit(prompts_path, wellspring.request_options())
    async with open_dashboard(pace_seconds=2.0) as hand:
        await hand.press("enter")
        await hand.until_on("ResultsScreen")
        await hand.until_shown("still running · 0 answered · 0 failed · 4 missing")
        assert "The answer has not come yet." in hand.text
        await hand.until_shown("4 answered · 0 failed · 0 missing")
        assert "still running" not in hand.text
        await hand.until(lambda: "Simulated by" in hand.reader("#answer").shown_text, "an answer")


async def test_a_job_goes_on_after_the_dashboard_was_left(
    open_dashboard: Callable[..., AbstractAsyncContextManager[Hand]],
    wellspring: Wellspring,
    prompts_path: Path,
) -> None:
    job = wellspring.submit(prompts_path, wellspring.request_options())
    async with open_dashboard(pace_seconds=1.5) as hand:
        await hand.until_shown("in progress")
        await hand.press("q")
    assert not wellspring.job(job.id).collected
    async with open_dashboard() as hand:
        await hand.until_shown("● completed")
    assert len([part for part in wellspring.detail(job.id).parts if part.batch_id]) == 1


async def test_export_never_replaces_a_file_unasked(
    open_dashboard: Callable[..., AbstractAsyncContextManager[Hand]],
    wellspring: Wellspring,
    prompts_path: Path,
    folder: Path,
) -> None:
    wellspring.submit(prompts_path, wellspring.request_options())
    target = folder / "garden-results.json"
    target.write_text("mine")
    async with open_dashboard() as hand:
        await hand.until_shown("● completed")
        await hand.press("e")
        await hand.until_on("ExportScreen")
        await hand.press("enter")
        await hand.until_shown("The file exists. Press Enter again to replace it.")
        assert target.read_text() == "mine"
        await hand.press("enter")
        await hand.until(lambda: any("Wrote" in toast for toast in hand.toasts), "the export")
    names = [path.name for path in folder.iterdir()]  # noqa: ASYNC240 (the dashboard has closed)
    written = json.loads(target.read_bytes())
    assert written["total_results"] == 4
    assert list(written["results_by_section"]) == ["Finding the Ground", "People & Money"]
    assert names == ["garden-results.json"]


async def test_without_a_key_a_new_job_offers_the_built_in_service(
    open_dashboard: Callable[..., AbstractAsyncContextManager[Hand]], settings: Settings
) -> None:
    assert not settings.has_key(settings.services["openai"])
    async with open_dashboard(demo=True, service="openai") as hand:
        await hand.press("n")
        await hand.until_shown("9 in 3 sections")
        await hand.press("enter")
        await hand.until_on("ReviewScreen")
        await hand.until_shown("Answers of the built-in service are simulated.")


async def test_words_are_found_in_an_answer_and_walked_through(
    open_dashboard: Callable[..., AbstractAsyncContextManager[Hand]],
    wellspring: Wellspring,
    prompts_path: Path,
) -> None:
    wellspring.submit(prompts_path, wellspring.request_options())
    async with open_dashboard() as hand:
        await hand.until_shown("● completed")
        await hand.press("enter")
        await hand.until_on("ResultsScreen")
        await hand.until(lambda: "Simulated by" in hand.reader("#answer").shown_text, "an answer")
        await hand.press("slash")
        await hand.type("e")
        reader = hand.reader("#answer")
        await hand.until(lambda: reader.hit_count > 2, "places found")
        at = reader.hit_number
        await hand.press("down", "down", "up")
        assert reader.hit_number == at + 1
        await hand.press("escape")
        assert reader.hit_count == 0
