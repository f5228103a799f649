"""Cleaning: what nobody needs is shown in groups, and what is ticked of it goes when one agrees."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from tests.support.carried import OPTIONS
from tests.support.homes import sent_to
from tests.support.littering import littered, put
from tests.support.scripted import Asked, Reply, ScriptedService, refusal
from tests.support.small_service import SmallService
from tests.tui.past import Past
from wellspring_tui.jobs.litter import Cleaned, Kind, Litter
from wellspring_tui.tui.screens.clean_groups import cleaned_lines, grouped, kinds_told, thing_lines
from wellspring_tui.wellspring import Wellspring

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from tests.tui.conftest import Hand
    from wellspring_tui.settings import Settings

    Open = Callable[..., AbstractAsyncContextManager[Hand]]


@pytest.fixture
def left(wellspring: Wellspring) -> list[Path]:
    """What broken-off work left in a home with one job, which went to a service without a key."""
    with Past(wellspring) as past:
        past.ended("endeda", "apple", 60)
    return littered(wellspring, wellspring.job("endeda"))


def there(paths: list[Path]) -> list[str]:
    """Which of these are on the disk."""
    return sorted(path.name for path in paths if path.exists())


@pytest.mark.parametrize("size", [(80, 24), (160, 50)])
async def test_all_is_ticked_and_what_is_ticked_off_stays(
    open_dashboard: Open, left: list[Path], size: tuple[int, int]
) -> None:
    names = there(left)
    async with open_dashboard(size) as hand:
        await hand.press("X")
        await hand.until_on("CleanScreen")
        await hand.until_shown("All ticked: 10 things, 10 B")
        assert "openai was not looked at: there is no API key" in hand.text
        assert "Stays: jobs with their input files and answers (1, " in hand.text
        table = hand.table("#groups")
        copies = next(key for key in table.marks if Kind.PROMPTS_COPY in key)
        table.move_to(copies)
        await hand.until_shown("what became a job has a copy of its own")
        await hand.until_shown("incoming/tmpabc · 8d old")
        await hand.press("space")
        await hand.until_shown("5 of 6 groups ticked: 8 things, 8 B of 10 things, 10 B")

        for refusal_key in ("enter", "escape"):
            await hand.press("D")
            await hand.until_on("ConfirmScreen")
            assert "Delete 8 things, 8 B?" in hand.text
            assert "6 × half-written file, this disk" in hand.text
            await hand.press(refusal_key)
            await hand.until_on("CleanScreen")
        assert there(left) == names

        await hand.press("delete")
        await hand.until_on("ConfirmScreen")
        await hand.press("y")
        await hand.until_shown("Deleted 8 things, 8 B.")
        assert there(left) == ["0123abcd", "tmpabc"]
        assert table.row_count == 1
        await hand.press("D")
        await hand.until_shown("Nothing is ticked")
        await hand.press("r")
        await hand.until_shown("0 of 1 groups ticked: nothing of 2 things")

        await hand.press("a", "D")
        await hand.until_on("ConfirmScreen")
        await hand.press("y")
        await hand.until_shown("There is nothing to delete.")
        await hand.until_shown("Deleted 2 things, 2 B.")
        await hand.press("escape")
        await hand.until_on("JobsScreen")
    assert there(left) == []


async def test_with_nothing_to_clean_one_line_says_so(open_dashboard: Open) -> None:
    async with open_dashboard() as hand:
        await hand.press("comma", "X")
        await hand.until_on("CleanScreen")
        await hand.until_shown("There is nothing to delete.")
        assert "▲" not in hand.text
        assert "Stays" not in hand.text
        await hand.press("D", "enter")
        assert type(hand.app.screen).__name__ == "CleanScreen"
        await hand.press("escape")
        await hand.until_on("SettingsScreen")


async def test_read_only_shows_it_and_deletes_nothing(
    open_dashboard: Open, left: list[Path]
) -> None:
    names = there(left)
    async with open_dashboard(read_only=True) as hand:
        await hand.press("X")
        await hand.until_shown("All ticked")
        await hand.press("D")
        await hand.until_shown("Wellspring is open read only")
        assert type(hand.app.screen).__name__ == "CleanScreen"
    assert there(left) == names


async def test_esc_leaves_the_things_first_and_enter_goes_to_them(
    open_dashboard: Open, left: list[Path]
) -> None:
    async with open_dashboard() as hand:
        await hand.press("X")
        await hand.until_shown("All ticked")
        await hand.press("enter")
        assert hand.reader("#things").has_focus
        await hand.press("escape")
        assert hand.table("#groups").has_focus
        await hand.press("escape")
        await hand.until_on("JobsScreen")
    assert there(left)


async def test_a_disk_that_can_not_be_read_is_told_and_the_screen_stays(
    open_dashboard: Open, settings: Settings
) -> None:
    nowhere = settings.places.data / ("x" * 300)  # no file may have such a long name
    places = replace(settings.places, logs=nowhere)
    async with open_dashboard((160, 50), places=places) as hand:
        await hand.press("X")
        await hand.until_shown("It could not be looked through.")
        assert "it can't be read (File name too long)." in " ".join(hand.text.split())
        assert type(hand.app.screen).__name__ == "CleanScreen"


# -- with a service --------------------------------------------------------------------


class Line:
    """A service in memory with the two files of a job that is over, and what becomes of calls."""

    def __init__(self) -> None:
        self.theirs = SmallService()
        self.refused: set[str] = set()
        """Methods that the service has no answer to."""
        self.held: str | None = None
        """A method that waits until `goes_on`."""
        self.goes_on = threading.Event()

    def __call__(self, asked: Asked) -> Reply | None:
        if asked.path.startswith("/files"):
            if asked.method in self.refused:
                return refusal(401, "Incorrect API key provided.")
            if asked.method == self.held:
                self.goes_on.wait(30)
        return self.theirs(asked)


@pytest.fixture
def line() -> Line:
    """It."""
    return Line()


@pytest.fixture
def sent(settings: Settings, line: Line, prompts_path: Path) -> Iterator[Settings]:
    """Settings by which a job went there, and left a half-written file here."""
    with ScriptedService(line) as service:
        own = sent_to(settings, service.base_url)
        with Wellspring(own) as wellspring:
            job = wellspring.submit(prompts_path, OPTIONS)
            while not wellspring.job(job.id).collected:
                wellspring.tick()
                line.theirs.advance()
        put(settings.places.outputs(job.id) / "part-001.output.tmp")
        yield own
        line.goes_on.set()


async def test_a_service_that_can_not_be_asked_is_named_and_the_rest_goes_on(
    open_dashboard: Open, sent: Settings, line: Line
) -> None:
    line.refused = {"GET"}
    async with open_dashboard(services=sent.services) as hand:
        await hand.press("X")
        await hand.until_shown("All ticked: 1 thing, 1 B")
        assert "local was not looked at" in hand.text
        line.refused = {"DELETE"}
        await hand.press("r")
        await hand.until_shown("All ticked: 3 things")
        assert "was not looked at" not in hand.text

        await hand.press("D")
        await hand.until_on("ConfirmScreen")
        await hand.press("y")
        await hand.until_shown("Deleted 1 thing, 1 B.")
        assert "2 things are still there: " in hand.text
        assert "All ticked: 2 things" in hand.text
        line.refused = set()
        await hand.press("D")
        await hand.until_on("ConfirmScreen")
        await hand.press("y")
        await hand.until_shown("There is nothing to delete.")
        assert "still there" not in hand.text


async def test_a_look_that_takes_long_can_be_left(
    open_dashboard: Open, sent: Settings, line: Line
) -> None:
    line.held = "GET"
    async with open_dashboard(services=sent.services) as hand:
        await hand.press("X")
        await hand.until_shown("Asking local · Esc closes")
        await hand.press("D")
        assert type(hand.app.screen).__name__ == "CleanScreen"
        await hand.press("escape")
        await hand.until_on("JobsScreen")


async def test_deleting_can_be_stopped_and_the_rest_is_listed(
    open_dashboard: Open, sent: Settings, line: Line
) -> None:
    line.held = "DELETE"
    async with open_dashboard(services=sent.services) as hand:
        await hand.press("X")
        await hand.until_shown("All ticked: 3 things")
        await hand.press("D")
        await hand.until_on("ConfirmScreen")
        await hand.press("y")
        await hand.until_shown("Deleting 1 of 3 · Esc stops")
        await hand.press("escape")
        await hand.until_shown("Stopping · Esc closes")
        line.goes_on.set()
        await hand.until_shown("Stopped: what was not deleted by then is still listed.")
        assert "All ticked: 1 thing" in hand.text


async def test_leaving_ends_the_deleting(open_dashboard: Open, sent: Settings, line: Line) -> None:
    line.held = "DELETE"
    async with open_dashboard(services=sent.services) as hand:
        await hand.press("X")
        await hand.until_shown("All ticked: 3 things")
        await hand.press("D")
        await hand.until_on("ConfirmScreen")
        await hand.press("y")
        await hand.until_shown("Deleting 1 of 3 · Esc stops")
        await hand.press("escape", "escape")
        await hand.until_on("JobsScreen")
        line.goes_on.set()
        door = hand.app.door
        await hand.until(lambda: len(door.litter().litter) == 1, "one thing to be left")


# -- as lines ------------------------------------------------------------------------------


def test_what_a_service_calls_its_files_is_shown_as_plain_words() -> None:
    now = datetime.now(UTC)
    hostile = "file-[/]\x1b[2J[bold]\n"
    litter = [
        Litter(Kind.SERVICE_INPUT, f"{hostile}{number}", 10, "over", now, "job", "\x1b[31m[/]")
        for number in range(600)
    ]
    (group,) = grouped(litter)
    told = [
        *(line.plain for line in thing_lines(group, now)),
        *(line.plain for line in cleaned_lines(Cleaned((), ((litter[0], hostile),)))),
        *kinds_told([group]).split("\n"),
    ]
    assert not any("\x1b" in line or "\n" in line for line in told)
    assert "… and 100 things, 1.0 kB more" in told
    assert any("file-[/]" in line for line in told)
