"""How fresh the jobs are: pausing, services that are away, and what stays in place meanwhile."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tests.tui.past import Past
from wellspring_tui.service_profiles import ServiceProfile
from wellspring_tui.tui.widgets.table import Table

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from tests.tui.conftest import Hand
    from wellspring_tui.jobs.model import Round
    from wellspring_tui.wellspring import Wellspring

    Open = Callable[..., AbstractAsyncContextManager[Hand]]

AWAY = {
    "services": {"away": ServiceProfile("away", "http://127.0.0.1:9/v1", "AWAY_KEY")},
    "service": "away",
    "environment": {"AWAY_KEY": "sk-none"},
}


async def test_paused_nothing_is_asked_until_one_says_so(
    open_dashboard: Open, prompts_path: Path
) -> None:
    async with open_dashboard() as hand:
        await hand.until_shown("updated")
        await hand.press("P")
        await hand.until_shown("▪ paused")
        door: Wellspring = hand.app.door
        job = door.submit(prompts_path, door.request_options())
        await hand.pilot.pause(0.5)  # five times its interval
        assert door.job(job.id).status == "waiting"

        await hand.press("r")
        await hand.until(lambda: door.job(job.id).status != "waiting", "a round that one asked for")
        await hand.until_shown("▪ paused")
        assert hand.app.carrier.activity.next_at is None

        await hand.press("P")
        await hand.until_shown("● completed")
        assert "▪ paused" not in hand.text


async def test_pausing_during_a_round_lets_it_come_to_its_end(
    open_dashboard: Open, wellspring: Wellspring, prompts_path: Path
) -> None:
    job = wellspring.submit(prompts_path, wellspring.request_options())
    async with open_dashboard() as hand:
        hand.app.carrier.pause()
        await hand.until(lambda: wellspring.job(job.id).status != "waiting", "it to be sent")
        await hand.until(lambda: not hand.app.carrier.activity.busy, "the round to end")
        assert hand.app.carrier.activity.paused


async def test_a_service_that_is_away_is_told_of_once_and_the_numbers_stay(
    open_dashboard: Open, prompts_path: Path
) -> None:
    async with open_dashboard((120, 30), check_interval_seconds=0.1, **AWAY) as hand:
        door: Wellspring = hand.app.door
        profile = replace(door.settings.profile(), backoff_seconds=0.01)
        door.settings.services["away"] = profile  # type: ignore[index]
        door.submit(prompts_path, door.request_options(), name="herbs")
        rounds: list[Round] = []
        hand.app.carrier._refreshed = rounds.append
        await hand.press("r")
        await hand.until(lambda: len(rounds) > 3, "several rounds that fail")
        assert [toast for toast in hand.toasts if "no connection" in toast] == hand.toasts[:1]
        hand.app.screen.show_jobs()  # type: ignore[attr-defined]
        await hand.until_shown("▲ stale · updated")
        await hand.until_shown("stale     no connection to http://127.0.0.1:9/v1")
        assert "herbs" in hand.text


async def test_a_failing_service_says_when_it_is_tried_again(
    open_dashboard: Open, prompts_path: Path
) -> None:
    async with open_dashboard((120, 30), **AWAY) as hand:
        door: Wellspring = hand.app.door
        door.submit(prompts_path, door.request_options(), name="herbs")
        await hand.press("r")
        await hand.until_shown("· next try in 5")
        await hand.press("P")
        await hand.until(lambda: hand.text.split("\n")[0].rstrip().endswith("· paused"), "paused")
        assert "▲ stale" in hand.text


async def test_the_trouble_of_one_service_is_not_told_of_the_jobs_of_another(
    open_dashboard: Open, wellspring: Wellspring, prompts_path: Path
) -> None:
    with Past(wellspring) as past:  # on a service without a key
        past.running("runn1", "herbs", 10)
    wellspring.submit(prompts_path, wellspring.request_options(), name="local one")
    async with open_dashboard((120, 40)) as hand:
        await hand.until_shown("▲ stale")
        await hand.until_shown("● completed")
        assert "there is no API key" not in hand.reader("#detail").shown_text
        await hand.press("j")
        assert "there is no API key for the service openai" in hand.reader("#detail").shown_text


async def test_cursor_marks_and_scroll_stay_when_a_round_changes_the_order(
    open_dashboard: Open, wellspring: Wellspring
) -> None:
    with Past(wellspring) as past:
        for number in range(40):
            past.planned(f"plan{number:02}", f"job {number:02}", 100 - number)
    async with open_dashboard() as hand:
        table = hand.table("#jobs")
        await hand.press("s")  # by name
        await hand.press("g", *["j"] * 20, "space", "up")
        line = table.cursor_position - round(table.scroll_y)
        assert (table.cursor_key, table.marks) == ("plan20", frozenset({"plan20"}))

        for number in range(5):
            wellspring.edit(f"plan{30 + number}", name=f"a {number}")  # five come in above
        wellspring.edit("plan21", name="zz")
        await hand.press("r")
        await hand.until(lambda: table.cursor_position == 25, "the new order")
        assert (table.cursor_key, table.marks) == ("plan20", frozenset({"plan20"}))
        assert table.cursor_position - round(table.scroll_y) == line


async def test_the_empty_table_says_what_to_do_next(open_dashboard: Open) -> None:
    async with open_dashboard(service="openai") as hand:
        await hand.until_on("WelcomeScreen")
        await hand.press("escape")
        await hand.until_shown("Press n to choose a prompts file; without a key it runs on the")
        assert isinstance(hand.app.screen.focused, Table)
    async with open_dashboard() as hand:
        await hand.until_shown("No jobs yet. Press n to choose a prompts file.")


async def test_no_more_keys_at_the_foot_than_fit_and_all_of_them_in_the_help(
    open_dashboard: Open, wellspring: Wellspring
) -> None:
    with Past(wellspring) as past:
        past.running("runn1", "herbs", 10)
    async with open_dashboard() as hand:
        await hand.until(lambda: len(hand.app.screen.query("FooterKey")) > 3, "the foot")
        keys = hand.app.screen.query("FooterKey")
        assert len(keys) <= 7
        assert keys.last().region.right <= 80
        await hand.press("question_mark")
        await hand.until_on("HelpScreen")
        told = hand.reader("#keys").shown_text
        for words in (
            "Send again what has no answer", "Name, tags and notes", "Pause or resume refreshing",
            "Batches made elsewhere", "Copy something else of the job", "To the detail and back",
        ):  # fmt: skip
            assert words in told
