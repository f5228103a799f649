"""Homes of tests, and the end of what runs in them."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from wellspring_tui.jobs.model import Job
    from wellspring_tui.settings import Settings
    from wellspring_tui.wellspring import Wellspring

_PATIENCE_SECONDS = 30.0
_HARDLY_A_PAUSE_SECONDS = 0.02


def sent_to(settings: Settings, url: str | None, **others: float) -> Settings:
    """The same settings with jobs going to `url`, within other limits, and hardly any waiting.

    None sends them to a built-in service of the home's own. Which windows it takes is not known
    before it is asked.
    """
    given: dict[str, object] = {"backoff_seconds": _HARDLY_A_PAUSE_SECONDS, **others}
    given["windows"] = None
    profile = replace(settings.profile("local"), base_url=url, **given)  # type: ignore[arg-type]
    return replace(settings, services={**settings.services, "local": profile})


def until(reached: Callable[[], bool], what: str) -> None:
    """Wait until `reached`; a test that waits in vain fails, naming `what`."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not reached():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.02)


def real_time_folder(home: Path) -> Path:
    """Where the built-in service in front of the one provider of `home` keeps its things."""
    (folder,) = (home / "real-time").iterdir()
    return folder


def pid_of_builtin(home: Path, folder: Path | None = None) -> int | None:
    """The process of the built-in service that runs in `home`, or in `folder`, if one does."""
    try:
        return int(json.loads(((folder or home / "local") / "service.json").read_bytes())["pid"])
    except (OSError, ValueError):
        return None


def has_stopped(home: Path, folder: Path | None = None) -> bool:
    """Whether no built-in service runs there: it holds its lock as long as it lives."""
    lock = (folder or home / "local") / "service.lock"
    if not lock.exists():
        return True
    try:
        with FileLock(lock, timeout=0, mode=0o600):
            return True
    except Timeout:
        return False


def stop_builtin(home: Path) -> None:
    """Stop the built-in services of `home` and wait until they are gone."""
    for folder in (home / "local", *home.glob("real-time/*")):
        _stop(home, folder)


def _stop(home: Path, folder: Path) -> None:
    def gone() -> bool:
        if has_stopped(home, folder):
            return True
        pid = pid_of_builtin(home, folder)
        if pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
        return False

    until(gone, "the built-in service to stop")


def carry(wellspring: Wellspring, job_id: str) -> Job:
    """Tick until a job is collected."""

    def collected() -> bool:
        wellspring.tick()
        return wellspring.job(job_id).collected

    until(collected, f"the job {job_id} to be collected")
    return wellspring.job(job_id)
