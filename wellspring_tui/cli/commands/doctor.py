"""What works, and what to do about what doesn't."""

from __future__ import annotations

import platform
import sys
from typing import TYPE_CHECKING

import click

from wellspring_tui import __version__
from wellspring_tui.cli import examining, json_help, options
from wellspring_tui.cli.examining import Finding, State
from wellspring_tui.cli.output import data, json_data
from wellspring_tui.errors import CredentialsError, ExitCode, ServiceError, WellspringError
from wellspring_tui.figures import duration, size
from wellspring_tui.text import one_line, shown_url

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import timedelta

    from wellspring_tui.cli.chosen import Chosen
    from wellspring_tui.service_profiles import ServiceProfile
    from wellspring_tui.settings import Settings
    from wellspring_tui.wellspring import Wellspring

_MARKS = {State.OK: "✓", State.NOTE: "–", State.WARNING: "!", State.ERROR: "✗"}
_LOCAL = "local"
_TOLERATED_SECONDS = 120
"""OpenAI's webhooks are refused from 300 seconds on (`openai.webhooks.verify_signature`)."""


@click.command(
    epilog=json_help.told(json_help.FINDINGS)
    + options.examples(
        "wellspring doctor",
        "wellspring doctor --service local --json",
        "wellspring doctor --json | jq '.[] | select(.state == \"error\")'",
    )
)
@options.json_option
@options.places
@options.pass_chosen
def doctor(chosen: Chosen, *, as_json: bool) -> ExitCode:
    """Look at settings, folders, key, service and clock; say what to do.

    Answers with 0 when all is well, 2 when something here must be mended, 3 when it is
    the key or the service. ✓ is fine, – is not there and not needed, ! is worth a look, and
    ✗ must be mended.
    """
    findings = []
    for finding in _findings(chosen):
        findings.append(finding)
        if not as_json:
            data(_line(finding))  # one by one: asking a service may take a while
    if as_json:
        json_data([_shape(finding) for finding in findings])
    codes = {finding.code for finding in findings if finding.state is State.ERROR}
    return ExitCode.INPUT if ExitCode.INPUT in codes else max(codes, default=ExitCode.OK)


def _findings(chosen: Chosen) -> Iterator[Finding]:
    running = f"Wellspring {__version__}, Python {platform.python_version()} ({sys.executable})"
    yield Finding("program", running)
    from wellspring_tui.settings import find_places

    try:
        places = find_places(chosen.home)
    except WellspringError as error:
        yield Finding.of("settings", error)
        return
    yield from examining.folders(places)
    yield examining.disk(places)
    yield Finding("log", f"log: {places.log}")
    try:
        settings = chosen.settings()
    except WellspringError as error:
        yield Finding.of("settings", error)
    else:
        there = places.config.is_file()
        which = f"{places.config}" if there else f"none at {places.config}, all defaults"
        yield Finding("settings", f"settings: {which}")
        yield from _jobs_and_services(chosen, settings)
    yield examining.terminal()
    yield from examining.extras()


def _jobs_and_services(chosen: Chosen, settings: Settings) -> Iterator[Finding]:
    try:
        with chosen.wellspring() as wellspring:
            yield _ledger(wellspring)
            yield from _service(wellspring, settings.profile())
            yield _others(settings)
            if not settings.profile().is_local:
                yield from _answer(wellspring, settings.profile(_LOCAL))
    except WellspringError as error:
        yield Finding.of("ledger", error)


def _ledger(wellspring: Wellspring) -> Finding:
    path = wellspring.settings.places.ledger
    damage = wellspring.damage()
    if damage is not None:
        return Finding(
            "ledger",
            f"ledger: {path} is damaged ({one_line(damage, 120)})",
            State.ERROR,
            "Keep a copy and move it away: a new one is made, and `wellspring adopt` finds the "
            "batches again.",
            ExitCode.INPUT,
        )
    jobs = wellspring.count_jobs()
    return Finding("ledger", f"ledger: {path}, {jobs:,} job{'' if jobs == 1 else 's'}, sound")


def _service(wellspring: Wellspring, profile: ServiceProfile) -> Iterator[Finding]:
    if profile.is_local:
        what = f"service: {profile.name}, built in, needs no key: {profile.answered_by}"
        yield Finding("service", what)
        yield from _answer(wellspring, profile)
        return
    address = shown_url(profile.base_url) if profile.base_url else "no address yet"
    yield Finding(
        "service",
        f"service: {profile.name}, {address}, "
        f"{profile.max_requests:,} requests and {size(profile.max_bytes)} a batch",
    )
    settings = wellspring.settings
    if not settings.has_key(profile):
        trouble = f", and {settings.keychain.trouble}" if settings.keychain.trouble else ""
        yield Finding(
            "key",
            f"key: {profile.key_variable} is not set{trouble}",
            State.ERROR,
            "Set it in the environment or in .env, keep one in the keyring with `wellspring "
            f"config set-key`, or use --service {_LOCAL}.",
            ExitCode.SERVICE,
        )
        return
    try:
        end = settings.key_end(profile)
    except CredentialsError as error:
        yield Finding.of("key", error)
        return
    source = settings.origin(f"services.{profile.name}.key").words
    shown = f"ends in {end}" if end else "too short to show"
    yield Finding("key", f"key: {source}, {shown}")
    yield from _answer(wellspring, profile)


def _others(settings: Settings) -> Finding:
    """What else `--service` takes, and the variables that each wants."""
    in_use = {profile.name for profile in settings.in_use}
    known = (
        f"{name} ({profile.needs})" if profile.needs else name
        for name, profile in settings.services.items()
        if name not in in_use
    )
    what = f"services set up: {', '.join(sorted(in_use))}; known too: {', '.join(known)}"
    return Finding("services", what)


def _answer(wellspring: Wellspring, profile: ServiceProfile) -> Iterator[Finding]:
    name = "the built-in service" if profile.is_local else profile.name
    check = "built-in" if profile.is_local else "answer"
    try:
        ahead = wellspring.ping(profile.name)
    except CredentialsError as error:
        yield Finding.of("key", error)
    except ServiceError as error:
        yield Finding.of(check, error)
    else:
        by = f" ({profile.answered_by})" if profile.answered_by else ""
        yield Finding(check, f"{name} answers{by}")
        if ahead is not None and not profile.is_local:  # that one has this machine's clock
            yield _clock(ahead, name)


def _clock(ahead: timedelta, service: str) -> Finding:
    seconds = ahead.total_seconds()
    if abs(seconds) <= _TOLERATED_SECONDS:
        return Finding("clock", f"clock: as {service} has it")
    way = "ahead of" if seconds > 0 else "behind"
    return Finding(
        "clock",
        f"clock: {duration(abs(seconds))} {way} that of {service}",
        State.WARNING,
        "Set it by the network (on Linux: timedatectl set-ntp true); else webhooks are refused, "
        "and times left are wrong.",
    )


def _line(finding: Finding) -> str:
    todo = f"\n    {one_line(finding.todo)}" if finding.todo else ""
    return f"{_MARKS[finding.state]} {one_line(finding.what)}{todo}"


def _shape(finding: Finding) -> dict[str, str | None]:
    return {
        "check": finding.check,
        "state": finding.state.value,
        "what": finding.what,
        "todo": finding.todo,
    }
