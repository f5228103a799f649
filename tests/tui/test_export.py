"""Exporting from the dashboard: every format, a path, and never over a file unasked."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING

import pytest

from tests.support.answered import FAILED, Told, ended_job
from wellspring_tui.answers.exports.formats import FORMATS
from wellspring_tui.tui.widgets.path_suggester import completed

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from tests.tui.conftest import Hand
    from wellspring_tui.wellspring import Wellspring


@pytest.fixture
def soil(wellspring: Wellspring, folder: Path) -> str:
    """A job of two answers and a failure; the dashboard is started in `folder`."""
    sections = {"Soil": [Told("Clay."), Told("Sand."), FAILED]}
    return ended_job(wellspring, sections, name="soil/book").id


def names_in(folder: Path) -> list[str]:
    """What lies in a folder."""
    return [path.name for path in folder.iterdir()]


@pytest.mark.parametrize("name", list(FORMATS))
async def test_each_format_is_chosen_with_the_arrows_and_gives_the_path_its_ending(
    open_dashboard: Callable[..., AbstractAsyncContextManager[Hand]],
    soil: str,
    folder: Path,
    name: str,
) -> None:
    target = folder / f"soil-book-results{FORMATS[name].suffix}"
    async with open_dashboard() as hand:
        hand.app.open_results(soil)
        await hand.until_on("ResultsScreen")
        await hand.press("e")
        await hand.until_on("ExportScreen")
        await hand.press(*["down"] * list(FORMATS).index(name))
        assert f"● {name}" in hand.text
        await hand.press("enter")
        await hand.until_on("ResultsScreen")
        await hand.until(lambda: any("Wrote" in one for one in hand.toasts), "a word on where")
        assert target.name in hand.toasts[-1]
    assert names_in(folder) == [target.name]
    written = target.read_bytes()
    assert written.startswith(b"PAR1") if name == "parquet" else b"Clay." in written


async def test_an_ending_that_is_typed_chooses_the_format(
    open_dashboard: Callable[..., AbstractAsyncContextManager[Hand]], soil: str, folder: Path
) -> None:
    async with open_dashboard() as hand:
        hand.app.open_results(soil)
        await hand.until_on("ResultsScreen")
        await hand.press("e")
        await hand.until_on("ExportScreen")
        await hand.press("tab", "end", *["backspace"] * len("json"))
        await hand.type("csv")
        await hand.until_shown("● csv")
        await hand.press("enter")
        await hand.until_on("ResultsScreen")
    with (folder / "soil-book-results.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 3


async def test_a_file_that_is_there_is_replaced_only_when_asked_for_again(
    open_dashboard: Callable[..., AbstractAsyncContextManager[Hand]], soil: str, folder: Path
) -> None:
    target = folder / "soil-book-results.json"
    target.write_text("mine")
    async with open_dashboard() as hand:
        hand.app.open_results(soil)
        await hand.until_on("ResultsScreen")
        await hand.press("e")
        await hand.until_on("ExportScreen")
        await hand.press("enter")
        await hand.until_shown("The file exists. Press Enter again to replace it.")
        await hand.press("down", "up")  # another path was shown meanwhile: it is asked anew
        await hand.press("enter")
        await hand.until_shown("The file exists.")
        assert target.read_text() == "mine"
        await hand.press("escape")
        await hand.until_on("ResultsScreen")
        assert target.read_text() == "mine"

        await hand.press("e")
        await hand.until_on("ExportScreen")
        await hand.press("enter", "enter")
        await hand.until_on("ResultsScreen")
    assert json.loads(target.read_bytes())["total_results"] == 2


async def test_what_stands_in_the_way_is_said_in_the_dialog(
    open_dashboard: Callable[..., AbstractAsyncContextManager[Hand]], soil: str, folder: Path
) -> None:
    async with open_dashboard() as hand:
        hand.app.open_results(soil)
        await hand.until_on("ResultsScreen")
        await hand.press("e")
        await hand.until_on("ExportScreen")
        await hand.press("tab", "ctrl+u")
        await hand.type("nowhere/answers.json")
        await hand.press("enter")
        await hand.until_shown("The folder does not exist.")
        await hand.press("ctrl+u")
        await hand.type("~nobody-of-that-name/answers.json")
        await hand.press("enter")
        await hand.until_shown("The folder does not exist.")
        await hand.press("ctrl+u")
        await hand.type(".")
        await hand.press("enter")
        await hand.until_shown("This is a folder; add a file name.")
    assert names_in(folder) == []


async def test_the_prompts_can_come_along(
    open_dashboard: Callable[..., AbstractAsyncContextManager[Hand]], soil: str, folder: Path
) -> None:
    async with open_dashboard() as hand:
        hand.app.open_results(soil)
        await hand.until_on("ResultsScreen")
        await hand.press("e")
        await hand.until_on("ExportScreen")
        assert "▐ ▌ with the prompts" in hand.text
        await hand.press("down", "tab", "tab", "space")
        await hand.until_shown("▐X▌ with the prompts")
        await hand.press("shift+tab", "enter")
        await hand.until_on("ResultsScreen")
    assert b"Tell Soil 0." in (folder / "soil-book-results.jsonl").read_bytes()


async def test_the_mouse_chooses_and_writes(
    open_dashboard: Callable[..., AbstractAsyncContextManager[Hand]], soil: str, folder: Path
) -> None:
    async with open_dashboard() as hand:
        hand.app.open_results(soil)
        await hand.until_on("ResultsScreen")
        await hand.press("e")
        await hand.until_on("ExportScreen")
        await hand.press("tab")
        await hand.pilot.click("#write")
        await hand.until_on("ResultsScreen")
    assert (folder / "soil-book-results.json").exists()


def test_a_path_is_completed_folders_first_and_hidden_names_only_when_asked_for(
    folder: Path,
) -> None:
    for name in ("answers", ".config"):
        (folder / name).mkdir()
    for name in ("answers.csv", "notes.md", "no\x1b[2Jte"):
        (folder / name).touch()
    assert completed("ans") == "answers/"
    assert completed("answers.") == "answers.csv"
    assert completed(f"{folder}/no") == f"{folder}/notes.md"  # the other acts on terminals
    assert completed("./.c") == "./.config/"
    assert completed("") is None
    assert completed(f"{folder}/") is None
    assert completed("nowhere/x") is None
    assert completed("~nobody-of-that-name/x") is None
