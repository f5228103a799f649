"""How the screens look, narrow and wide. Time stands still and the jobs never change.

`pytest tests/tui/test_looks.py --snapshot-update` takes the pictures anew.
"""

from __future__ import annotations

import os
import time
from dataclasses import replace
from importlib.metadata import version
from typing import TYPE_CHECKING

import pytest

from tests.support.files import visual
from tests.tui.stage import NOW, set_stage
from wellspring_tui.tui.app import WellspringApp
from wellspring_tui.tui.widgets.top_bar import TopBar
from wellspring_tui.wellspring import Wellspring

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Protocol

    from textual.pilot import Pilot

    from wellspring_tui.settings import Settings

    class SnapCompare(Protocol):
        """What pytest-textual-snapshot gives."""

        def __call__(
            self, app: WellspringApp, *, terminal_size: tuple[int, int], run_before: object
        ) -> bool: ...


DRAWN_WITH = {"textual": "8.2.8", "rich": "15.0.0"}
NARROW, WIDE = (80, 24), (120, 40)

pytestmark = pytest.mark.skipif(
    any(version(name) != drawn for name, drawn in DRAWN_WITH.items()),
    reason=f"the pictures were taken with {DRAWN_WITH}; other versions paint other bytes",
)


@pytest.fixture(autouse=True)
def _still_time(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "UTC")
    monkeypatch.setenv("TEXTUAL_ANIMATIONS", "none")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture
def app(settings: Settings) -> Iterator[WellspringApp]:
    still = replace(settings, local_check_interval_seconds=3_600.0, check_interval_seconds=3_600.0)
    with Wellspring(still) as door:
        set_stage(door)
        yield WellspringApp(door, clock=lambda: NOW)


async def _settle(pilot: Pilot[None], *keys: str) -> None:
    """Press keys and wait until everything that they set going is painted."""
    for key in keys:
        await pilot.press(key)
        await pilot.pause(0.2)
    app = pilot.app
    assert isinstance(app, WellspringApp)

    def settled() -> bool:
        return bool(app.screen.query("FooterKey")) and app.carrier.activity.next_at is not None

    patience = time.monotonic() + 20
    while not settled() and time.monotonic() < patience:
        await pilot.pause(0.02)
    app.screen.query_one(TopBar).refresh()
    await pilot.pause(0.8)


@pytest.mark.parametrize("size", [NARROW, WIDE])
def test_jobs(snap_compare: SnapCompare, app: WellspringApp, size: tuple[int, int]) -> None:
    assert snap_compare(app, terminal_size=size, run_before=_settle)


@pytest.mark.parametrize("size", [NARROW, WIDE])
def test_results(snap_compare: SnapCompare, app: WellspringApp, size: tuple[int, int]) -> None:
    async def open_results(pilot: Pilot[None]) -> None:
        await _settle(pilot, "enter")

    assert snap_compare(app, terminal_size=size, run_before=open_results)


def test_usage(snap_compare: SnapCompare, app: WellspringApp) -> None:
    async def open_usage(pilot: Pilot[None]) -> None:
        await _settle(pilot, "enter", "4")

    assert snap_compare(app, terminal_size=WIDE, run_before=open_usage)


@pytest.mark.parametrize("keys", [("n",), ("n", "enter")], ids=["choose", "review"])
def test_new_job(
    snap_compare: SnapCompare,
    app: WellspringApp,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    keys: tuple[str, ...],
) -> None:
    monkeypatch.setenv("HOME", str(folder.parent))
    (folder / "archive").mkdir()
    (folder / "garden.json").write_bytes(visual())
    os.utime(folder / "garden.json", (0, 0))

    async def choose(pilot: Pilot[None]) -> None:
        for key in keys:
            await _settle(pilot, key)
            await pilot.pause(1.0)  # the preview lingers, then reads and prices the file

    assert snap_compare(app, terminal_size=NARROW, run_before=choose)


def test_help(snap_compare: SnapCompare, app: WellspringApp) -> None:
    async def ask(pilot: Pilot[None]) -> None:
        await _settle(pilot)
        await pilot.press("question_mark")
        await pilot.pause(0.5)

    assert snap_compare(app, terminal_size=NARROW, run_before=ask)
