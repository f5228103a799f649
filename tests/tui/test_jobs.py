"""The jobs screen: filter, order, cancel, staleness, and text that means harm."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support.files import jsonl, request, visual

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from tests.tui.conftest import Hand
    from wellspring_tui.wellspring import Wellspring

HOSTILE = "[/] [@click=app.quit]x[/] \x1b]52;c;ZXZpbA==\x07\x1b[2J\u202eevil"


@pytest.fixture
def three_jobs(wellspring: Wellspring, prompts_path: Path) -> list[str]:
    """Three jobs, oldest first."""
    options = wellspring.request_options()
    return [
        wellspring.submit(prompts_path, options, name=n).id for n in ("apple", "birch", "cedar")
    ]


async def test_filter_and_order_keep_the_cursor_on_its_job(
    open_dashboard: Callable[..., AbstractAsyncContextManager[Hand]], three_jobs: list[str]
) -> None:
    async with open_dashboard() as hand:
        table = hand.table("#jobs")
        assert table.cursor_key == three_jobs[2]  # newest first
        table.move_to(three_jobs[1])
        await hand.press("s")
        assert (table.sort_key, table.cursor_key) == ("name", three_jobs[1])
        await hand.press("S")
        assert (table.sort_descending, table.cursor_key) == (True, three_jobs[1])

        await hand.press("slash")
        await hand.type("ce")
        await hand.until_shown("1 of 3")
        assert table.cursor_key == three_jobs[2]
        await hand.press("escape")
        await hand.until(lambda: table.row_count == 3, "all jobs again")


async def test_cancel_asks_first_and_the_safe_answer_is_at_hand(
    open_dashboard: Callable[..., AbstractAsyncContextManager[Hand]],
    wellspring: Wellspring,
    prompts_path: Path,
) -> None:
    job = wellspring.submit(prompts_path, wellspring.request_options())
    async with open_dashboard(pace_seconds=30.0) as hand:
        await hand.until_shown("in progress")
        await hand.press("c")
        await hand.until_on("ConfirmScreen")
        await hand.press("enter")
        await hand.until_on("JobsScreen")
        assert not hand.app.door.job(job.id).cancel_asked

        await hand.press("c")
        await hand.until_on("ConfirmScreen")
        await hand.press("y")
        await hand.until_shown("□ cancelled")
    ended = wellspring.job(job.id)
    assert ended.completed + ended.failed + ended.missing == 4


async def test_marked_jobs_are_cancelled_together(
    open_dashboard: Callable[..., AbstractAsyncContextManager[Hand]], three_jobs: list[str]
) -> None:
    async with open_dashboard(pace_seconds=30.0) as hand:
        await hand.press("space", "space", "c")
        await hand.until_on("ConfirmScreen")
        assert "Cancel 2 jobs" in hand.text
        await hand.press("y")
        await hand.until(
            lambda: [job.cancel_asked for job in hand.app.door.jobs()] == [True, True, False],
            "two jobs to be cancelled",
        )


async def test_a_service_that_is_away_makes_the_numbers_stale_and_keeps_the_job(
    open_dashboard: Callable[..., AbstractAsyncContextManager[Hand]],
    home: Path,
    prompts_path: Path,
) -> None:
    from wellspring_tui.service_profiles import ServiceProfile

    away = {
        "services": {"away": ServiceProfile("away", "http://127.0.0.1:9/v1", "AWAY_KEY")},
        "service": "away",
        "environment": {"AWAY_KEY": "sk-none"},
    }
    async with open_dashboard((120, 30), **away) as hand:
        door: Wellspring = hand.app.door
        job = door.submit(prompts_path, door.request_options())
        await hand.press("r")
        await hand.until_shown("▲ stale")
        assert door.job(job.id).open


async def test_hostile_names_and_answers_reach_the_screen_as_plain_text(
    open_dashboard: Callable[..., AbstractAsyncContextManager[Hand]],
    wellspring: Wellspring,
    folder: Path,
) -> None:
    path = folder / "hostile.json"
    path.write_bytes(visual({f"S {HOSTILE}": {f"t {HOSTILE}": f"Say {HOSTILE}"}}))
    wellspring.submit(path, wellspring.request_options(), name=HOSTILE, description=HOSTILE)
    async with open_dashboard((120, 30)) as hand:
        await hand.until_shown("● completed")
        pages = [hand.text]
        await hand.press("enter")
        await hand.until_shown("1 answered")
        for view in "1234":
            await hand.press(view)
            pages.append(hand.text)
        for page in pages:
            assert not {character for character in page if character < " " and character != "\n"}
            assert "\x7f" not in page
            assert "\u202e" not in page
        assert "[/] [@click=app.quit]x[/]" in pages[0]


async def test_failed_requests_say_why_and_can_be_looked_at_alone(
    open_dashboard: Callable[..., AbstractAsyncContextManager[Hand]],
    wellspring: Wellspring,
    folder: Path,
) -> None:
    path = folder / "mixed.jsonl"
    lines = [
        request("good", model="o3-mini", max_completion_tokens=50),
        request("bad", model="o3-mini", max_tokens=50),
    ]
    path.write_bytes(jsonl(lines))
    wellspring.submit(path, wellspring.request_options())
    async with open_dashboard((120, 30)) as hand:
        await hand.until_shown("1 failed")
        await hand.press("enter")
        await hand.until_shown("1 answered · 1 failed · 0 missing")
        await hand.press("f")
        await hand.until_shown("1 of 2 · failed and missing")
        assert hand.table("#answers").cursor_key == "bad"
        await hand.until_shown("This request failed (status 400).")
        assert "max_completion_tokens" in hand.text


async def test_help_and_palette_name_the_keys_of_the_screen(
    open_dashboard: Callable[..., AbstractAsyncContextManager[Hand]],
) -> None:
    async with open_dashboard((100, 50)) as hand:
        await hand.press("question_mark")
        await hand.until_on("HelpScreen")
        for words in ("New job", "Cancel job", "Reverse the order", "Mark all", "Palette"):
            assert words in hand.reader("#keys").shown_text
        await hand.press("escape")
        await hand.until_on("JobsScreen")
        await hand.press("ctrl+p")
        await hand.until_on("CommandPalette")
        await hand.type("New job")
        await hand.until_shown("Key n")


def test_the_dashboard_paints_before_openai_is_imported(home: Path) -> None:
    script = """
