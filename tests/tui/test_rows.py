"""A table in the dashboard: its columns in the preview, its template in the review."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from textual.widgets import Button, Static, TextArea

from tests.support.files import visual

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from tests.tui.conftest import Hand

    Open = Callable[..., AbstractAsyncContextManager[Hand]]

TABLE = "id;text;place\n7;Soil;North\n8;Rain;South\n9;Sun;West\n"


@pytest.fixture
def table(folder: Path) -> Path:
    """A table, and nothing else, in the folder."""
    path = folder / "places.csv"
    path.write_text(TABLE, encoding="utf-8")
    return path


async def preview(hand: Hand, path: Path) -> None:
    """Go to a file, and wait until its preview is there."""
    await hand.press("n")
    await hand.until_shown(path.name)
    hand.table("#files").move_to(str(path))
    await hand.until_shown("kind       table rows")


async def review(hand: Hand, path: Path) -> TextArea:
    """Go to the review of a table: the field of its template."""
    await preview(hand, path)
    await hand.press("enter")
    await hand.until_on("ReviewScreen")
    return hand.app.screen.query_one("#template", TextArea)


async def test_the_preview_of_a_table_shows_its_columns_and_what_it_needs(
    open_dashboard: Open, table: Path
) -> None:
    async with open_dashboard() as hand:
        await preview(hand, table)
        assert "columns    id, text and place" in hand.text
        assert "a template has to make" in hand.text
        assert "This can't be sent" not in hand.text


@pytest.mark.parametrize("size", [(80, 24), (160, 50)])
async def test_a_template_is_written_checked_as_one_types_sent_and_remembered(
    open_dashboard: Open, table: Path, folder: Path, size: tuple[int, int]
) -> None:
    async with open_dashboard(size) as hand:
        field = await review(hand, table)
        assert hand.app.focused is field
        submit = hand.app.screen.query_one("#submit", Button)
        beside = hand.app.screen.query_one("#template-says", Static)
        assert submit.disabled
        assert "× Template: a table needs one" in hand.text

        field.text = "Sum up {txt}"
        await hand.until_shown("× Template: there is no column “txt”")
        assert beside.display
        field.text = "Sum up {text"
        await hand.until_shown("× Template: the brace in “Sum up {text” stands alone")
        assert submit.disabled
        field.text = "Sum up {text}"
        await hand.until_shown("Submit 3 prompts · free")
        assert not beside.display
        await hand.press("ctrl+s")
        await hand.until_on("JobsScreen")
        (job,) = hand.app.door.jobs()
        assert (job.kind, job.requests) == ("table rows", 3)
        assert job.options is not None
        assert job.options.template == "Sum up {text}"

        # The next table like it gets the same template; one without that column gets none.
        (folder / "letters.csv").write_text("name,letter\nAnn,Dear all\n", encoding="utf-8")
        field = await review(hand, table)
        assert field.text == "Sum up {text}"
        await hand.until_shown("Submit 3 prompts · free")
        await hand.press("escape", "escape")
        await hand.until_on("JobsScreen")
        field = await review(hand, folder / "letters.csv")
        assert field.text == ""
        assert "× Template: a table needs one" in hand.text


async def test_other_files_have_no_template(open_dashboard: Open, folder: Path) -> None:
    (folder / "garden.json").write_bytes(visual())
    async with open_dashboard() as hand:
        await hand.press("n")
        await hand.until_shown("4 in 2 sections")
        await hand.press("enter")
        await hand.until_on("ReviewScreen")
        assert not hand.app.screen.query("#template")
