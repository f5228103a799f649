"""A defect, written down for whoever mends it."""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import TYPE_CHECKING

from wellspring_tui import log
from wellspring_tui.errors import WellspringError

if TYPE_CHECKING:
    from wellspring_tui.cli.chosen import Chosen


def record(error: Exception, chosen: Chosen) -> str:
    """Write the traceback of `error` to the log; the sentence that tells of it."""
    what = f"something went wrong in Wellspring itself ({_place(error)})"
    try:
        path = chosen.settings().places.log
    except WellspringError:
        # The message stays out of it: it may hold what must not be shown.
        return f"{what}, and the log can't be written."
    log.logger(__name__).error("something went wrong in Wellspring itself", exc_info=error)
    if log.trouble() is not None:
        return f"{what}, and the log can't be written."
    return f"{what}. The details are in {path}."


def _place(error: Exception) -> str:
    """What it was and where, without its message."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f" in {Path(frames[-1].filename).name}, line {frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{where}"
