"""What is said when jobs have ended: a toast each, or one for many."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wellspring_tui.text import one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import App

    from wellspring_tui.jobs.model import Job

_TOLD_ONE_BY_ONE = 3


def tell_of_ended(app: App[None], jobs: Sequence[Job]) -> None:
    """Say which jobs have ended, and how well."""
    if len(jobs) > _TOLD_ONE_BY_ONE:
        _tell_of_many(app, jobs)
        return
    for job in jobs:
        good = job.all_answered
        outcome = f"{job.completed:,} answered" + (
            "" if good else f", {job.failed:,} failed, {job.missing:,} missing"
        )
        app.notify(
            f"{one_line(job.name, 40)}: {outcome}",
            title=f"Job {job.status}",
            severity="information" if good else "warning",
            markup=False,
        )


def _tell_of_many(app: App[None], jobs: Sequence[Job]) -> None:
    good = [job for job in jobs if job.all_answered]
    others = [job for job in jobs if not job.all_answered]
    lines = [f"{len(good):,} with all their answers"] if good else []
    if others:
        names = ", ".join(one_line(job.name, 30) for job in others[:_TOLD_ONE_BY_ONE])
        more = f" and {len(others) - _TOLD_ONE_BY_ONE:,} more"
        names += more if len(others) > _TOLD_ONE_BY_ONE else ""
        lines.append(f"{len(others):,} with failures or gaps: {names}")
    app.notify(
        "\n".join(lines),
        title=f"{len(jobs):,} jobs ended",
        severity="warning" if others else "information",
        markup=False,
    )
