"""Choosing a prompts file: what is listed, what the preview says, what can't be sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from textual.worker import WorkerState

from tests.support.files import jsonl, request, visual
from wellspring_tui.tui.screens import new_job
from wellspring_tui.tui.screens.new_job import NewJobScreen

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from tests.tui.conftest import Hand


async def test_prompts_files_come_before_folders_and_other_files(
    open_dashboard: Callable[..., AbstractAsyncContextManager[Hand]], folder: Path
) -> None:
    (folder / "zebra.json").write_bytes(visual())
    (folder / "settings.json").write_text('{"editor": {"tabs": 4}}')
    (folder / "notes.txt").write_text("hello")
    (folder / "archive").mkdir()
    async with open_dashboard() as hand:
        await hand.press("n")
        await hand.until_shown("zebra.json")
        screen = hand.text
        order = [
            screen.index(name) for name in ("zebra.json", "archive/", "notes.txt", "settings.json")
        ]
        assert order == sorted(order)
        assert hand.table("#files").cursor_key == str(folder / "zebra.json")
        await hand.until_shown("4 in 2 sections")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"\xff\xfe{\x00", "the file is UTF-16"),
        (b"{}", "the key batch_prompts is missing"),
        (jsonl([request("a"), request("a")]), "is already on line 1"),
    ],
)
async def test_a_file_that_cannot_be_sent_says_why_and_stays_unsent(
    open_dashboard: Callable[..., AbstractAsyncContextManager[Hand]],
    folder: Path,
    content: bytes,
    sentence: str,
) -> None:
    (folder / "broken.json").write_bytes(content)
    async with open_dashboard((120, 30)) as hand:
        await hand.press("n")
        await hand.until_shown("broken.json")
        hand.table("#files").move_to(str(folder / "broken.json"))
        await hand.until_shown(sentence)
        await hand.press("enter")
        await hand.until(lambda: any(sentence in toast for toast in hand.toasts), "a toast")
        assert type(hand.app.screen).__name__ == "NewJobScreen"
        assert hand.app.door.count_jobs() == 0


async def test_folders_open_and_lead_back_to_where_one_was(
    open_dashboard: Callable[..., AbstractAsyncContextManager[Hand]], folder: Path
) -> None:
    (folder / "inner").mkdir()
    (folder / "inner" / "deep.json").write_bytes(visual())
    async with open_dashboard() as hand:
        await hand.press("n")
        await hand.until_shown("inner/")
        hand.table("#files").move_to(str(folder / "inner"))
        await hand.press("enter")
        await hand.until_shown("deep.json")
        await hand.press("backspace")
        await hand.until(
            lambda: hand.table("#files").cursor_key == str(folder / "inner"), "the folder above"
        )


async def test_a_typed_path_goes_straight_to_the_review(
    open_dashboard: Callable[..., AbstractAsyncContextManager[Hand]], folder: Path, tmp_path: Path
) -> None:
    (folder / "mine.json").write_bytes(visual())
    async with open_dashboard() as hand:
        await hand.press("n")
        await hand.until_shown("mine.json")
        await hand.press("slash")
        await hand.type("mine.json")
        await hand.press("enter")
        await hand.until_on("ReviewScreen")
        await hand.press("escape")
        await hand.until_on("NewJobScreen")


async def test_a_folder_that_is_not_there_is_a_word_and_no_crash(
    open_dashboard: Callable[..., AbstractAsyncContextManager[Hand]], folder: Path
) -> None:
    async with open_dashboard() as hand:
        await hand.press("n")
        await hand.until_shown("Sample")
        await hand.press("slash")
        await hand.type("nowhere")
        await hand.press("enter")
        await hand.until(lambda: any("There is no" in toast for toast in hand.toasts), "a toast")


async def test_many_files_are_listed_and_walked(
    open_dashboard: Callable[..., AbstractAsyncContextManager[Hand]], folder: Path
) -> None:
    for number in range(3_000):
        (folder / f"note-{number:04d}.txt").touch()
    (folder / "prompts.json").write_bytes(visual())
    async with open_dashboard() as hand:
        await hand.press("n")
        await hand.until_shown("prompts.json")
        await hand.press("G")
        assert hand.table("#files").cursor_key == str(folder / "note-2999.txt")
        assert "note-2999.txt" in hand.text


async def test_a_file_that_is_read_while_one_leaves_is_shown_nowhere_and_breaks_nothing(
    open_dashboard: Callable[..., AbstractAsyncContextManager[Hand]],
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(new_job, "_LINGER_SECONDS", 0.5)  # long enough to leave meanwhile
    (folder / "garden.json").write_bytes(visual())
    async with open_dashboard() as hand:
        await hand.press("n")
        await hand.until_shown("garden.json")
        screen = hand.app.screen
        assert isinstance(screen, NewJobScreen)
        reading = screen._preview(folder / "garden.json", is_folder=False)
        await hand.until(lambda: "work/garden.json" in hand.text, "the title of the preview")
        await screen.query_one("#preview").remove()  # as closing takes away, piece by piece
        await hand.until(lambda: reading.is_finished, "the reading to end")
        assert reading.state is WorkerState.SUCCESS
