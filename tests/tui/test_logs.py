"""The logs screen: the end of the log as it grows, by level and by words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wellspring_tui import log
from wellspring_tui.tui.log_tail import READ_BYTES, Tail

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from tests.tui.conftest import Hand
    from wellspring_tui.settings import Settings
    from wellspring_tui.tui.widgets.table import Table

    Open = Callable[..., AbstractAsyncContextManager[Hand]]

HOSTILE = "[/] [@click=app.quit]x[/] \x1b]52;c;ZXZpbA==\x07\x1b[2J\u202eevil"


@pytest.fixture
def told(settings: Settings) -> Settings:
    """Settings of a home with a log of three records, one of them a defect."""
    log.prepare(settings)
    logger = log.logger("wellspring_tui.jobs")
    logger.info("job bcd234: planned")
    logger.warning("service openai: no connection")
    logger.error("a defect", exc_info=ValueError("of ours"))
    return settings


async def open_logs(hand: Hand) -> Table:
    await hand.press("l")
    await hand.until_on("LogsScreen")
    return hand.table("#records")


async def test_the_end_of_the_log_is_shown_and_followed(
    open_dashboard: Open, told: Settings
) -> None:
    async with open_dashboard((120, 30)) as hand:
        table = await open_logs(hand)
        await hand.until(lambda: table.row_count == 3, "the records")
        assert table.cursor_position == 2
        assert "▲ warning" in hand.text
        assert "× error" in hand.text
        assert str(told.places.log) in hand.text
        assert "ValueError: of ours" in hand.reader("#record").shown_text

        log.logger("wellspring_tui.jobs").info("job bcd234: collected")
        await hand.until(lambda: table.row_count == 4, "the new record")
        assert table.cursor_position == 3  # it goes along at the end

        await hand.press("up", "up")
        log.logger("wellspring_tui.jobs").info("one more")
        await hand.until(lambda: table.row_count == 5, "one more record")
        assert table.cursor_position == 1  # and stays where one reads


async def test_levels_and_words_are_filtered(open_dashboard: Open, told: Settings) -> None:
    async with open_dashboard() as hand:
        table = await open_logs(hand)
        await hand.until(lambda: table.row_count == 3, "the records")
        await hand.press("f")
        assert table.row_count == 2
        assert "2 of 3 · warnings only" in hand.text
        await hand.press("f")
        assert table.row_count == 1
        await hand.press("f")
        assert table.row_count == 3

        await hand.press("slash")
        await hand.type("OPENAI")
        assert table.row_count == 1
        await hand.press("enter")
        assert table.has_focus
        assert "no connection" in hand.text
        await hand.press("slash")
        await hand.type("x")
        await hand.until_shown("Nothing here fits.")
        await hand.press("escape")
        assert table.row_count == 3
        await hand.press("escape")
        await hand.until_on("JobsScreen")


async def test_a_long_record_is_read_below(open_dashboard: Open, told: Settings) -> None:
    async with open_dashboard() as hand:
        table = await open_logs(hand)
        await hand.until(lambda: table.row_count == 3, "the records")
        await hand.press("enter")
        assert hand.reader("#record").has_focus
        await hand.press("escape")
        assert table.has_focus


async def test_the_path_is_copied(open_dashboard: Open, told: Settings) -> None:
    async with open_dashboard() as hand:
        await open_logs(hand)
        await hand.press("y")
        assert hand.app.clipboard == str(told.places.log)


async def test_without_a_log_it_says_so(open_dashboard: Open) -> None:
    async with open_dashboard() as hand:
        await open_logs(hand)
        await hand.until_shown("Nothing has been written yet.")


async def test_harmful_text_is_only_text(open_dashboard: Open, told: Settings) -> None:
    told.places.log.write_text(f"2026-01-01T00:00:00.000Z INFO    1 {HOSTILE}\n{HOSTILE}\n")
    async with open_dashboard((120, 30)) as hand:
        await open_logs(hand)
        await hand.until_shown("[/] [@click=app.quit]x[/]")
        assert not {"\x1b", "\u202e"} & set(hand.text)


def test_only_the_end_of_a_large_log_is_read(tmp_path: Path) -> None:
    path = tmp_path / "wellspring.log"
    line = "2026-01-01T00:00:00.000Z INFO    1 number {:07}\n"
    count = 2 * READ_BYTES // len(line.format(0))
    path.write_text("".join(map(line.format, range(count))))

    tail = Tail(path)
    assert tail.read()

    assert tail.records[-1].text == f"number {count - 1:07}"
    assert len(tail.records) * len(line.format(0)) > READ_BYTES * 0.8 or len(tail.records) == 20_000
    assert all(record.text.startswith("number ") for record in tail.records)
    assert not tail.read()


def test_a_half_written_line_waits_for_its_rest(tmp_path: Path) -> None:
    path = tmp_path / "wellspring.log"
    path.write_text("2026-01-01T00:00:00.000Z INFO    1 wh")
    tail = Tail(path)
    assert not tail.read()
    with path.open("a") as file:
        file.write("ole\n    and below\n")
    assert tail.read()
    assert [record.text for record in tail.records] == ["whole\n    and below"]


def test_a_log_that_was_put_aside_is_followed_in_its_successor(tmp_path: Path) -> None:
    path = tmp_path / "wellspring.log"
    path.write_text("2026-01-01T00:00:00.000Z INFO    1 before it was put aside\n")
    tail = Tail(path)
    tail.read()
    path.rename(tmp_path / "wellspring.log.1")
    assert not tail.read()
    path.write_text("2026-01-01T00:00:01.000Z INFO    1 after\n")
    tail.read()
    assert [record.text for record in tail.records] == ["before it was put aside", "after"]
