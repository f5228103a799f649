"""Opening the dashboard.

Kept clear of click, which takes a tenth of the time to the first paint.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from wellspring_tui.cli.output import on_terminal
from wellspring_tui.errors import InputError

if TYPE_CHECKING:
    from wellspring_tui.cli.chosen import Chosen


def open_dashboard(chosen: Chosen, *, demo: bool = False) -> int:
    """Open the dashboard; the exit code, when the person has left it.

    Raises InputError where there is no terminal to show it on.
    """
    if not (on_terminal(sys.stdin) and on_terminal(sys.stdout)):
        raise InputError(
            "the dashboard needs a terminal",
            todo="`wellspring --help` lists what works without one.",
        )
    settings = chosen.settings()
    from wellspring_tui.tui.app import run

    return run(settings, demo=demo, mouse=not chosen.no_mouse)
