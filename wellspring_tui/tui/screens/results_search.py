"""Searching all answers of a job in a thread while one types: the latest words win."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.content import Content

from wellspring_tui.errors import StoppedError
from wellspring_tui.progress import Progress
from wellspring_tui.tui import look
from wellspring_tui.tui.carrier import in_thread

if TYPE_CHECKING:
    from collections.abc import Callable

    from wellspring_tui.answers.results import Results
    from wellspring_tui.answers.searching import Found, Where
    from wellspring_tui.tui.screens.results_chosen import Chosen

_LINGER_SECONDS = 0.04
"""How long the words stay as they are before they are searched for: people type in bursts."""
_PATIENCE_SECONDS = 0.3
"""A search that takes longer says how far it is."""

_TELL_EVERY_SECONDS = 0.25
"""How often the list grows while a search is under way."""


@dataclass(frozen=True, slots=True)
class Query:
    """What is searched for."""

    words: str
    where: Where = "answers"
    growing: bool = True
    """Tell what is found at once; else only all of it, when a search is done again."""


class Searching:
    """One search at a time over the answers, or prompts, of a job."""

    def __init__(self, results: Results, told: Callable[[Found], None]) -> None:
        """`told` hears, in the event loop, what the search has found so far."""
        self.share: int | None = None
        """Percent of the files gone through, once a search takes a while."""
        self._results = results
        self._told = told
        self._search = Progress()

    def stop(self) -> None:
        """End the search that is under way."""
        self._search.stopped.set()
        self.share = None

    async def run(self, query: Query) -> None:
        """Search, ending the search before; returns when it is done or was ended.

        Raises StorageError.
        """
        self.stop()
        await asyncio.sleep(_LINGER_SECONDS)
        loop, began = asyncio.get_running_loop(), time.monotonic()

        def heard(_what: str, done: int, total: int | None) -> None:
            if total and time.monotonic() - began > _PATIENCE_SECONDS:
                self.share = done * 100 // total

        search = self._search = Progress(heard)

        def tell(found: Found) -> None:
            if not search.stopped.is_set():
                self._told(found)

        def run() -> None:
            told_at = 0.0
            for found in self._results.search(query.words, search, where=query.where):
                is_due = query.growing and time.monotonic() - told_at > _TELL_EVERY_SECONDS
                if is_due or found.complete:
                    told_at = time.monotonic()
                    loop.call_soon_threadsafe(tell, found)

        try:
            await in_thread(run)
        except StoppedError:
            return
        finally:
            if search is self._search:
                self.share = None


def found_line(chosen: Chosen, share: int | None, here: tuple[int, int]) -> Content:
    """`3 of 7 here · 137 in 23 answers`, with how far the search is while it takes long.

    `here`: which place in the text one stands on, from 1, and how many there are.
    """
    pieces: list[Content] = []
    if share is not None:
        pieces.append(Content.styled(f"◐ {share} %", look.BUSY))
    number, count = here
    if chosen.found is not None and chosen.found.complete and not chosen.rows:
        pieces.append(Content.styled("nothing found", look.WARN))
    elif chosen.found is not None and chosen.rows:
        if count:
            pieces.append(Content(f"{number:,} of {count:,} here"))
        answers = "answer" if len(chosen.rows) == 1 else "answers"
        pieces.append(Content(f"{chosen.hit_count:,} in {len(chosen.rows):,} {answers}"))
    return Content(" · ").join(pieces)
