"""Reading answers: views, rendered or plain, folding, copying, the mouse, harmful text."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.support.answered import CUT_OFF, FAILED, MISSING, OFF_SCHEMA, YES, Told, ended_job
from wellspring_tui.jobs.model import INDEX_NAME, Round
from wellspring_tui.tui.messages import JobsRefreshed

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager

    from tests.tui.conftest import Hand
    from wellspring_tui.wellspring import Wellspring

HOSTILE = "[/] [@click=app.quit]x[/] \x1b]52;c;ZXZpbA==\x07\x1b[2J\u202eevil"
RICH = Told(f"# Soil\n\nThe **clay** holds.\n\n```\n{'a long line of code ' * 8}\n```")


@pytest.fixture
def two_sections(wellspring: Wellspring) -> str:
    """A job of two sections."""
    return ended_job(wellspring, {"Soil": [RICH, FAILED, MISSING], "Water": [YES, CUT_OFF]}).id


async def test_the_title_always_tells_finish_reason_usage_and_cost(
    open_dashboard: Callable[..., AbstractAsyncContextManager[Hand]], two_sections: str
) -> None:
    async with open_dashboard() as hand:
        hand.app.open_results(two_sections)
        await hand.until_on("ResultsScreen")
        for view in "1234":
            await hand.press(view)
            await hand.until_shown("● answered · stop · 10 in + 5 out · free")
        await hand.press("X")
        await hand.until_shown("▲ cut off · length · 10 in + 5 out · free")
        await hand.press("X", "X")
        await hand.until_shown("× failed")


async def test_an_answer_to_a_schema_is_laid_out_and_copied_as_it_came(
    open_dashboard: Callable[..., AbstractAsyncContextManager[Hand]], wellspring: Wellspring
) -> None:
    hostile = Told('{"plant":"[/] \\u001b[2J *kale*"}', schema=b"{}")
    cut = Told("It goes on and", "length", schema=b"{}")
    job = ended_job(wellspring, {"Soil": [OFF_SCHEMA, hostile, cut]})
    async with open_dashboard() as hand:
        hand.app.open_results(job.id)
        await hand.until_on("ResultsScreen")
        assert hand.reader("#answer").shown_text == '{\n  "plant": 7\n}'
        await hand.press("y")
        assert hand.app.clipboard == '{"plant":7}'
        await hand.press("4")
        await hand.until_shown('▲ plant: 7 is not of type "string"')
        await hand.press("1", "n")
        assert hand.reader("#answer").shown_text.startswith('{\n  "plant": "[/] ')
        await hand.press("n")
        await hand.until_shown("It goes on and")


async def test_m_shows_markdown_as_it_was_written_and_rendered_again(
    open_dashboard: Callable[..., AbstractAsyncContextManager[Hand]], two_sections: str
) -> None:
    async with open_dashboard() as hand:
        hand.app.open_results(two_sections)
        await hand.until_on("ResultsScreen")
        reader = hand.reader("#answer")
        await hand.until(lambda: "**" not in reader.shown_text, "the rendered answer")
        await hand.press("m")
        assert "The **clay** holds." in reader.shown_text
        assert "4 usage · plain" in hand.text
        await hand.press("n", "p")  # it stays so for other answers
        assert "The **clay** holds." in reader.shown_text
        await hand.press("m")
        await hand.until(lambda: "**" not in reader.shown_text, "the rendered answer again")


async def test_w_wraps_plain_text_or_not_and_says_why_it_can_not_be(
    open_dashboard: Callable[..., AbstractAsyncContextManager[Hand]], two_sections: str
) -> None:
    async with open_dashboard() as hand:
        hand.app.open_results(two_sections)
        await hand.until_on("ResultsScreen")
        await hand.press("w")
        assert hand.toasts == ["Rendered Markdown is always wrapped; m shows it plain."]
        await hand.press("m")
        wrapped = hand.reader("#answer").shown_text.count("\n")
        assert hand.reader("#answer").wrap
        rows = hand.reader("#answer").virtual_size.height
        await hand.press("w")
        assert hand.reader("#answer").virtual_size.height < rows
        assert "4 usage · no wrap" in hand.text
        await hand.press("w")
        assert hand.reader("#answer").virtual_size.height == rows
        assert hand.reader("#answer").shown_text.count("\n") == wrapped


async def test_sections_fold_with_the_arrows_and_enter(
    open_dashboard: Callable[..., AbstractAsyncContextManager[Hand]], two_sections: str
) -> None:
    async with open_dashboard() as hand:
        hand.app.open_results(two_sections)
        await hand.until_on("ResultsScreen")
        table = hand.table("#answers")
        assert table.row_count == 7
        await hand.press("left")
        assert (table.cursor_position, table.row_count) == (0, 7)  # at the heading
        await hand.press("left")
        assert table.row_count == 4
        assert "▸ Soil" in hand.text
        await hand.press("right")
        assert table.row_count == 7
        assert "▾ Soil" in hand.text
        await hand.press("enter")
        assert table.row_count == 4
        await hand.press("right", "right")
        assert table.cursor_key == "Soil 0"
        await hand.press("right")
        assert hand.reader("#answer").has_focus


async def test_z_folds_all_and_next_unfolds_where_it_goes(
    open_dashboard: Callable[..., AbstractAsyncContextManager[Hand]], two_sections: str
) -> None:
    async with open_dashboard() as hand:
        hand.app.open_results(two_sections)
        await hand.until_on("ResultsScreen")
        table = hand.table("#answers")
        await hand.press("down", "z")
        assert (table.row_count, table.cursor_position) == (2, 0)
        await hand.press("x")
        assert (table.cursor_key, table.row_count) == ("Soil 1", 5)
        await hand.press("n", "n")
        assert (table.cursor_key, table.row_count) == ("Water 0", 7)
        await hand.press("z", "z")
        assert table.row_count == 7


async def test_a_heading_shows_the_tokens_of_its_section(
    open_dashboard: Callable[..., AbstractAsyncContextManager[Hand]], two_sections: str
) -> None:
    async with open_dashboard() as hand:
        hand.app.open_results(two_sections)
        await hand.until_on("ResultsScreen")
        await hand.press("home")
        await hand.until_shown("1 of 3 answered · 1 failed · 15 tokens")
        await hand.press("y", "Y", "o")
        assert len(hand.toasts) == 3  # each says why there is nothing
        assert type(hand.app.screen).__name__ == "ResultsScreen"


@pytest.mark.parametrize(
    ("key", "copied"),
    [
        ("a", "Yes."),
        ("p", "Tell Water 0."),
        ("i", "Water 0"),
        ("r", '"custom_id": "Water 0"'),
        ("u", '"input_tokens": 10'),
    ],
)
async def test_the_copy_menu_copies_what_is_chosen(
    open_dashboard: Callable[..., AbstractAsyncContextManager[Hand]],
    two_sections: str,
    key: str,
    copied: str,
) -> None:
    async with open_dashboard() as hand:
        hand.app.open_results(two_sections)
        await hand.until_on("ResultsScreen")
        hand.table("#answers").move_to("Water 0")
        await hand.press("Y")
        await hand.until_on("MenuScreen")
        await hand.press(key)
        await hand.until_on("ResultsScreen")
        await hand.until(lambda: bool(hand.toasts), "a word on what was copied")
        assert copied in hand.app.clipboard


async def test_the_copy_menu_goes_by_arrows_enter_and_esc_too(
    open_dashboard: Callable[..., AbstractAsyncContextManager[Hand]], two_sections: str
) -> None:
    async with open_dashboard() as hand:
        hand.app.open_results(two_sections)
        await hand.until_on("ResultsScreen")
        hand.table("#answers").move_to("Water 0")
        await hand.press("Y")
        await hand.until_on("MenuScreen")
        await hand.press("escape")
        await hand.until_on("ResultsScreen")
        assert hand.toasts == []
        await hand.press("Y")
        await hand.until_on("MenuScreen")
        await hand.press("j", "enter")
        await hand.until(lambda: bool(hand.toasts), "a word on what was copied")
        assert hand.app.clipboard == "Tell Water 0."


async def test_y_copies_what_is_shown_as_it_came(
    open_dashboard: Callable[..., AbstractAsyncContextManager[Hand]], wellspring: Wellspring
) -> None:
    job = ended_job(wellspring, {"Soil": [Told(HOSTILE), FAILED]})
    async with open_dashboard() as hand:
        hand.app.open_results(job.id)
        await hand.until_on("ResultsScreen")
        await hand.press("y")
        assert hand.app.clipboard == HOSTILE
        await hand.press("3", "y")
        assert "\n" not in hand.app.clipboard
        assert json.loads(hand.app.clipboard)["custom_id"] == "Soil 0"
        await hand.press("1", "n", "y")
        assert hand.app.clipboard == "too_long: Soil 1 is too long."


@pytest.mark.parametrize("size", [(80, 24), (160, 50)])
async def test_harmful_text_reaches_no_terminal(
    open_dashboard: Callable[..., AbstractAsyncContextManager[Hand]],
    wellspring: Wellspring,
    size: tuple[int, int],
) -> None:
    sections = {f"S {HOSTILE}": [Told(HOSTILE, asked=HOSTILE), Told("x", HOSTILE), FAILED]}
    job = ended_job(wellspring, sections, name=HOSTILE, model=HOSTILE)
    async with open_dashboard(size) as hand:
        hand.app.open_results(job.id)
        await hand.until_on("ResultsScreen")
        pages = []
        for keys in ("1", "2", "3", "4", "n", "n", "home", "f", "escape", "Y"):
            await hand.press(*keys.split())
            await hand.pilot.pause(0.1)
            pages.append(hand.text)
        await hand.press("escape", "slash")
        await hand.type("evil")
        await hand.until_shown("here")
        pages.append(hand.text)
        for page in pages:
            assert not {letter for letter in page if letter < " " and letter != "\n"}
            assert "\x7f" not in page
            assert "\u202e" not in page
        assert hand.app.is_running


async def test_the_mouse_chooses_answers_views_and_folds_sections(
    open_dashboard: Callable[..., AbstractAsyncContextManager[Hand]], two_sections: str
) -> None:
    async with open_dashboard() as hand:
        hand.app.open_results(two_sections)
        await hand.until_on("ResultsScreen")
        table = hand.table("#answers")
        await hand.pilot.click("#answers", offset=(6, 6))
        assert table.cursor_key == "Water 0"
        await hand.until_shown("Yes.")
        await hand.pilot.click("ViewTabs", offset=(14, 0))
        await hand.until_shown("Tell Water 0.")
        await hand.pilot.click("#answers", offset=(6, 5))
        assert table.row_count == 5
        await hand.pilot.click("#answers", offset=(6, 5))
        assert table.row_count == 7


@pytest.mark.parametrize("size", [(80, 24), (160, 50)])
async def test_the_footer_names_at_most_seven_keys_and_help_the_rest(
    open_dashboard: Callable[..., AbstractAsyncContextManager[Hand]],
    two_sections: str,
    size: tuple[int, int],
) -> None:
    async with open_dashboard(size) as hand:
        hand.app.open_results(two_sections)
        await hand.until_on("ResultsScreen")
        await hand.until(lambda: bool(hand.app.screen.query("FooterKey")), "the footer")
        assert len(hand.app.screen.query("FooterKey")) <= 7
        await hand.press("question_mark")
        await hand.until_on("HelpScreen")
        keys = hand.reader("#keys").shown_text
        for words in (
            "Next that failed, is missing or cut off",
            "Fold or unfold all sections",
            "Markdown rendered, or plain",
            "Open in the pager",
            "Copy: choose what",
            "Compare with another job",
        ):
            assert words in keys


async def test_a_job_whose_index_is_gone_is_said_and_not_opened(
    open_dashboard: Callable[..., AbstractAsyncContextManager[Hand]],
    wellspring: Wellspring,
    two_sections: str,
) -> None:
    (wellspring.settings.places.outputs(two_sections) / INDEX_NAME).unlink()
    async with open_dashboard() as hand:
        hand.app.open_results(two_sections)
        await hand.until(lambda: any("is gone" in one for one in hand.toasts), "a word on it")
        assert type(hand.app.screen).__name__ == "JobsScreen"


async def test_one_may_leave_before_everything_is_counted_or_found(
    open_dashboard: Callable[..., AbstractAsyncContextManager[Hand]], two_sections: str
) -> None:
    async with open_dashboard() as hand:
        for turn in range(12):
            hand.app.open_results(two_sections)
            await hand.until_on("ResultsScreen")
            if turn % 3 == 1:
                await hand.press("slash", "e", "escape", "f")
            elif turn % 3 == 2:
                hand.app.compare(two_sections, two_sections)
                await hand.pilot.pause()
                hand.app.pop_screen()
            hand.app.pop_screen()
        await hand.until_on("JobsScreen")
        assert hand.toasts == []


async def test_what_is_brought_up_to_date_stays_where_it_was_scrolled_to(
    open_dashboard: Callable[..., AbstractAsyncContextManager[Hand]], wellspring: Wellspring
) -> None:
    job = ended_job(wellspring, {f"Section {number}": [YES] for number in range(30)})
    async with open_dashboard() as hand:
        hand.app.open_results(job.id)
        await hand.until_on("ResultsScreen")
        await hand.press("4", "enter", "pagedown")
        top = hand.reader("#answer").scroll_y
        assert top > 0
        late = Round(hand.app.clock(), changed=frozenset({job.id}))
        hand.app.post_message(JobsRefreshed(late))
        await hand.pilot.pause(0.2)
        assert hand.reader("#answer").scroll_y == top
        await hand.press("n")
        assert hand.reader("#answer").scroll_y == 0


async def test_an_index_that_goes_away_meanwhile_is_said(
    open_dashboard: Callable[..., AbstractAsyncContextManager[Hand]],
    wellspring: Wellspring,
    two_sections: str,
) -> None:
    async with open_dashboard() as hand:
        hand.app.open_results(two_sections)
        await hand.until_on("ResultsScreen")
        await hand.until_shown("3 answered")
        (wellspring.settings.places.outputs(two_sections) / INDEX_NAME).unlink()
        await hand.press("f")
        await hand.until(lambda: any("is gone" in one for one in hand.toasts), "a word on it")
        await hand.press("n", "escape", "escape")
        await hand.until_on("JobsScreen")
