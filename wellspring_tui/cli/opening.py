"""Opening the dashboard.

Kept clear of click, which takes a tenth of the time to the first paint.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from typing import TYPE_CHECKING

from wellspring_tui.cli.output import on_terminal
from wellspring_tui.errors import InputError

if TYPE_CHECKING:
    from wellspring_tui.cli.chosen import Chosen

_LOOK_SECONDS = 1.0


def open_dashboard(chosen: Chosen, *, demo: bool = False) -> int:
    """Open the dashboard; the exit code, when the person has left it.

    Raises InputError where there is no terminal to show it on.
    """
    in_browser = "TEXTUAL_DRIVER" in os.environ  # `wellspring serve` shows it there
    if not in_browser and not (on_terminal(sys.stdin) and on_terminal(sys.stdout)):
        raise InputError(
            "the dashboard needs a terminal",
            todo="`wellspring --help` lists what works without one.",
        )
    settings = chosen.settings()
    # A locked keyring may ask for its password, which it can't once the screen is ours.
    settings.has_key(settings.profile())
    from wellspring_tui.tui.app import run

    if in_browser:
        threading.Thread(target=_leave_with_the_server, daemon=True).start()
    return run(settings, demo=demo, mouse=not chosen.no_mouse)


def _leave_with_the_server() -> None:
    """A server that is killed can't end its dashboards; they would run on, unseen."""
    server = os.getppid()
    while os.getppid() == server:
        time.sleep(_LOOK_SECONDS)
    os.kill(os.getpid(), signal.SIGTERM)
