"""What an answer, a name or a service says can neither crash the screen nor reach the terminal."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from textual.app import App
from textual.content import Content

from tests.tui.widgets.tables import TableApp, painted, texts, width_of
from wellspring_tui.tui.widgets.reader import Reader
from wellspring_tui.tui.widgets.table_model import Column, ListRows, Row

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.strip import Strip

HOSTILE = [
    "[/]",
    "[/foo]",
    "a[/b",
    "[@click=app.quit]x[/]",
    "[link=http://x]y[/]",
    "\x1b]52;c;ZXZpbA==\x07tail",
    "\x1b]0;title\x1b\\tail",
    "\x1b[2J\x1b[Htail",
    "\x9b2Jtail",
    "\x00\x07\x08\x7f tail",
    "user\u202egpj.exe",
    "line\r\nbreak\u2028and\u2029more\x85end\x0b\x0c",
    "\ud800 half",
    "tab\tbed",
]
WIDE = [
    "村の計画と予算",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467 family",
    "✔\ufe0f done",
    "\u200dx",
    "e\u0301",
]
ACTS = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def assert_harmless(strips: list[Strip]) -> None:
    for strip in strips:
        for segment in strip:
            assert not segment.control
            assert not ACTS.search(segment.text), repr(segment.text)
            assert segment.style is None or not segment.style.link
            assert segment.style is None or "@click" not in segment.style.meta


@pytest.mark.parametrize("width", [20, 41, 80])
async def test_cells_are_harmless_and_keep_the_grid(width: int) -> None:
    columns = [Column(text, text, 9, flexible=True, sortable=True) for text in HOSTILE[:3]]
    rows = [
        Row(
            f"{kind}{n}",
            (text, Content.assemble((text, "red"), text, ("end", "bold"))),
            kind == "h",
        )
        for n, text in enumerate([*HOSTILE, *WIDE])
        for kind in ("r", "h")
    ]
    app = TableApp(ListRows(rows), columns, empty=HOSTILE[3])
    async with app.run_test(size=(width, 50), notifications=True) as pilot:
        await pilot.press("down", "space")
        strips = painted(app.table)
        assert_harmless(strips)
        assert {width_of(strip) for strip in strips} == {width}
        assert {strip.cell_length for strip in strips} == {width}
        app.table.show(ListRows())
        await pilot.pause()
        assert_harmless(painted(app.table))


async def test_markup_in_a_cell_is_shown_as_it_is() -> None:
    app = TableApp(ListRows([Row(text, (text, Content(text))) for text in HOSTILE[:5]]))
    async with app.run_test(size=(80, 10), notifications=True):
        for line, text in zip(texts(app.table)[1:], HOSTILE[:5], strict=False):
            assert text in line


class ReaderApp(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.reader = Reader()

    def compose(self) -> ComposeResult:
        yield self.reader


@pytest.mark.parametrize("way", ["plain", "unwrapped", "markdown", "lines"])
async def test_a_text_is_harmless_however_it_is_read(way: str) -> None:
    text = "\n\n".join([*HOSTILE, *WIDE, "- a list \x1b[2J", "```\ncode \x1b]52;c;eA==\x07\n```"])
    app = ReaderApp()
    async with app.run_test(size=(40, 60), notifications=True) as pilot:
        match way:
            case "markdown":
                app.reader.show_markdown(text)
                await app.workers.wait_for_complete()
            case "lines":
                app.reader.show_lines([Content(part) for part in [*HOSTILE, *WIDE]])
            case _:
                app.reader.wrap = way == "plain"
                app.reader.show_plain(text)
        app.reader.search("tail")
        await pilot.pause()
        strips = painted(app.reader)
        assert_harmless(strips)
        assert len({width_of(strip) for strip in strips}) == 1
        assert "tail" in app.reader.shown_text


async def test_control_characters_spelt_as_entities_are_harmless_too() -> None:
    app = ReaderApp()
    async with app.run_test(size=(60, 20), notifications=True) as pilot:
        app.reader.show_markdown(
            "# a &#x202e; b &#12; c &#27;[2J &#x9b;2J [x](javascript:y) &#8238;"
        )
        await app.workers.wait_for_complete()
        await pilot.pause()
        assert "#" not in app.reader.shown_text
        assert_harmless(painted(app.reader))
