"""Several jobs at once: marked, named in one question, done, told in one toast."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.tui.past import Past
from wellspring_tui.tui.screens.edit_job import tags_in
from wellspring_tui.tui.screens.export_many import file_names

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from tests.tui.conftest import Hand
    from wellspring_tui.wellspring import Wellspring

    Open = Callable[..., AbstractAsyncContextManager[Hand]]


@pytest.fixture
def three_jobs(wellspring: Wellspring, prompts_path: Path) -> list[str]:
    """Three jobs, oldest first."""
    options = wellspring.request_options()
    return [
        wellspring.submit(prompts_path, options, name=n).id for n in ("apple", "birch", "cedar")
    ]


async def test_marks_are_counted_on_a_chip_which_takes_them_off(
    open_dashboard: Open, three_jobs: list[str]
) -> None:
    async with open_dashboard(pace_seconds=30.0) as hand:
        await hand.press("space", "space")
        await hand.until_shown("2 marked · Esc clears")
        await hand.pilot.click("#chip-marks")
        await hand.until(lambda: not hand.table("#jobs").marks, "no marks")
        assert "marked" not in hand.text


async def test_one_question_names_the_jobs_to_cancel_and_one_toast_tells(
    open_dashboard: Open, three_jobs: list[str]
) -> None:
    async with open_dashboard(pace_seconds=30.0) as hand:
        await hand.press("a", "c")
        await hand.until_on("ConfirmScreen")
        assert "Cancel 3 jobs?" in hand.text
        assert "cedar, birch, apple." in hand.text
        await hand.press("y")
        await hand.until(lambda: "Cancelling 3 jobs." in hand.toasts, "a word")
        assert sum("Cancelling" in toast for toast in hand.toasts) == 1
        assert all(job.cancel_asked for job in hand.app.door.jobs())
        assert not hand.table("#jobs").marks


async def test_of_marked_jobs_only_those_that_run_are_cancelled(
    open_dashboard: Open, wellspring: Wellspring
) -> None:
    with Past(wellspring) as past:
        past.ended("ended1", "old", 60)
        past.running("runn1", "new", 10)
    async with open_dashboard() as hand:
        await hand.press("a", "c")
        await hand.until_on("ConfirmScreen")
        assert "Cancel new?" in hand.text
        await hand.press("y")
        await hand.until(lambda: wellspring.job("runn1").cancel_asked, "the job to be cancelled")
        assert not wellspring.job("ended1").cancel_asked


async def test_unanswered_requests_of_several_jobs_go_again_together(
    open_dashboard: Open, wellspring: Wellspring, three_jobs: list[str]
) -> None:
    for job_id in three_jobs:
        wellspring.cancel(job_id)  # before anything was sent: all requests stay unanswered
    async with open_dashboard() as hand:
        await hand.until(lambda: hand.text.count("□ cancelled") >= 3, "all to be cancelled")
        hand.app.clear_notifications()
        await hand.press("a", "R")
        await hand.until_on("ConfirmScreen")
        assert "Send 12 unanswered requests of 3 jobs again?" in hand.text
        await hand.press("y")
        told = "12 requests of 3 jobs go again."
        await hand.until(lambda: told in hand.toasts, "one toast")
        await hand.until(lambda: hand.text.count("● completed") >= 3, "all to be answered")
    assert all(wellspring.job(job_id).all_answered for job_id in three_jobs)


async def test_ids_of_marked_jobs_are_copied_in_the_order_of_the_table(
    open_dashboard: Open, three_jobs: list[str]
) -> None:
    async with open_dashboard(pace_seconds=30.0) as hand:
        await hand.press("y")
        assert hand.app.clipboard == three_jobs[2]
        await hand.press("a", "y")
        assert hand.app.clipboard.split("\n") == three_jobs[::-1]
        assert "Copied 3 job ids" in hand.toasts


async def test_name_tags_and_notes_of_one_job(open_dashboard: Open, three_jobs: list[str]) -> None:
    async with open_dashboard((120, 30), pace_seconds=30.0) as hand:
        await hand.press("t")
        await hand.until_on("EditScreen")
        await hand.type("draft, spring issue")
        await hand.press("tab")
        await hand.type("ask Ada")
        await hand.press("shift+tab", "shift+tab", "end")
        await hand.type("s 2")
        await hand.press("enter")
        await hand.until_on("JobsScreen")
        job = hand.app.door.job(three_jobs[2])
        assert (job.name, job.tags, job.notes) == ("cedars 2", ("draft", "spring issue"), "ask Ada")
        await hand.until_shown("#draft #spring issue")
        assert "notes     ask Ada" in hand.text

        await hand.press("t")
        await hand.until_on("EditScreen")
        await hand.type(" never")
        await hand.press("escape")
        await hand.until_on("JobsScreen")
        assert hand.app.door.job(three_jobs[2]).tags == ("draft", "spring issue")


async def test_tags_of_several_jobs_are_added_and_taken_off_and_others_stay(
    open_dashboard: Open, wellspring: Wellspring, three_jobs: list[str]
) -> None:
    apple, birch, cedar = three_jobs
    wellspring.edit(apple, tags=["draft", "own"], notes="of apple")
    wellspring.edit(birch, tags=["draft"])
    async with open_dashboard(pace_seconds=30.0) as hand:
        await hand.press("j", "space", "space", "t")
        await hand.until_on("EditScreen")
        assert "Edit 2 jobs" in hand.text
        assert "Name" not in hand.text
        await hand.press(*["backspace"] * len("draft"))
        await hand.type("final")
        await hand.press("ctrl+s")
        await hand.until_on("JobsScreen")
    assert wellspring.job(apple).tags == ("own", "final")
    assert wellspring.job(birch).tags == ("final",)
    assert wellspring.job(cedar).tags == ()
    assert wellspring.job(apple).notes == "of apple"


async def test_what_cannot_be_saved_is_told_and_can_be_put_right(
    open_dashboard: Open, three_jobs: list[str]
) -> None:
    async with open_dashboard(pace_seconds=30.0) as hand:
        await hand.press("t")
        await hand.until_on("EditScreen")
        await hand.type("x" * 41)
        await hand.press("enter")
        await hand.until_shown("a tag has at most 40 characters")
        await hand.press("backspace", "enter")
        await hand.until_on("JobsScreen")
        assert hand.app.door.job(three_jobs[2]).tags == ("x" * 40,)


@pytest.mark.parametrize(
    ("typed", "tags"),
    [
        ("", ()),
        (" draft ,, spring  issue, draft", ("draft", "spring issue")),
        ("#draft #spring issue", ("draft", "spring issue")),
    ],
)
def test_tags_are_read_with_commas_or_signs(typed: str, tags: tuple[str, ...]) -> None:
    assert tags_in(typed) == tags


async def test_marked_jobs_are_exported_each_into_its_file_and_none_is_replaced_unasked(
    open_dashboard: Open, wellspring: Wellspring, three_jobs: list[str], folder: Path
) -> None:
    wellspring.edit(three_jobs[0], name="cedar")
    mine = folder / "birch-results.json"
    mine.write_text("mine")
    async with open_dashboard() as hand:
        await hand.until(lambda: hand.text.count("● completed") >= 3, "all to be answered")
        await hand.press("a", "e")
        await hand.until_on("ExportManyScreen")
        await hand.press("enter")
        await hand.until_shown("1 of the files exist there. Press Enter again to replace them.")
        assert mine.read_text() == "mine"
        await hand.press("enter")
        await hand.until(lambda: any("Wrote 3 files to" in one for one in hand.toasts), "a word")
    apple, _, cedar = three_jobs
    names = {f"cedar-{apple}-results.json", "birch-results.json", f"cedar-{cedar}-results.json"}
    assert {path.name for path in folder.iterdir()} == names  # noqa: ASYNC240 (it has closed)
    written = json.loads((folder / f"cedar-{apple}-results.json").read_bytes())
    assert (written["job_id"], written["total_results"]) == (apple, 4)


def test_names_of_files_hold_nothing_but_a_name(wellspring: Wellspring, prompts_path: Path) -> None:
    options = wellspring.request_options()
    jobs = [
        wellspring.submit(prompts_path, options, name=name)
        for name in ("../../etc/passwd", "\x1b[2J", "Herbs", "herbs", "é" * 300)
    ]
    names = list(file_names(jobs).values())
    assert names[0] == "etc-passwd-results.json"
    assert len(set(map(str.casefold, names))) == 5
    assert not any(set(name) & {"/", "\x1b"} or len(name.encode()) > 250 for name in names)


async def test_more_than_an_id_can_be_copied_but_never_a_key(
    open_dashboard: Open, wellspring: Wellspring
) -> None:
    with Past(wellspring) as past:
        past.running("runn1", "herbs", 10)
    wellspring.edit("runn1", notes="ask Ada")
    services = wellspring.settings.services
    nowhere = replace(services["openai"], base_url="http://127.0.0.1:9/v1")
    async with open_dashboard(
        services={**services, "openai": nowhere}, environment={"OPENAI_API_KEY": "sk-secret"}
    ) as hand:
        facts: dict[str, str] = {}
        for row in range(7):
            await hand.press("Y")
            await hand.until_on("CopyScreen")
            await hand.press(*["j"] * row, "enter")
            await hand.until_on("JobsScreen")
            # That nothing answers there may be told in between.
            copied = [toast for toast in hand.toasts if toast.startswith("Copied the ")]
            what = copied[-1].removeprefix("Copied the ").partition(":")[0]
            facts[what] = hand.app.clipboard
    url = "http://127.0.0.1:9/v1/batches/batch_runn1-1"
    assert facts == {
        "job id": "runn1",
        "batch id": "batch_runn1-1",
        "input file id": "file-runn1-1",
        "prompts file": "/prompts/herbs.json",
        "name": "herbs",
        "notes": "ask Ada",
        "curl": f'curl -H "Authorization: Bearer $OPENAI_API_KEY" {url}',
    }


async def test_two_marked_jobs_are_set_side_by_side(
    open_dashboard: Open, three_jobs: list[str]
) -> None:
    async with open_dashboard((120, 30)) as hand:
        await hand.until(lambda: hand.text.count("● completed") >= 3, "all to be answered")
        await hand.press("C")
        await hand.until(lambda: "Mark two jobs with space first." in hand.toasts, "what to do")
        await hand.press("space", "space", "C")
        await hand.until_on("CompareScreen")
        await hand.until_shown("cedar")
        assert "birch" in hand.text
