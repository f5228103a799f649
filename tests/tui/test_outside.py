"""A pager and an editor for an answer: real programs, a private file, no trace afterwards."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import pytest

from tests.support.answered import Told, ended_job
from wellspring_tui.errors import InputError, StorageError
from wellspring_tui.tui.outside import program, show_text

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from tests.tui.conftest import Hand
    from wellspring_tui.wellspring import Wellspring

HOSTILE = "Caf\u00e9 \x1b]52;c;ZXZpbA==\x07\x1b[2J\u202eevil\r\n"


@pytest.fixture
def seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which a program notes what it was given; it is the pager and the editor."""
    notes = tmp_path / "notes"
    notes.mkdir()
    script = tmp_path / "look at"
    script.write_text(
        f"""#!/bin/sh
for last; do :; done
cp "$last" '{notes}/text'
{{ ls -ld "$last"; ls -ld "$(dirname "$last")"; }} | cut -c1-10 > '{notes}/modes'
printf '%s' "$last" > '{notes}/path'
printf '%s' "$1" > '{notes}/first'
""",
        encoding="utf-8",
    )
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    for variable in ("PAGER", "EDITOR"):
        monkeypatch.setenv(variable, f"'{script}' --calm")
    monkeypatch.delenv("VISUAL", raising=False)
    return notes


def test_the_pager_gets_the_text_without_what_acts_on_a_terminal(seen: Path) -> None:
    show_text("pager", HOSTILE, ".md")
    assert (seen / "text").read_bytes() == "Café evil\n".encode()


def test_the_editor_gets_the_text_exactly(seen: Path) -> None:
    show_text("editor", HOSTILE, ".json")
    assert (seen / "text").read_bytes() == HOSTILE.encode()
    assert (seen / "path").read_text().endswith(".json")


def test_the_file_is_private_and_gone_afterwards(seen: Path) -> None:
    show_text("pager", "Clay.", ".md")
    assert (seen / "modes").read_text() == "-rw-------\ndrwx------\n"
    path = (seen / "path").read_text()
    assert path.endswith(".md")
    assert not (seen / path).exists()
    assert not (seen / path).parent.exists()


def test_a_command_may_have_arguments_and_blanks_in_its_name(seen: Path) -> None:
    show_text("pager", "Clay.", ".md")
    assert (seen / "first").read_text() == "--calm"


def test_it_tells_whether_the_file_was_changed(seen: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not show_text("editor", "Clay.", ".md")
    monkeypatch.setenv("EDITOR", f"cp '{seen / 'path'}'")
    assert show_text("editor", "Clay.", ".md")
    monkeypatch.setenv("EDITOR", "rm")
    assert not show_text("editor", "Clay.", ".md")


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        ("no-such-program-here", "No such file or directory"),
        ("/", "Permission denied"),
        ("env no-such-program-here", "there is no such program"),
    ],
)
def test_a_program_that_is_not_there_is_one_sentence(
    command: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAGER", command)
    with pytest.raises(InputError, match=reason) as error:
        show_text("pager", "Clay.", ".md")
    assert "Set PAGER to a program that is there." in str(error.value)


def test_quotes_that_do_not_end_are_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAGER", "less 'x")
    with pytest.raises(InputError, match=r"PAGER: .* Check its quotes\."):
        show_text("pager", "Clay.", ".md")


def test_a_disk_that_takes_no_file_is_one_sentence(
    seen: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "gone"))
    with pytest.raises(StorageError, match="no temporary file can be written"):
        show_text("pager", "Clay.", ".md")


def test_less_and_vi_are_the_last_resort_and_visual_comes_before_editor() -> None:
    assert program("pager", {}).arguments == ("less",)
    assert program("editor", {"EDITOR": " "}).arguments == ("vi",)
    assert program("editor", {"EDITOR": "nano -w"}).arguments == ("nano", "-w")
    assert program("editor", {"EDITOR": "nano", "VISUAL": "vim"}).variable == "VISUAL"


@pytest.mark.parametrize(("key", "kind"), [("o", "pager"), ("E", "editor")])
async def test_without_a_terminal_of_its_own_the_dashboard_says_so(
    open_dashboard: Callable[..., AbstractAsyncContextManager[Hand]],
    wellspring: Wellspring,
    seen: Path,
    key: str,
    kind: str,
) -> None:
    job = ended_job(wellspring, {"Soil": [Told("Clay."), Told(missing=True)]})
    async with open_dashboard() as hand:
        hand.app.open_results(job.id)
        await hand.until_on("ResultsScreen")
        await hand.press(key)
        assert hand.toasts == [f"The {kind} needs a terminal of its own; here it can't be opened."]
        await hand.press("n", key)
        assert hand.toasts[-1] == "There is nothing to open yet."
