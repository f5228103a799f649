"""What works, and what to do about what doesn't."""

from __future__ import annotations

import os
import platform
import shutil
import stat
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from wellspring_tui import __version__
from wellspring_tui.cli import options
from wellspring_tui.cli.output import data, json_data
from wellspring_tui.errors import ExitCode, ServiceError, WellspringError
from wellspring_tui.figures import size
from wellspring_tui.text import one_line, shown_url

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from wellspring_tui.cli.chosen import Chosen
    from wellspring_tui.settings import ServiceProfile, Settings
    from wellspring_tui.wellspring import Wellspring

_LITTLE_ROOM_BYTES = 1_000_000_000
_MARKS = {"ok": "✓", "warning": "!", "error": "✗"}
_LOCAL = "local"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    what: str
    state: str = "ok"
    """`ok`, `warning` or `error`."""
    todo: str | None = None
    code: ExitCode = ExitCode.OK


@click.command(
    epilog=options.examples("wellspring doctor", "wellspring doctor --service local --json")
)
@options.json_option
@options.places
@options.pass_chosen
def doctor(chosen: Chosen, *, as_json: bool) -> ExitCode:
    """Look at paths, settings, key and service, and say what to do.

    Answers with 0 when all is well, 2 when something here must be mended, 3 when it is
    the key or the service.
    """
    findings = []
    for finding in _findings(chosen):
        findings.append(finding)
        if not as_json:
            data(_line(finding))  # one by one: asking a service may take a while
    if as_json:
        json_data([_shape(finding) for finding in findings])
    codes = {finding.code for finding in findings if finding.state == "error"}
    return ExitCode.INPUT if ExitCode.INPUT in codes else max(codes, default=ExitCode.OK)


def _findings(chosen: Chosen) -> Iterator[Finding]:
    yield Finding(
        f"Wellspring {__version__}, Python {platform.python_version()} ({sys.executable})"
    )
    try:
        settings = chosen.settings()
        yield from _places(settings)
        with chosen.wellspring() as wellspring:
            jobs = wellspring.count_jobs()
            yield Finding(
                f"ledger: {settings.places.ledger}, {jobs:,} job{'' if jobs == 1 else 's'}"
            )
            yield from _service(wellspring, settings.profile())
            yield _others(settings)
            if not settings.profile().is_local:
                yield _answer(wellspring, settings.profile(_LOCAL))
    except WellspringError as error:
        yield _error(error)


def _places(settings: Settings) -> Iterator[Finding]:
    home = settings.places.data
    yield _home(home)
    free = shutil.disk_usage(_nearest(home)).free
    if free < _LITTLE_ROOM_BYTES:
        yield Finding(f"disk: only {size(free)} free", "warning", "Make room before a large job.")
    else:
        yield Finding(f"disk: {size(free)} free")
    config = settings.places.config
    there = config.is_file()
    yield Finding(f"settings: {config}" if there else f"settings: none at {config}, all defaults")


def _home(home: Path) -> Finding:
    if not home.exists():
        return Finding(f"home: {home} (will be made)")
    mode = stat.S_IMODE(home.stat().st_mode)
    if os.name == "posix" and mode & 0o077:
        return Finding(
            f"home: {home} can be read by others (mode {mode:04o})",
            "warning",
            f"chmod 700 {home}",
        )
    return Finding(f"home: {home}")


def _nearest(path: Path) -> Path:
    return next(folder for folder in (path, *path.parents) if folder.exists())


def _service(wellspring: Wellspring, profile: ServiceProfile) -> Iterator[Finding]:
    if profile.is_local:
        yield Finding(f"service: {profile.name}, built in, needs no key: {profile.answered_by}")
        yield _answer(wellspring, profile)
        return
    address = shown_url(profile.base_url) if profile.base_url else "no address yet"
    yield Finding(
        f"service: {profile.name}, {address}, "
        f"{profile.max_requests:,} requests and {size(profile.max_bytes)} a batch"
    )
    settings = wellspring.settings
    if not settings.has_key(profile):
        yield Finding(
            f"key: {profile.key_variable} is not set",
            "error",
            f"Set it in the environment or in .env, or use --service {_LOCAL}.",
            ExitCode.SERVICE,
        )
        return
    source = settings.origin(f"services.{profile.name}.key").words
    end = settings.key_end(profile)
    shown = f"ends in {end}" if end else "too short to show"
    yield Finding(f"key: {source}, {shown}")
    yield _answer(wellspring, profile)


def _others(settings: Settings) -> Finding:
    """What else `--service` takes, and the variables that each wants."""
    in_use = {profile.name for profile in settings.in_use}
    known = (
        f"{name} ({profile.needs})" if profile.needs else name
        for name, profile in settings.services.items()
        if name not in in_use
    )
    return Finding(f"services set up: {', '.join(sorted(in_use))}; known too: {', '.join(known)}")


def _answer(wellspring: Wellspring, profile: ServiceProfile) -> Finding:
    name = "the built-in service" if profile.is_local else profile.name
    try:
        wellspring.ping(profile.name)
    except ServiceError as error:
        return _error(error)
    by = f" ({profile.answered_by})" if profile.answered_by else ""
    return Finding(f"{name} answers{by}")


def _error(error: WellspringError) -> Finding:
    what = f"{error.where}: {error.what}" if error.where else error.what
    return Finding(what, "error", error.todo, error.exit_code)


def _line(finding: Finding) -> str:
    todo = f"\n    {one_line(finding.todo)}" if finding.todo else ""
    return f"{_MARKS[finding.state]} {one_line(finding.what)}{todo}"


def _shape(finding: Finding) -> dict[str, str | None]:
    return {"state": finding.state, "what": finding.what, "todo": finding.todo}
