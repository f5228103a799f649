"""Leaving when the system says so: the terminal as it was, or at once when it is gone."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from textual.app import App


def heed(app: App[None]) -> None:
    """End the app in good order on SIGTERM and SIGHUP; to be called in its event loop."""
    if sys.platform == "win32":  # its event loop knows no signals
        return
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, partial(app.exit, return_code=128 + signal.SIGTERM))

    def hang_up(number: int, _frame: object) -> None:
        # Nobody takes what the app writes into a closed terminal, and it would wait for ever.
        # The ledger may be left at any moment.
        if _terminal_is_gone():
            os._exit(128 + number)
        loop.call_soon_threadsafe(partial(app.exit, return_code=128 + number))

    # Not by the event loop, which may be waiting for the terminal already.
    signal.signal(signal.SIGHUP, hang_up)


def _terminal_is_gone() -> bool:
    import termios

    try:
        termios.tcgetattr(sys.__stdout__ or 1)
    except termios.error:
        return True
    return False
