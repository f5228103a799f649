"""Makes the pictures of this folder from a real run on the built-in service.

    uv run python screenshots/make.py

Needs the font DejaVu Sans Mono for the PNG files. Each picture is kept as SVG too.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import resvg_py

from wellspring_tui.settings import load_settings
from wellspring_tui.tui.app import WellspringApp
from wellspring_tui.tui.widgets.table import Table
from wellspring_tui.wellspring import Wellspring

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.pilot import Pilot

_HERE = Path(__file__).parent
_SIZE = (110, 30)
_PATIENCE_SECONDS = 30.0
_FONT = "DejaVu Sans Mono"


async def _until(pilot: Pilot[None], seen: Callable[[], bool], what: str) -> None:
    for _ in range(int(_PATIENCE_SECONDS / 0.05)):
        if seen():
            await pilot.pause(0.4)
            return
        await pilot.pause(0.05)
    raise TimeoutError(what)


def _shown(app: WellspringApp, words: str) -> Callable[[], bool]:
    return lambda: words in app.export_screenshot(simplify=True).replace("&#160;", " ")


def _keep(app: WellspringApp, name: str) -> None:
    svg = app.export_screenshot(title=f"Wellspring · {name}", simplify=True)
    (_HERE / f"{name}.svg").write_text(svg, encoding="utf-8")
    # The drawing library has no web fonts; without a monospace family all text vanishes.
    local = svg.replace("font-family: arial", "font-family: monospace")
    png = resvg_py.svg_to_bytes(svg_string=local, monospace_family=_FONT, zoom=1)
    (_HERE / f"{name}.png").write_bytes(bytes(png))


def _seaside_requests(folder: Path) -> Path:
    """A ready-made request file of 40 lines, two of which a reasoning model refuses."""
    path = folder / "seaside-walks.jsonl"
    with path.open("wb") as file:
        for number in range(40):
            limit = "max_tokens" if number in (12, 31) else "max_completion_tokens"
            asked = f"Describe seaside walk number {number + 1} for a leaflet."
            body = {
                "model": "o3-mini",
                limit: 900,
                "messages": [{"role": "user", "content": asked}],
            }
            request: dict[str, object] = {"custom_id": f"walk-{number + 1:02d}", "method": "POST"}
            request |= {"url": "/v1/chat/completions", "body": body}
            file.write(msgspec.json.encode(request) + b"\n")
    return path


def _labels(folder: Path) -> Path:
    """A table of 24 plants."""
    path = folder / "plant-labels.csv"
    plants = ("Yarrow", "Sage", "Borage", "Fennel", "Lovage", "Mint", "Rue", "Thyme")
    rows = (f"{plant},bed {bed}" for bed in range(1, 4) for plant in plants)
    path.write_text("\n".join(("plant,bed", *rows)) + "\n", encoding="utf-8")
    return path


def _earlier(door: Wellspring, folder: Path) -> None:
    """Jobs that are over: there is something to see, and something to go by."""
    usual = door.request_options()
    label = door.request_options(template="A label for {plant} in {bed}.", model="gpt-4.1-mini")
    sent = [
        *(door.submit(Wellspring.sample(), usual, tags=["manual"]) for _ in range(3)),
        door.submit(_labels(folder), label, tags=["print"]),
        door.submit(_seaside_requests(folder), usual, tags=["night"]),
    ]
    for job in sent:
        door.watch(job.id)
    stopped = door.submit(Wellspring.sample(), usual, name="handbook, short")
    while not door.job(stopped.id).completed:
        door.tick()
        time.sleep(0.1)
    door.cancel(stopped.id)
    door.watch(stopped.id)


async def _take(folder: Path) -> None:
    settings = load_settings(home=folder.parent / "wellspring", service="local")
    settings = replace(settings, local_check_interval_seconds=0.3, pace_seconds=2.0)
    shutil.copy(Wellspring.sample(), folder)
    with Wellspring(settings) as door:
        _earlier(door, folder)
        jobs = len(door.jobs())
        app = WellspringApp(door)
        async with app.run_test(size=_SIZE, notifications=True) as pilot:
            await _until(pilot, _shown(app, "seaside-walks"), "the jobs")
            await pilot.press("n")
            app.clear_notifications()
            await _until(pilot, _shown(app, "9 in 3 sections"), "the preview")
            app.screen.query_one("#files", Table).move_to(str(folder / "garden-handbook.json"))
            await _until(pilot, _shown(app, "9 in 3 sections"), "the preview")
            _keep(app, "new-job")
            await pilot.press("enter")
            await _until(pilot, _shown(app, "Submit 9 prompts"), "the review")
            _keep(app, "review")
            await pilot.press("ctrl+s")
            await _until(pilot, lambda: len(door.jobs()) > jobs, "the new job")
            await _until(pilot, _shown(app, "in progress"), "it to run")
            app.clear_notifications()
            await _until(pilot, lambda: door.jobs()[0].completed >= 4, "some answers")
            _keep(app, "jobs")
            await _until(pilot, lambda: door.jobs()[0].collected, "it to end")
            app.clear_notifications()
            await pilot.press("enter")
            await _until(pilot, _shown(app, "Key points"), "an answer")
            _keep(app, "results")
            await pilot.press("u")
            await _until(pilot, _shown(app, "People and Money"), "the usage")
            _keep(app, "usage")


def main() -> None:
    """Make all pictures."""
    with tempfile.TemporaryDirectory(prefix="wellspring-") as name:
        os.environ["HOME"] = name  # so that no path of the machine is in a picture
        folder = Path(name) / "garden"
        folder.mkdir()
        os.chdir(folder)
        asyncio.run(_take(folder))


if __name__ == "__main__":
    main()
