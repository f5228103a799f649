"""Searching all answers, or all prompts, as one types."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.answered import FAILED, YES, Told, ended_job
from tests.support.files import answer
from wellspring_tui.tui.screens.results_chosen import Chosen
from wellspring_tui.tui.screens.results_search import found_line

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager

    from tests.tui.conftest import Hand
    from wellspring_tui.wellspring import Wellspring

SOIL = {
    "Soil": [
        Told("Clay holds water. CLAY is heavy."),
        Told("Sand dries out."),
        Told("Add sand to clay,\nand clay to sand."),
    ],
    "Water": [YES, FAILED, Told("Rain on clay stays.", asked="What about ponds?")],
}


@pytest.fixture
def soil(wellspring: Wellspring) -> str:
    """A job in whose answers there is clay five times, in three of them."""
    return ended_job(wellspring, SOIL).id


async def test_hits_in_all_answers_are_counted_and_only_these_are_listed(
    open_dashboard: Callable[..., AbstractAsyncContextManager[Hand]], soil: str
) -> None:
    async with open_dashboard((100, 24)) as hand:
        hand.app.open_results(soil)
        await hand.until_on("ResultsScreen")
        table = hand.table("#answers")
        await hand.press("slash")
        await hand.type("clay")
        await hand.until_shown("1 of 2 here · 5 in 3 answers")
        assert table.row_count == 5  # three requests under two headings
        assert table.cursor_key == "Soil 0"
        assert "Found" in hand.text

        await hand.press("escape")
        await hand.until(lambda: table.row_count == 8, "all again")
        assert hand.reader("#answer").hit_count == 0


async def test_enter_and_the_arrows_walk_through_the_hits_and_on_to_the_next_answer(
    open_dashboard: Callable[..., AbstractAsyncContextManager[Hand]], soil: str
) -> None:
    async with open_dashboard((100, 24)) as hand:
        hand.app.open_results(soil)
        await hand.until_on("ResultsScreen")
        reader, table = hand.reader("#answer"), hand.table("#answers")

        def place() -> tuple[str | None, int]:
            return table.cursor_key, reader.hit_number

        await hand.press("slash")
        await hand.type("clay")
        await hand.until_shown("5 in 3 answers")
        seen = [place()]
        for key in ("enter", "down", "enter", "down", "enter"):
            await hand.press(key)
            seen.append(place())
        forth = [("Soil 0", 1), ("Soil 0", 2), ("Soil 2", 1), ("Soil 2", 2), ("Water 2", 1)]
        assert seen == [*forth, forth[0]]  # and round the end
        back = []
        for _ in forth:
            await hand.press("up")
            back.append(place())
        assert back == list(reversed(forth))


async def test_the_answer_one_is_at_comes_first_and_esc_leaves_one_where_one_looked(
    open_dashboard: Callable[..., AbstractAsyncContextManager[Hand]], soil: str
) -> None:
    async with open_dashboard((100, 24)) as hand:
        hand.app.open_results(soil)
        await hand.until_on("ResultsScreen")
        table = hand.table("#answers")
        await hand.press("n", "slash")  # at the answer that tells of sand only
        await hand.type("clay")
        await hand.until_shown("1 of 2 here · 5 in 3 answers")
        assert table.cursor_key == "Soil 2"
        await hand.press("escape")
        await hand.until(lambda: table.row_count == 8, "all again")
        assert table.cursor_key == "Soil 2"


async def test_words_that_are_nowhere_lead_nowhere(
    open_dashboard: Callable[..., AbstractAsyncContextManager[Hand]], soil: str
) -> None:
    async with open_dashboard((100, 24)) as hand:
        hand.app.open_results(soil)
        await hand.until_on("ResultsScreen")
        table = hand.table("#answers")
        await hand.press("n", "slash")
        await hand.type("clay")
        await hand.until_shown("5 in 3 answers")
        await hand.type("x")
        await hand.until_shown("nothing found")
        await hand.press("enter", "down", "up")
        await hand.press("escape")
        await hand.until(lambda: table.row_count == 8, "all again")
        assert table.cursor_key == "Soil 1"  # where the search was begun


async def test_the_latest_words_win(
    open_dashboard: Callable[..., AbstractAsyncContextManager[Hand]], soil: str
) -> None:
    async with open_dashboard((100, 24)) as hand:
        hand.app.open_results(soil)
        await hand.until_on("ResultsScreen")
        await hand.press("slash")
        await hand.pilot.press(*"sand", *["backspace"] * 4, *"rain")
        await hand.until_shown("1 of 1 here · 1 in 1 answer")
        await hand.pilot.pause(0.2)
        assert "1 of 1 here · 1 in 1 answer" in hand.text
        assert hand.table("#answers").cursor_key == "Water 2"


async def test_a_search_goes_through_the_prompts_while_they_are_shown(
    open_dashboard: Callable[..., AbstractAsyncContextManager[Hand]], soil: str
) -> None:
    async with open_dashboard((100, 24)) as hand:
        hand.app.open_results(soil)
        await hand.until_on("ResultsScreen")
        await hand.press("2", "slash")
        await hand.type("ponds")
        await hand.until_shown("1 of 1 here · 1 in 1 answer")
        assert "What about ponds?" in hand.reader("#answer").shown_text
        await hand.press("tab", "1")
        await hand.until_shown("nothing found")


async def test_the_reason_of_a_failure_is_found(
    open_dashboard: Callable[..., AbstractAsyncContextManager[Hand]], soil: str
) -> None:
    async with open_dashboard((100, 24)) as hand:
        hand.app.open_results(soil)
        await hand.until_on("ResultsScreen")
        await hand.press("slash")
        await hand.type("too long")
        await hand.until_shown("1 of 1 here · 1 in 1 answer")
        assert hand.table("#answers").cursor_key == "Water 1"


async def test_with_a_filter_only_its_answers_are_counted(
    open_dashboard: Callable[..., AbstractAsyncContextManager[Hand]], wellspring: Wellspring
) -> None:
    cut = Told("clay and", "length")
    job = ended_job(wellspring, {"Soil": [Told("clay"), cut, Told("clay clay"), cut]})
    async with open_dashboard((100, 24)) as hand:
        hand.app.open_results(job.id)
        await hand.until_on("ResultsScreen")
        await hand.press("f", "f", "slash")
        await hand.until_shown("2 of 4 · cut off, refused, off schema")
        await hand.type("clay")
        await hand.until_shown("1 of 1 here · 2 in 2 answers")


async def test_what_rendering_would_hide_is_shown_plain(
    open_dashboard: Callable[..., AbstractAsyncContextManager[Hand]], wellspring: Wellspring
) -> None:
    told = Told("See **the [guide](http://example.org/soil)**.")
    job = ended_job(wellspring, {"Soil": [told, YES]})
    async with open_dashboard((100, 24)) as hand:
        hand.app.open_results(job.id)
        await hand.until_on("ResultsScreen")
        reader = hand.reader("#answer")
        await hand.until(lambda: "**" not in reader.shown_text, "the rendered answer")
        await hand.press("slash")
        await hand.type("**the")
        await hand.until_shown("1 of 1 here · 1 in 1 answer")
        assert "**the" in reader.shown_text
        await hand.press("escape")
        await hand.until(lambda: "**" not in reader.shown_text, "the rendered answer again")


async def test_answers_that_come_in_meanwhile_are_searched_too(
    open_dashboard: Callable[..., AbstractAsyncContextManager[Hand]], wellspring: Wellspring
) -> None:
    from tests.support.files import encoded
    from wellspring_tui.answers.index import AnswerIndex
    from wellspring_tui.jobs.model import INDEX_NAME, Round
    from wellspring_tui.tui.messages import JobsRefreshed

    job = ended_job(wellspring, {"Soil": [Told("clay"), Told(missing=True)]})
    async with open_dashboard((100, 24)) as hand:
        hand.app.open_results(job.id)
        await hand.until_on("ResultsScreen")
        await hand.press("slash")
        await hand.type("clay")
        await hand.until_shown("1 in 1 answer")
        outputs = wellspring.settings.places.outputs(job.id)
        late = outputs / "part-002.output.jsonl"
        late.write_bytes(encoded(answer("Soil 1", "More clay.")))
        with AnswerIndex(outputs / INDEX_NAME) as index:
            index.add_file(late, 2, lambda _done, _total: None)
        done = Round(hand.app.clock(), changed=frozenset({job.id}))
        hand.app.post_message(JobsRefreshed(done))
        await hand.until_shown("2 in 2 answers")
        await hand.until_shown("2 answered · 0 failed · 0 missing")
        assert hand.table("#answers").cursor_key == "Soil 0"


def test_a_search_that_takes_long_says_how_far_it_is() -> None:
    assert found_line(Chosen(9), 43, (0, 0)).plain == "◐ 43 %"
