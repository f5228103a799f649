"""Homes with things in them that nobody needs any more."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from tests.support.carried import OPTIONS
from tests.support.homes import carry
from wellspring_tui.jobs.litter import Scope
from wellspring_tui.private import make_folder

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from wellspring_tui.jobs.litter import Kind, Litter
    from wellspring_tui.jobs.model import Job
    from wellspring_tui.services.client import Service
    from wellspring_tui.wellspring import Wellspring

A_MONTH_AGO = -30 * 86_400.0
DISK = Scope(services=False)
SERVICES = Scope(disk=False)


def put(path: Path, content: bytes = b"x", *, age_seconds: float = 0.0) -> Path:
    """A file, last written so long ago."""
    make_folder(path.parent)
    path.write_bytes(content)
    age(path, age_seconds)
    return path


def age(path: Path, seconds: float) -> None:
    """Make a file or folder look as if it had last been written so long ago."""
    at = path.stat().st_mtime - seconds
    os.utime(path, (at, at))


def aged_folder(folder: Path, seconds: float) -> None:
    """The same for a folder and all that is in it."""
    for path in (*folder.rglob("*"), folder):
        age(path, seconds)


def answered(wellspring: Wellspring, prompts_path: Path) -> Job:
    """A job with all its answers on disk."""
    return carry(wellspring, wellspring.submit(prompts_path, OPTIONS).id)


def littered(wellspring: Wellspring, job: Job) -> list[Path]:
    """Leave things of every kind about, as broken-off work does; what they are."""
    places = wellspring.settings.places
    week = 8 * 86_400.0
    return [
        put(places.inputs(job.id) / "part-002.jsonl"),
        put(places.inputs(job.id) / "part-003.jsonl.tmp"),
        put(places.outputs(job.id) / "part-001.output.tmp"),
        put(places.outputs(job.id) / "answers.jsonl", age_seconds=week),
        put(places.outputs(job.id) / ".wellspring-abc", age_seconds=week),
        put(places.data / ".wellspring-abc", age_seconds=week),
        put(places.data / "input" / ".wellspring-abc", age_seconds=week),
        put(places.logs / "wellspring.log.2", age_seconds=week),
        _old_copy(places.data / "incoming" / "tmpabc" / "prompts.json", week),
        _old_copy(places.data / "stdin" / "0123abcd" / "stdin", week),
    ]


def _old_copy(path: Path, seconds: float) -> Path:
    put(path)
    aged_folder(path.parent, seconds)
    return path.parent


def kinds(litter: Sequence[Litter]) -> list[Kind]:
    """What was found, in order of the words."""
    return sorted(one.kind for one in litter)


def files_on(remote: Service) -> set[str]:
    """The ids of all files that a service has."""
    return {file.id for file in remote.files()}


def files_of(wellspring: Wellspring, job: Job) -> set[str]:
    """The ids of a job's files on its service."""
    ids = {
        own_id
        for part in wellspring.ledger.parts(job.id)
        for own_id in (part.input_file_id, part.output_file_id, part.error_file_id)
    }
    return {own_id for own_id in ids if own_id}
