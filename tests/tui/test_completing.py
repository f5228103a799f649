"""What is typed as a path is understood as a shell would, and goes on as a shell would."""

from __future__ import annotations

from pathlib import Path

import pytest

from wellspring_tui.tui.completing import (
    PathSuggester,
    common_start,
    completions,
    shown_folder,
    split_typed,
    typed_path,
)
from wellspring_tui.tui.files import Entry, Listing

WORK = Path("/notes")


def listing(*names: str) -> Listing:
    """A folder with these entries; a name that ends with a slash is a folder's."""
    entries = [Entry(f"/notes/{n.rstrip('/')}", n.rstrip("/"), n.endswith("/")) for n in names]
    return Listing(WORK, tuple(entries))


@pytest.mark.parametrize(
    ("typed", "folder", "start"),
    [
        ("/notes/", "/notes", ""),
        ("/notes/ga", "/notes", "ga"),
        ("ga", "/notes", "ga"),
        ("", "/notes", ""),
        ("/", "/", ""),
        ("/et", "/", "et"),
        ("/notes/inner/x", "/notes/inner", "x"),
        ("inner/x", "/notes/inner", "x"),
        ("/notes/../etc/x", "/etc", "x"),
        ("~", "/home/me", ""),
        ("~/", "/home/me", ""),
        ("~/pro", "/home/me", "pro"),
    ],
)
def test_the_folder_and_the_start_of_a_name_are_told_apart(
    typed: str, folder: str, start: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    assert split_typed(typed, WORK) == (Path(folder), start)


def test_a_folder_is_shown_ready_for_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    assert shown_folder(Path("/")) == "/"
    assert shown_folder(Path("/notes")) == "/notes/"
    assert shown_folder(Path("/home/me")) == "~/"
    assert shown_folder(Path("/home/me/prompts")) == "~/prompts/"


def test_a_folder_whose_name_is_not_shown_whole_is_meant_all_the_same() -> None:
    odd = Path("/notes/bad\udcff\x1b[2J")
    assert "\x1b" not in shown_folder(odd)
    assert typed_path(f"{shown_folder(odd)}a.json", odd) == odd / "a.json"


def test_names_go_on_from_their_start_in_the_letters_typed_if_any_do() -> None:
    here = listing("Garden.json", "garden/", "gas.json", ".gas", "odd\x1bname")
    assert completions(here, "ga") == ["garden/", "gas.json"]
    assert completions(here, "GA") == ["Garden.json", "garden/", "gas.json"]
    assert completions(here, ".g") == [".gas"]
    assert completions(here, "odd") == []  # it can't be typed as it is
    assert completions(here, "") == []


def test_tab_writes_what_all_names_start_with() -> None:
    assert common_start(["garden-1.json", "garden-2.json"]) == "garden-"
    assert common_start(["garden/"]) == "garden/"
    assert common_start(["a", "b"]) == common_start([]) == ""


async def test_the_rest_of_the_first_name_is_suggested() -> None:
    suggester = PathSuggester(lambda: listing("garden.json", "notes.txt"))
    assert await suggester.get_suggestion("/notes/ga") == "/notes/garden.json"
    assert await suggester.get_suggestion("ga") == "garden.json"
    assert await suggester.get_suggestion("/notes/GA") is None
    assert await suggester.get_suggestion("/notes/x") is None


async def test_a_suggestion_waits_for_the_folder_to_be_listed() -> None:
    told = iter([Listing(Path("/")), Listing(Path("/"))])
    suggester = PathSuggester(lambda: next(told, listing("garden.json")))
    assert await suggester.get_suggestion("/notes/ga") == "/notes/garden.json"
