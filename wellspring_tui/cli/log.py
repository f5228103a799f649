"""A defect, written down for whoever mends it."""

from __future__ import annotations

import os
import traceback
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from wellspring_tui.errors import WellspringError

if TYPE_CHECKING:
    from wellspring_tui.cli.chosen import Chosen
    from wellspring_tui.settings import Settings


def record(error: Exception, chosen: Chosen) -> str:
    """Append the traceback of `error` to the log file; the sentence that tells of it."""
    what = f"something went wrong in Wellspring itself ({_place(error)})"
    trace = "".join(traceback.format_exception(error))
    try:
        settings = chosen.settings()
        path = settings.places.logs / "wellspring.log"
        _append(path, _without_keys(trace, settings))
    except (WellspringError, OSError):
        # The message stays out of it: it may hold what must not be shown.
        return f"{what}, and the log can't be written."
    return f"{what}. The details are in {path}."


def _place(error: Exception) -> str:
    """What it was and where, without its message."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f" in {Path(frames[-1].filename).name}, line {frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{where}"


def _append(path: Path, text: str) -> None:
    from wellspring_tui.private import make_folder

    make_folder(path.parent)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(handle, "a", encoding="utf-8", errors="replace") as log:
        log.write(f"{datetime.now(UTC).isoformat(timespec='seconds')} {text}\n")


def _without_keys(text: str, settings: Settings) -> str:
    for profile in settings.services.values():
        key = settings.environment.get(profile.key_variable, "").strip()
        text = text.replace(key, "[key]") if key else text
    return text
