"""The usage screen: tokens and money as a chart and as a table, the same numbers as elsewhere."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from textual.widgets import Input

from tests.support.carried import OPTIONS
from tests.support.files import SHARED, answer, encoded
from tests.support.homes import carry
from tests.support.used import add_used, used
from wellspring_tui.answers.tariffs import Tariff
from wellspring_tui.tui.screens.usage import UsageScreen
from wellspring_tui.tui.widgets.chart import Chart
from wellspring_tui.wellspring import Wellspring

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from tests.tui.conftest import Hand
    from wellspring_tui.jobs.ledger import Ledger

    Open = Callable[..., AbstractAsyncContextManager[Hand]]

REAL_OUTPUT = SHARED / "batch_683506cc77cc8190b47611aeff3f7024_output.jsonl"


def fill(ledger: Ledger) -> None:
    """Three jobs: of today, of a week ago with a model of unknown price, of last year."""
    now = datetime.now(UTC)
    add_used(
        ledger, "today", used("Soil", 6_000, at=now), used("Water", 900, at=now), name="Handbook"
    )
    foreign = used("Soil", 200, 100, at=now - timedelta(days=8), model="my-own-model")
    add_used(ledger, "week", foreign, tariff=Tariff(), name="Labels", service="openai")
    old = used("Walls", 9_000, 0, at=now - timedelta(days=400), failed=1, answered=0)
    add_used(ledger, "year", old, name="Archive")


async def usage_of(hand: Hand, *keys: str) -> None:
    """Open the usage screen, press keys, and wait until it has its numbers."""
    for key in ("u", *keys):
        await hand.press(key)
        await hand.until(lambda: "Summing up" not in hand.text, "the sums")
        hand.app.clear_notifications()  # a job of a service without a key is told of
        await hand.until(lambda: not hand.app.screen.query("Toast"), "a clear view")
        await hand.pilot.pause()


def head(hand: Hand) -> str:
    """What is shown, in words."""
    return hand.text.split("\n")[1].strip()


def labels(hand: Hand) -> list[str]:
    """The first words of the table's rows, from the top."""
    table = hand.table("#usage-table")
    rows = table._pages.rows.page(0, table.row_count)
    return [str(row.cells[0]).split("  ")[0] for row in rows]


async def test_an_empty_ledger_says_what_to_do(open_dashboard: Open) -> None:
    async with open_dashboard() as hand:
        await usage_of(hand)
        await hand.until_shown("Send a job with n on the jobs screen")
        await hand.press("v")
        await hand.until_shown("Send a job with n on the jobs screen")
        await hand.press("t", "b", "d", "s", "S", "enter", "e")
        await hand.press("escape", "escape")
        await hand.until_on("JobsScreen")


async def test_the_chart_tells_jobs_of_the_last_month(
    open_dashboard: Open, wellspring: Wellspring
) -> None:
    fill(wellspring.ledger)
    async with open_dashboard() as hand:
        await usage_of(hand)
        assert head(hand) == "all jobs · by job · last 30 days · tokens"
        assert "██ input   ▒▒ output" in hand.text
        bars = [line for line in hand.text.split("\n") if "█" in line]
        assert bars[1].split()[0] == "Handbook"
        assert bars[1].split()[-1] == "7,700"
        assert "Archive" not in hand.text
        assert "2 jobs · 3 requests: 3 answered, 0 failed, 0 missing" in hand.text
        assert "8,000 tokens = 7,100 in" in hand.text
        assert "$0.0077 + unknown (1 request)" in hand.text
        assert "$0.0154 + ? in real time · $0.0077 saved" in hand.text


async def test_keys_change_headings_time_and_measure(
    open_dashboard: Open, wellspring: Wellspring
) -> None:
    fill(wellspring.ledger)
    async with open_dashboard() as hand:
        await usage_of(hand)
        for heading in ("day", "model", "section", "service", "job"):
            await hand.press("b")
            await hand.until(lambda: "Summing" not in hand.text, "the sums")
            assert head(hand) == f"all jobs · by {heading} · last 30 days · tokens"
        await hand.press("B")
        await hand.until_shown("openai")
        await hand.press("B")
        await hand.until_shown("Water")
        for time in ("last 90 days", "all time"):
            await hand.press("d")
            await hand.until(lambda: "Summing" not in hand.text, "the sums")
            assert head(hand) == f"all jobs · by section · {time} · tokens"
        assert "Walls" in hand.text
        await hand.press("t")
        assert head(hand).endswith("cost")
        assert "██ paid   ▒▒ saved against real time" in hand.text
        await hand.press("d")
        await hand.until(lambda: "Walls" not in hand.text, "the last week")
        assert head(hand) == "all jobs · by section · last 7 days · cost"


