"""Finding a job: the filter while one types and after, the order, and the way back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.tui.past import Past
from wellspring_tui.tui.widgets.chips import Chip

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager

    from tests.tui.conftest import Hand
    from wellspring_tui.wellspring import Wellspring

    Open = Callable[..., AbstractAsyncContextManager[Hand]]

HOSTILE = "[/] [@click=app.quit]x[/] \x1b]52;c;ZXZpbA==\x07\x1b[2J\u202eevil"


def four_jobs(door: Wellspring) -> None:
    """Newest first: fig, elder, date and cherry; fig still runs, date has failures."""
    with Past(door) as past:
        past.ended("cherr1", "cherry", 400)
        past.ended("dates1", "date", 300, failed=7)
        past.ended("elder1", "elder", 200)
        past.running("figgg1", "fig", 10)
    door.edit("cherr1", tags=["spring issue", "draft"])
    door.edit("elder1", tags=["draft"])


def chip(hand: Hand, name: str) -> str:
    """What a chip says."""
    return hand.app.screen.query_one(f"#chip-{name}", Chip).words


async def test_the_filter_stays_in_sight_as_a_chip_and_escape_takes_it_off(
    open_dashboard: Open, wellspring: Wellspring
) -> None:
    four_jobs(wellspring)
    async with open_dashboard() as hand:
        table = hand.table("#jobs")
        await hand.press("slash")
        await hand.type("er")
        await hand.until_shown("2 of 4")
        await hand.press("enter")
        assert table.has_focus
        assert chip(hand, "filter") == "/er · 2 of 4"
        assert not hand.app.screen.query_one("#filter-bar").display
        await hand.press("escape")
        assert (table.row_count, chip(hand, "filter")) == (4, "")
        assert not hand.app.screen.query_one("#chips").display


async def test_words_narrow_by_tag_status_and_standing(
    open_dashboard: Open, wellspring: Wellspring
) -> None:
    four_jobs(wellspring)
    async with open_dashboard() as hand:
        for typed, found in (
            ("#draft", ["elder1", "cherr1"]),
            ("#draft #spring", ["cherr1"]),
            ("is:open", ["figgg1"]),
            ("status:completed is:failed", ["dates1"]),
            ("nothing like it", []),
        ):
            await hand.press("slash", *["backspace"] * 30)
            await hand.type(typed)
            await hand.until_shown(f"{len(found)} of 4")
            rows = hand.table("#jobs")._pages.rows
            assert [row.key for row in rows.page(0, len(rows))] == found
            await hand.press("enter")
        assert "No job fits the filter. Press Esc to clear it." in hand.text


async def test_escape_while_typing_goes_back_to_the_job_one_came_from(
    open_dashboard: Open, wellspring: Wellspring
) -> None:
    four_jobs(wellspring)
    async with open_dashboard() as hand:
        table = hand.table("#jobs")
        await hand.press("j", "j")
        assert table.cursor_key == "dates1"
        await hand.press("slash")
        await hand.type("er")
        assert table.cursor_key == "elder1"  # the first that is found
        await hand.press("escape")
        assert (table.cursor_key, table.row_count) == ("dates1", 4)


async def test_arrows_choose_while_one_types_and_the_choice_stays(
    open_dashboard: Open, wellspring: Wellspring
) -> None:
    four_jobs(wellspring)
    async with open_dashboard() as hand:
        table = hand.table("#jobs")
        await hand.press("slash")
        await hand.type("er")
        await hand.press("down")
        assert table.cursor_key == "cherr1"
        await hand.type("r")
        assert table.cursor_key == "cherr1"
        await hand.press("enter", "escape")
        assert (table.cursor_key, table.row_count) == ("cherr1", 4)


async def test_escape_backs_out_one_level_at_a_time_and_never_quits(
    open_dashboard: Open, wellspring: Wellspring
) -> None:
    four_jobs(wellspring)
    async with open_dashboard() as hand:
        table = hand.table("#jobs")
        await hand.press("slash")
        await hand.type("er")
        await hand.press("enter", "space", "d")
        detail = hand.reader("#detail")
        assert (detail.has_focus, len(table.marks), table.row_count) == (True, 1, 2)
        await hand.press("escape")
        assert (table.has_focus, len(table.marks), table.row_count) == (True, 1, 2)
        await hand.press("escape")
        assert (len(table.marks), table.row_count) == (1, 4)
        await hand.press("escape")
        assert len(table.marks) == 0
        await hand.press("escape")
        assert hand.app.is_running


async def test_the_order_goes_through_the_columns_in_view(
    open_dashboard: Open, wellspring: Wellspring
) -> None:
    four_jobs(wellspring)
    async with open_dashboard() as hand:
        table = hand.table("#jobs")
        seen = []
        for _ in range(6):
            await hand.press("s")
            assert table.cursor_key == "figgg1"
            seen.append(table.sort_key)
        assert seen == ["name", "status", "progress", "completed", "created_at", "name"]
        assert "Job ▲" in hand.text
        await hand.press("S")
        assert "Job ▼" in hand.text


async def test_an_order_whose_column_has_no_room_is_told_on_a_chip(
    open_dashboard: Open, wellspring: Wellspring
) -> None:
    four_jobs(wellspring)
    async with open_dashboard((120, 30)) as hand:
        await hand.pilot.click("#jobs", offset=_header(hand, "Cost"))
        await hand.until(lambda: hand.table("#jobs").sort_key == "cost", "the order by cost")
        assert chip(hand, "order") == ""
        await hand.pilot.resize_terminal(80, 24)
        await hand.press("r")
        await hand.until(lambda: chip(hand, "order") == "▼ by cost", "the order on a chip")
        await hand.pilot.click("#chip-order")
        await hand.until(lambda: hand.table("#jobs").sort_key == "name", "an order in view")
        assert chip(hand, "order") == ""


async def test_a_click_on_the_chip_opens_the_filter_again(
    open_dashboard: Open, wellspring: Wellspring
) -> None:
    four_jobs(wellspring)
    async with open_dashboard() as hand:
        await hand.press("slash")
        await hand.type("er")
        await hand.press("enter")
        await hand.pilot.click("#chip-filter")
        await hand.until(lambda: hand.app.screen.query_one("#filter").has_focus, "the field")
        await hand.type("d")  # in place of the words that were there
        await hand.until_shown("3 of 4")


async def test_hostile_filters_tags_and_notes_are_shown_as_plain_text(
    open_dashboard: Open, wellspring: Wellspring
) -> None:
    four_jobs(wellspring)
    wellspring.edit("figgg1", name=HOSTILE, tags=["[/] \x1b[2J\u202ex"], notes=HOSTILE)
    async with open_dashboard((140, 40)) as hand:
        await hand.press("slash")
        hand.app.screen.query_one("#filter").value = "[/]"  # type: ignore[attr-defined]
        await hand.until_shown("1 of 4")
        await hand.press("enter")
        await hand.until_shown("[/] [@click=app.quit]x[/] evil")
        assert "#[/] x" in hand.text
        shown = set(hand.text) - {"\n"}
        assert not {character for character in shown if character < " "}
        assert not shown & {"\x7f", "\u202e"}


def _header(hand: Hand, label: str) -> tuple[int, int]:
    line = next(line for line in hand.text.split("\n") if "Job" in line and "Status" in line)
    return line.index(label) + 1, 0
