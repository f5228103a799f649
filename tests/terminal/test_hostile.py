"""What means harm in names, prompts, answers and errors never reaches the terminal as such."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.support.files import answer, jsonl, request, visual
from tests.support.terminals import in_terminal

if TYPE_CHECKING:
    from pathlib import Path

    from wellspring_tui.wellspring import Wellspring

CLIPBOARD = "\x1b]52;c;RVZJTA==\x07"
TITLE = "\x1b]0;EVIL\x07"
HOSTILE = (
    f"[/] [@click=app.quit]x[/] {CLIPBOARD}{TITLE}"
    "\x1b[2J\x1b[3J\x9b2J\x1bP+q\x1b\\ \u202eevil\u2066"
)
WIDE = "漢字と👩‍👩‍👧‍👦🇩🇪é́"

# As bytes of UTF-8, none of which the dashboard has a reason of its own to write.
NEVER = {
    "a clipboard write": b"\x1b]52;",
    "a stolen title": b"\x1b]0;EVIL",
    "clearing the scrollback": b"\x1b[3J",
    "an eight-bit control": "\x9b".encode(),
    "a device control string": b"\x1bP+q",
    "a bidi override": "\u202e".encode(),
    "a bidi isolate": "\u2066".encode(),
}


def _write_files(folder: Path) -> dict[str, Path]:
    """A batch's three files, hostile wherever text can be."""
    texts = {
        f"one {HOSTILE}": f"# {HOSTILE}\n\n`{HOSTILE}` [link {HOSTILE}](http://x/{HOSTILE})",
        "two": "line " * 40_000,
        "three": f"{WIDE} {HOSTILE}\n" * 50
        + "| a | b |\n| - | - |\n| &#27;]52;c;RVZJTA==&#7; | b |",
    }
    failure = {"message": f"No {HOSTILE}", "code": HOSTILE}
    failed = {
        "custom_id": "four",
        "response": {"status_code": 400, "body": {"error": failure}},
        "error": None,
    }
    paths = {kind: folder / f"{kind}.jsonl" for kind in ("input", "output", "errors")}
    paths["input"].write_bytes(jsonl([request(own_id) for own_id in [*texts, "four"]]))
    lines = [answer(own_id, text) for own_id, text in texts.items()]
    paths["output"].write_text("".join(json.dumps(line) + "\n" for line in lines))
    paths["errors"].write_text(json.dumps(failed) + "\n")
    return paths


def test_every_screen_writes_hostile_text_as_text(
    tmp_path: Path, home: Path, wellspring: Wellspring
) -> None:
    work = tmp_path / "work"
    work.mkdir()
    (work / f"a {HOSTILE.replace('/', '')}.json").write_bytes(visual({HOSTILE: {HOSTILE: HOSTILE}}))
    paths = _write_files(tmp_path)
    wellspring.import_files(
        paths["output"], errors=paths["errors"], input=paths["input"], name=HOSTILE
    )

    with in_terminal(
        "--home", str(home), "--service", "local", size=(140, 40), folder=work
    ) as terminal:
        terminal.until_shown("[/] [@click=app.quit]x[/", "×1")
        terminal.press("enter")
        terminal.until_shown("3 answered · 1 failed")
        for _ in range(5):
            for view in "1234":
                terminal.press(view)
            terminal.press("1", "w", "n")
        terminal.until_shown("This request failed")
        terminal.press("escape")
        terminal.until_shown("Jobs")
        terminal.press("n")
        terminal.until_shown("Prompts files", "1 in 1 section")
        terminal.press("enter")
        terminal.until_shown("Submit")
        terminal.press("escape")
        terminal.until_shown("1 in 1 section")
        terminal.press("escape")
        terminal.until_shown("Jobs")
        terminal.press("q")
        assert terminal.until_gone() == 0

        assert terminal.left_clean() == []
    found = [what for what, never in NEVER.items() if never in terminal.written]
    assert found == []
