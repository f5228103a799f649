"""Finding a prompts file: by typing, with arrows, in folders of every kind."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from textual.widgets import Input

from tests.support.files import jsonl, request, visual

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from tests.tui.conftest import Hand
    from wellspring_tui.wellspring import Wellspring

    Open = Callable[..., AbstractAsyncContextManager[Hand]]


@pytest.fixture
def folder(folder: Path) -> Path:
    """A folder with two prompts files, a note and a folder with another one."""
    for name in ("garden-1.json", "garden-2.json"):
        (folder / name).write_bytes(visual())
    (folder / "notes.txt").write_text("hello")
    (folder / "archive").mkdir()
    (folder / "archive" / "old.json").write_bytes(visual())
    return folder


def typed(hand: Hand) -> str:
    """What stands in the path field."""
    return hand.app.screen.query_one("#path", Input).value


def names(hand: Hand) -> list[str]:
    """The rows of the list, without headings."""
    table = hand.table("#files")
    rows = (table._pages.row(at) for at in range(table.row_count))
    return [str(row.cells[0]) for row in rows if row is not None and not row.heading]


async def test_what_is_typed_narrows_the_list_and_escape_widens_it_again(
    open_dashboard: Open, folder: Path
) -> None:
    async with open_dashboard() as hand:
        await hand.press("n")
        await hand.until_shown("notes.txt")
        await hand.press("slash")
        await hand.type("note")
        await hand.until_shown("“note”: 1 of 4")
        assert names(hand) == ["notes.txt"]
        assert hand.table("#files").cursor_key == str(folder / "notes.txt")
        await hand.press("escape")
        await hand.until_shown("4 files and folders")
        assert typed(hand).endswith("/work/")
        assert hand.table("#files").has_focus
        await hand.press("escape")
        await hand.until_on("JobsScreen")


async def test_tab_completes_as_in_a_shell_and_then_goes_to_the_list(
    open_dashboard: Open, folder: Path
) -> None:
    async with open_dashboard() as hand:
        await hand.press("n")
        await hand.until_shown("garden-2.json")
        await hand.press("slash")
        await hand.type("ga")
        await hand.press("tab")
        assert typed(hand).endswith("/work/garden-")
        await hand.press("2", "tab")
        assert typed(hand).endswith("/work/garden-2.json")
        await hand.press("tab")
        assert hand.table("#files").has_focus
        assert names(hand) == ["garden-2.json"]
        await hand.press("enter")
        await hand.until_on("ReviewScreen")


async def test_a_folder_is_listed_while_its_path_is_typed(
    open_dashboard: Open, folder: Path
) -> None:
    async with open_dashboard() as hand:
        await hand.press("n")
        await hand.until_shown("archive/")
        await hand.press("slash")
        await hand.type("arc")
        await hand.press("tab")
        await hand.until_shown("old.json")
        await hand.type("o")
        field = hand.app.screen.query_one("#path", Input)
        await hand.until(lambda: field._suggestion.endswith("/archive/old.json"), "a suggestion")
        await hand.press("right")
        assert typed(hand).endswith("/archive/old.json")
        await hand.press("enter")
        await hand.until_on("ReviewScreen")


async def test_the_home_folder_may_be_written_as_a_tilde(
    open_dashboard: Open, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(folder / "archive"))
    async with open_dashboard() as hand:
        await hand.press("n")
        await hand.until_shown("notes.txt")
        await hand.press("slash", "ctrl+u")
        await hand.type("~/ol")
        await hand.until(lambda: names(hand) == ["old.json"], "the files at home")


async def test_arrows_choose_while_one_types_and_enter_takes_the_first_that_fits(
    open_dashboard: Open, folder: Path
) -> None:
    async with open_dashboard() as hand:
        await hand.press("n")
        await hand.until_shown("garden-2.json")
        await hand.press("slash")
        await hand.type("gar")
        await hand.press("down")
        assert hand.table("#files").cursor_key == str(folder / "garden-2.json")
        assert hand.app.screen.query_one("#path").has_focus
        await hand.press("enter")
        await hand.until_on("ReviewScreen")
        assert "garden-2.json" in hand.text


async def test_paths_that_lead_nowhere_are_a_word_and_no_crash(
    open_dashboard: Open, folder: Path
) -> None:
    async with open_dashboard() as hand:
        await hand.press("n")
        await hand.until_shown("notes.txt")
        await hand.press("slash")
        for path in ("/nowhere/at/all", "/" + "x" * 300, "/dev/null/x", "~noone/x"):
            hand.app.screen.query_one("#path", Input).value = path
            await hand.press("enter")
            await hand.until(
                lambda end=path[1:]: any(f"{end}." in toast for toast in hand.toasts),  # type: ignore[misc]
                f"a toast about {path}",
            )
        await hand.press("escape")
        assert hand.table("#files").has_focus


async def test_what_is_no_file_is_shown_and_says_what_it_is(
    open_dashboard: Open, folder: Path
) -> None:
    os.mkfifo(folder / "pipe.json")
    (folder / "dangling.json").symlink_to("nowhere")
    async with open_dashboard() as hand:
        await hand.press("n")
        await hand.until_shown("pipe.json")
        hand.table("#files").move_to(str(folder / "pipe.json"))
        await hand.until_shown("this is not an ordinary file")
        hand.table("#files").move_to(str(folder / "dangling.json"))
        await hand.until_shown("there is no such file")
        await hand.press("enter")
        await hand.until(lambda: "no such file" in "".join(hand.toasts), "a toast")


async def test_hostile_names_are_shown_as_plain_text(open_dashboard: Open, folder: Path) -> None:
    hostile = "\x1b]52;c;aGk=\x07[@click=app.quit]\u202e.json"
    (folder / hostile).write_bytes(visual())
    (folder / os.fsdecode(b"bad\xff.json")).write_bytes(visual())
    async with open_dashboard((120, 30)) as hand:
        await hand.press("n")
        await hand.until_shown("[@click=app.quit]")
        hand.table("#files").move_to(str(folder / hostile))
        await hand.until_shown("4 in 2 sections")
        await hand.press("enter")
        await hand.until_on("ReviewScreen")
        assert not {letter for letter in hand.text if letter < " " and letter != "\n"}
        await hand.press("escape")
        await hand.until_on("NewJobScreen")
        hand.table("#files").move_to(str(folder / os.fsdecode(b"bad\xff.json")))
        await hand.press("enter")
        await hand.until_on("ReviewScreen")
        await hand.press("ctrl+s")
        await hand.until_on("JobsScreen")
        assert hand.app.door.count_jobs() == 1


async def test_files_of_the_last_jobs_are_offered_wherever_they_lie(
    open_dashboard: Open, folder: Path, wellspring: Wellspring, prompts_path: Path
) -> None:
    wellspring.submit(prompts_path, wellspring.request_options())
    async with open_dashboard() as hand:
        await hand.press("n")
        await hand.until_shown("Recent")
        await hand.until(lambda: prompts_path.name in names(hand), "the file of the last job")
        order = [names(hand).index(name) for name in ("garden-2.json", prompts_path.name, "../")]
        assert order == sorted(order)


async def test_the_cursor_passes_over_headings(open_dashboard: Open, folder: Path) -> None:
    async with open_dashboard() as hand:
        await hand.press("n")
        await hand.until_shown("notes.txt")
        table = hand.table("#files")
        last = str(folder / "notes.txt")
        down, up = [], []
        for _ in range(6):
            down.append(table.cursor_key)
            await hand.press("j")
        assert table.cursor_key == down[-1] == last
        for _ in range(6):
            up.append(table.cursor_key)
            await hand.press("k")
        assert table.cursor_key == up[-1] == str(folder / "garden-1.json")
        assert up == down[::-1]
        await hand.press("G", "g")
        assert table.cursor_key == str(folder / "garden-1.json")


async def test_nothing_is_marked_in_a_list_of_which_one_is_chosen(
    open_dashboard: Open, folder: Path
) -> None:
    async with open_dashboard() as hand:
        await hand.press("n")
        await hand.until_shown("notes.txt")
        await hand.press("a", "space")
        assert hand.table("#files").marks == frozenset()


async def test_every_kind_of_problem_is_counted_and_the_first_thousand_are_listed(
    open_dashboard: Open, folder: Path
) -> None:
    lines = [request("a"), *[request("a")] * 1_499, request("b", stream=True)]
    (folder / "broken.jsonl").write_bytes(jsonl(lines))
    async with open_dashboard((120, 40)) as hand:
        await hand.press("n")
        await hand.until_shown("broken.jsonl")
        hand.table("#files").move_to(str(folder / "broken.jsonl"))
        await hand.until_shown("1,500 problems: nothing can be sent")
        assert "1,499 × custom_id: the custom_id “…” is already on line …" in hand.text
        assert "1 × body.stream: a batch can't stream" in hand.text
        await hand.press("tab", "G")
        listed = hand.reader("#preview").shown_text
        assert "line 2, custom_id: the custom_id “a” is already on line 1" in listed
        assert "line 1001, custom_id" in listed
        assert "and 500 more of these kinds" in listed
