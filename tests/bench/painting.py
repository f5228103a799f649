"""An app whose paintings can be waited for, rendered to terminal bytes as in a real one."""

from __future__ import annotations

import asyncio
from functools import cached_property
from time import perf_counter, process_time
from typing import TYPE_CHECKING

from textual._compositor import CompositorUpdate
from textual.app import App

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import RenderableType
    from textual.screen import Screen
    from textual.widget import Widget

SIZE = (160, 50)
_SECONDS_WITHOUT_PAINTING = 0.05


class Painting(App[None]):
    """Tells when, and at what cost, something was painted."""

    _painted_at = _processor_at = 0.0

    @cached_property
    def _painted(self) -> asyncio.Event:
        return asyncio.Event()

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        # Without a terminal Textual stops here; the bytes are part of what painting costs.
        super()._display(screen, renderable)
        if isinstance(renderable, CompositorUpdate):
            renderable.render_segments(self.console)
            self._painted_at, self._processor_at = perf_counter(), process_time()
            self._painted.set()

    async def quiet(self) -> None:
        """Wait until nothing is painted any more."""
        while True:
            self._painted.clear()
            try:
                await asyncio.wait_for(self._painted.wait(), _SECONDS_WITHOUT_PAINTING)
            except TimeoutError:
                return

    async def to_paint(self, act: Callable[[], object]) -> float:
        """Milliseconds from `act` to the first painting after it."""
        await self.quiet()
        self._painted.clear()
        start = perf_counter()
        act()
        await asyncio.wait_for(self._painted.wait(), 120)
        return (self._painted_at - start) * 1_000

    async def paintings(self, act: Callable[[], object]) -> list[float]:
        """Milliseconds from `act` to every painting until nothing more comes of it."""
        await self.quiet()
        start = perf_counter()
        self._painted.clear()
        act()
        times: list[float] = []
        while True:
            await asyncio.wait_for(self._painted.wait(), 120)
            self._painted.clear()
            times.append((self._painted_at - start) * 1_000)
            if not any(worker.is_running for worker in self.workers):
                return times

    async def processor(self, act: Callable[[], object]) -> float:
        """Milliseconds of processor from `act` to the end of the first painting after it."""
        await self.quiet()
        self._painted.clear()
        start = process_time()
        act()
        await asyncio.wait_for(self._painted.wait(), 120)
        return (self._processor_at - start) * 1_000


class PaintingApp(Painting):
    """Shows one widget."""

    def __init__(self, widget: Widget) -> None:
        super().__init__()
        self.widget = widget

    def compose(self) -> list[Widget]:
        """The widget alone."""
        return [self.widget]

    def on_mount(self) -> None:
        """Keys go to the widget."""
        self.widget.focus()