async def test_days_stand_side_by_side_with_those_on_which_nothing_happened(
    open_dashboard: Open, wellspring: Wellspring
) -> None:
    fill(wellspring.ledger)
    async with open_dashboard() as hand:
        await usage_of(hand, "b")
        ground = next(line for line in hand.text.split("\n") if "└" in line)
        assert ground.count("─") == 30 * 2
        today = datetime.now(UTC).astimezone()
        assert f"{today - timedelta(days=29):%b} {(today - timedelta(days=29)).day}" in hand.text
        bottom = hand.text.split("\n")[hand.text.split("\n").index(ground) - 1]
        assert bottom.rstrip().endswith("█")
        assert len(bottom.split("│")[1].split()) == 2


async def test_the_table_is_a_key_away_and_sorts(
    open_dashboard: Open, wellspring: Wellspring
) -> None:
    fill(wellspring.ledger)
    async with open_dashboard() as hand:
        await usage_of(hand, "d", "d")
        assert not hand.table("#usage-table").display
        await hand.press("v")
        table = hand.table("#usage-table")
        assert table.has_focus
        assert "Tokens ▼" in hand.text
        assert labels(hand) == ["Archive", "Handbook", "Labels"]
        await hand.press("S")
        assert labels(hand) == ["Labels", "Handbook", "Archive"]
        assert "Tokens ▲" in hand.text
        await hand.press("s")
        assert "Cost ▼" in hand.text
        assert labels(hand) == ["Archive", "Handbook", "Labels"]
        row = next(line for line in hand.text.split("\n") if "Labels" in line)
        assert row.split()[-2:] == ["300", "unknown"]
        archive = next(line for line in hand.text.split("\n") if "Archive" in line)
        assert archive.split()[-2:] == ["9,000", "$0.0090"]
        await hand.pilot.click("#usage-table", offset=(6, 0))
        await hand.pilot.pause()
        assert labels(hand) == ["Archive", "Handbook", "Labels"]
        assert "Job ▲" in hand.text
        await hand.press("tab")
        assert hand.app.screen.query_one(Chart).has_focus
        assert not table.display


async def test_a_wide_screen_shows_both_and_every_column_in_use(
    open_dashboard: Open, wellspring: Wellspring
) -> None:
    fill(wellspring.ledger)
    async with open_dashboard((160, 50)) as hand:
        await usage_of(hand, "d", "d")
        assert "██ input   ▒▒ output" in hand.text
        for title in ("Jobs", "Requests", "Failed", "Input", "Output", "Real time", "Saved"):
            assert title in hand.text
        assert "Reasoning" not in hand.text  # nobody reasoned
        await hand.press("v")
        assert hand.table("#usage-table").has_focus
        assert "██ input   ▒▒ output" in hand.text
        await hand.press("v")
        assert hand.app.screen.query_one(Chart).has_focus


async def test_a_job_opens_by_section_and_esc_goes_back_to_all(
    open_dashboard: Open, wellspring: Wellspring
) -> None:
    fill(wellspring.ledger)
    async with open_dashboard() as hand:
        await usage_of(hand, "v")
        await hand.press("enter")
        await hand.until_shown("Handbook · by section · all time · tokens")
        await hand.until(lambda: labels(hand) == ["Soil", "Water"], "its sections")
        await hand.press("b")
        await hand.until_shown("by prompt type")
        await hand.until_shown("the index of this job's answers is gone")
        assert "Soil" not in hand.text
        await hand.press("escape")
        await hand.until(lambda: head(hand) == "all jobs · by job · last 30 days · tokens", "all")
        await hand.press("o")
        await hand.until_shown("Handbook · by section")
        await hand.press("o")
        await hand.until_shown("all jobs · by job")
        await hand.press("escape")
        await hand.until_on("JobsScreen")


async def test_it_opens_for_the_job_whose_results_are_read(
    open_dashboard: Open, wellspring: Wellspring, tmp_path: Path
) -> None:
    path = tmp_path / "walks.jsonl"
    path.write_bytes(encoded(*(answer(f"Soil_{kind}_1748305611") for kind in ("facts", "map"))))
    wellspring.import_files(path)
    fill(wellspring.ledger)
    async with open_dashboard() as hand:
        table = hand.table("#jobs")
        table.move_to(wellspring.jobs()[-1].id)
        await hand.press("enter")
        await hand.until_on("ResultsScreen")
        await usage_of(hand)
        assert head(hand) == "walks · by section · all time · tokens"
        await hand.press("u", "u")
        assert sum(isinstance(screen, UsageScreen) for screen in hand.app.screen_stack) == 1
        await hand.press("b")
        await hand.until_shown("by prompt type")
        await hand.until_shown("facts")
        await hand.press("escape")
        await hand.until_on("ResultsScreen")


async def test_a_dialog_keeps_the_key_to_itself(
    open_dashboard: Open, wellspring: Wellspring
) -> None:
    fill(wellspring.ledger)
    async with open_dashboard() as hand:
        await usage_of(hand)
        await hand.press("e")
        await hand.until_on("UsageExportScreen")
        hand.app.screen.query_one("#write").focus()
        await hand.press("u")
        await hand.until_on("UsageExportScreen")
        await hand.press("escape")
        await hand.until_on("UsageScreen")
        await hand.press("question_mark")
        await hand.until_shown("Tokens/cost")
        await hand.press("u")
        await hand.until_on("HelpScreen")


