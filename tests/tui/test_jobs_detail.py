"""The job under the cursor in full: what is to be expected, what went wrong, what it waits for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from tests.tui.past import Past
from wellspring_tui.services.model import BatchProblem

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager

    from tests.tui.conftest import Hand
    from wellspring_tui.wellspring import Wellspring

    Open = Callable[..., AbstractAsyncContextManager[Hand]]

TALL = (120, 60)
BESIDE = (170, 50)


def usual(past: Past) -> None:
    """Three jobs that took 20 to 40 minutes."""
    for number, took in enumerate((20, 30, 40)):
        past.ended(f"ended{number}", f"plan-{number}", 300 + 60 * number, took=took)


def told(hand: Hand) -> str:
    """What the detail says, in view or not."""
    return hand.reader("#detail").shown_text


def row_of(hand: Hand, name: str) -> str:
    """The line of the table that starts with a name."""
    return next(line for line in hand.text.split("\n") if line[3:].startswith(name))


async def test_a_running_job_tells_how_long_it_may_still_take(
    open_dashboard: Open, wellspring: Wellspring
) -> None:
    with Past(wellspring) as past:
        usual(past)
        past.running("runn1", "autumn", 10)
    async with open_dashboard(TALL) as hand:
        await hand.until_shown("like jobs took 20 to 40 min (drawn from 3)")
        assert " min left · like jobs" in hand.text
        assert row_of(hand, "autumn").split("40/100")[1].split()[1:3] == ["m", "left"]
        assert "took 20 m" in row_of(hand, "plan-0")


async def test_a_stalled_job_says_so_in_its_row_and_in_full(
    open_dashboard: Open, wellspring: Wellspring
) -> None:
    with Past(wellspring) as past:
        usual(past)
        past.running("stall1", "night-letters", 30, silent=25)
    async with open_dashboard() as hand:
        await hand.until_shown("▲ stalled: nothing new for 25 min")
        assert "▲ stalled 25 m" in row_of(hand, "night-letters")


async def test_nothing_is_foretold_from_too_few_jobs(
    open_dashboard: Open, wellspring: Wellspring
) -> None:
    with Past(wellspring) as past:
        past.running("runn1", "autumn", 30, silent=25)
    async with open_dashboard() as hand:
        await hand.until_shown("too few jobs like it have ended to tell")
        assert "◐ in progress" in row_of(hand, "autumn")


async def test_how_long_each_status_lasted_and_when_answers_came(
    open_dashboard: Open, wellspring: Wellspring
) -> None:
    with Past(wellspring) as past:
        (part,) = past.planned("kkkkk1", "herbs", 40)
        past.sent(part, 39)
        past.seen(part, 37, "in_progress")
        for minute in range(36, 15, -1):
            past.seen(part, minute, "in_progress", 4 * (37 - minute))
        past.seen(part, 12, "finalizing", 90)
        past.seen(part, 10, "completed", 90, 10)
        past.collected(part, 90, 10)
    async with open_dashboard(TALL) as hand:
        await hand.until_shown("timeline")
        lasted = (
            "waiting 1 min → validating 2 min → in progress 25 min → finalizing 2 min → completed"
        )
        assert lasted in told(hand)
        (line,) = (line for line in hand.text.split("\n") if "answers  " in line)
        assert "100 in 30 min" in line
        drawn = line.split()[1]
        assert set(drawn) <= set("▁▂▃▄▅▆▇█")
        assert drawn[0] == "▁"  # nothing came while it was validated
        assert "█" in drawn
        assert "part 1 validating" in told(hand)


async def test_a_job_whose_parts_wait_says_for_what(
    open_dashboard: Open, wellspring: Wellspring
) -> None:
    until = datetime.now(UTC) + timedelta(hours=1)
    with Past(wellspring) as past:
        first, second, third = past.planned("wwwww1", "night", 5, parts=3)
        past.sent(first, 4)
        past.ledger.steps.wait(second, "room in the queue: 7 of 8 tokens of gpt-4o-mini", None)
        past.ledger.steps.wait(third, "the hour to pass: 2 batches were created in it", until)
    async with open_dashboard(TALL) as hand:
        await hand.until_shown("waits for room in the queue: 7 of 8 tokens of gpt-4o-mini")
        assert f"were created in it, until {until.astimezone():%H:%M:%S}" in told(hand)
        assert "batch_wwwww1-1 · file-wwwww1-1" in told(hand)


async def test_what_a_service_refused_stands_with_line_and_prompt(
    open_dashboard: Open, wellspring: Wellspring
) -> None:
    problem = BatchProblem(
        "Model parameter is required.", "invalid_request", 3, "body.model", "Soil › facts [/]"
    )
    with Past(wellspring) as past:
        (part,) = past.planned("fffff1", "signs", 5)
        past.sent(part, 4)
        past.seen(part, 3, "failed", problems=(problem,))
    async with open_dashboard(TALL) as hand:
        await hand.until_shown(
            "× line 3 · Soil › facts [/] · body.model: Model parameter is required."
        )
        assert "(invalid_request)" in hand.text


async def test_failed_requests_are_told_by_kind_with_one_prompt_each(
    open_dashboard: Open, wellspring: Wellspring
) -> None:
    with Past(wellspring) as past:
        past.ended("fffff1", "letters", 60, failed=4)
        too_long = [("context_length_exceeded", f"Yours has {n} tokens.") for n in range(3)]
        past.failed_lines("fffff1", [("server_error", "Try again [/]"), *too_long])
    async with open_dashboard(TALL) as hand:
        await hand.until_shown("× 3 context_length_exceeded: Yours has 0 tokens.")
        assert "such as Planting › prompt 1" in told(hand)
        assert "× 1 server_error: Try again [/] · such as Planting › prompt 0" in told(hand)


async def test_the_detail_stands_beside_the_table_where_there_is_room(
    open_dashboard: Open, wellspring: Wellspring
) -> None:
    with Past(wellspring) as past:
        past.ended("aaaaa1", "herbs", 60)
    async with open_dashboard(BESIDE) as hand:
        await hand.until_shown("file      /prompts/herbs.json")
        table, detail = hand.table("#jobs"), hand.reader("#detail")
        assert detail.region.x > table.region.x
        assert detail.region.y == table.region.y
    async with open_dashboard() as hand:
        table, detail = hand.table("#jobs"), hand.reader("#detail")
        assert detail.region.y >= table.region.bottom


async def test_one_goes_to_the_detail_and_back_and_it_grows_on_a_small_screen(
    open_dashboard: Open, wellspring: Wellspring
) -> None:
    with Past(wellspring) as past:
        past.ended("aaaaa1", "herbs", 60)
    async with open_dashboard() as hand:
        detail = hand.reader("#detail")
        height = detail.region.height
        await hand.press("d")
        assert detail.has_focus
        assert detail.region.height > height
        await hand.press("d")
        assert hand.table("#jobs").has_focus
        assert detail.region.height == height
        await hand.press("tab")
        assert detail.has_focus
        await hand.press("escape")
        assert hand.table("#jobs").has_focus


async def test_who_reads_in_the_detail_stays_there_when_it_is_refreshed(
    open_dashboard: Open, wellspring: Wellspring
) -> None:
    with Past(wellspring) as past:
        past.running("runn1", "autumn", 10)
    async with open_dashboard() as hand:
        await hand.press("d", "G")
        detail = hand.reader("#detail")
        await hand.until(lambda: detail.scroll_y > 2, "the end of the detail")
        at = detail.scroll_y
        wellspring.edit("runn1", name="winter")
        await hand.press("r")
        await hand.until(lambda: "winter" in hand.text, "the new name")
        assert detail.scroll_y == at