import asyncio, json, sys
from pathlib import Path
from wellspring_tui.settings import load_settings
from wellspring_tui.tui.app import WellspringApp
from wellspring_tui.wellspring import Wellspring

async def look():
    app = WellspringApp(Wellspring(load_settings(home=Path(sys.argv[1]), service="local")))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause(0.3)
        strips = app.screen._compositor.render_strips()
        return any("No jobs yet" in strip.text for strip in strips)

painted = asyncio.run(look())
print(json.dumps([painted, sorted({"openai", "pydantic", "genai_prices"} & set(sys.modules))]))
"""
    done = subprocess.run(
        [sys.executable, "-c", script, str(home)], capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout) == [True, []]


async def test_retry_sends_only_what_has_no_answer_after_asking(
    open_dashboard: Callable[..., AbstractAsyncContextManager[Hand]],
    wellspring: Wellspring,
    prompts_path: Path,
) -> None:
    job = wellspring.submit(prompts_path, wellspring.request_options())
    wellspring.cancel(job.id)  # before anything was sent: all its requests stay unanswered
    async with open_dashboard() as hand:
        await hand.until_shown("□ cancelled")
        await hand.press("R")
        await hand.until_on("ConfirmScreen")
        assert "Send 4 unanswered requests" in hand.text
        await hand.press("y")
        await hand.until(lambda: any("4 requests go again" in one for one in hand.toasts), "a word")
        await hand.until_shown("● completed")
        assert hand.app.door.job(job.id).all_answered
        await hand.press("R")
        await hand.until(lambda: any("has all its answers" in one for one in hand.toasts), "a word")