@pytest.mark.parametrize("ending", ["csv", "json"])
async def test_what_is_shown_is_exported_and_nothing_is_replaced_unasked(
    open_dashboard: Open, wellspring: Wellspring, folder: Path, ending: str
) -> None:
    fill(wellspring.ledger)
    add_used(wellspring.ledger, "evil", used(at=datetime.now(UTC)), name="=HYPERLINK(1)")
    wanted = folder / f"mine.{ending}"
    wanted.write_text("mine")
    async with open_dashboard() as hand:
        await usage_of(hand)
        await hand.press("e")
        await hand.until_on("UsageExportScreen")
        field = hand.app.screen.query_one("#usage-path", Input)
        assert str(folder) in field.value
        field.value = str(wanted)
        await hand.press("enter")
        await hand.until_shown("The file exists. Press Enter again to replace it.")
        assert wanted.read_text() == "mine"
        await hand.press("enter")
        await hand.until(lambda: bool(hand.toasts), "what was written")
    report = wellspring.usage("job", since=datetime.now(UTC).date() - timedelta(days=29))
    if ending == "json":
        assert json.loads(wanted.read_bytes()) == report.as_dict()
        return
    with wanted.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["job"] for row in rows] == ["today", "evil", "week"]
    assert [row["label"] for row in rows] == ["Handbook", "'=HYPERLINK(1)", "Labels"]
    assert [row["cost_usd"] for row in rows] == ["0.0077", "0.001", ""]
    assert sum(int(row["total_tokens"]) for row in rows) == report.total.usage.total_tokens


async def test_names_from_outside_are_words_and_nothing_else(
    open_dashboard: Open, wellspring: Wellspring
) -> None:
    nasty = "[/] \x1b[31m[@click=app.quit]\u202ex"
    add_used(wellspring.ledger, "evil", used(nasty, at=datetime.now(UTC)), name=nasty)
    async with open_dashboard() as hand:
        await usage_of(hand)
        for _ in range(3):
            await hand.press("b")
            await hand.until(lambda: "Summing" not in hand.text, "the sums")
        assert "[/]" in hand.text
        await hand.press("v", "enter", "o")
        await hand.until(lambda: "Summing" not in hand.text, "the sums")
        assert "\x1b" not in hand.text
        assert "\u202e" not in hand.text


async def test_nothing_paid_is_said_in_words(open_dashboard: Open, wellspring: Wellspring) -> None:
    job = wellspring.submit(Wellspring.sample(), OPTIONS)
    carry(wellspring, job.id)
    async with open_dashboard() as hand:
        await usage_of(hand, "t")
        assert "Nothing was paid. Press t for tokens." in hand.text
        await hand.press("v")
        assert "free" in hand.text


async def test_answers_that_come_meanwhile_are_counted(
    open_dashboard: Open, prompts_path: Path
) -> None:
    async with open_dashboard() as hand:
        await usage_of(hand)
        hand.app.door.submit(prompts_path, OPTIONS)
        hand.app.carrier.refresh()
        await hand.until_shown("1 job · 4 requests: 4 answered")


# -- the same numbers on all faces -------------------------------------------------------


async def the_screen_tells(open_dashboard: Open, wellspring: Wellspring, job_id: str) -> None:
    """The screen shows what the ledger, the results and a report say of a job."""
    job, report = wellspring.job(job_id), wellspring.usage("section", job_id=job_id)
    results = wellspring.results(job_id)
    with results.index:
        whole = results.as_dict(wellspring.about(job))
    total = report.as_dict()["total"]
    assert total["total_tokens"] == whole["usage"]["total_tokens"]
    assert total["cost_usd"] == whole["cost_usd"] == str(job.cost)
    assert total["input_tokens"] == job.input_tokens
    async with open_dashboard((120, 30)) as hand:
        await hand.press("enter")
        await hand.until_on("ResultsScreen")
        await usage_of(hand)
        tokens = f"{total['total_tokens']:,} tokens = {job.input_tokens:,} in"
        assert tokens in hand.text
        assert f"+ {job.output_tokens:,} out" in hand.text
        assert f"{job.requests:,} requests: {job.completed:,} answered" in hand.text
        for name, used_there in whole["usage_by_section"].items():
            line = next(line for line in hand.text.split("\n") if name in line and "█" in line)
            assert line.split()[-1] == f"{used_there['total_tokens']:,}"


async def test_a_job_of_the_built_in_service_is_the_same_on_all_faces(
    open_dashboard: Open, wellspring: Wellspring
) -> None:
    job = wellspring.submit(Wellspring.sample(), OPTIONS)
    carry(wellspring, job.id)
    await the_screen_tells(open_dashboard, wellspring, job.id)


@pytest.mark.skipif(not SHARED.is_dir(), reason="the real files are not on this machine")
async def test_the_teams_own_batch_is_the_same_on_all_faces(
    open_dashboard: Open, wellspring: Wellspring
) -> None:
    job = wellspring.import_files(REAL_OUTPUT)
    await the_screen_tells(open_dashboard, wellspring, job.id)
