"""API keys in the system's keyring: kept and taken out, never shown."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from wellspring_tui.cli import options
from wellspring_tui.cli.output import on_terminal, say
from wellspring_tui.errors import InputError

if TYPE_CHECKING:
    from wellspring_tui.cli.chosen import Chosen
    from wellspring_tui.service_profiles import ServiceProfile
    from wellspring_tui.settings import Settings

_MOST_BYTES = 10_000
"""More than any key has, and less than a file given by mistake."""


@click.command(
    "set-key",
    epilog=options.examples(
        "wellspring config set-key                    asks for it, and shows nothing",
        "wellspring config set-key --service lab",
        "pass show openai | wellspring config set-key",
    ),
)
@options.places
@options.pass_chosen
def set_key(chosen: Chosen) -> None:
    """Keep the API key of a service in the system's keyring.

    It is asked for, or read from stdin when that is no terminal. A key in the environment
    or in .env is used before it. It needs the extra: pip install 'wellspring-tui[keyring]'.
    """
    settings = chosen.settings()
    profile = _with_key(settings)
    from wellspring_tui.keychain import end_of_key

    key = _typed(profile) if on_terminal(sys.stdin) else _piped()
    _refuse_unfit(key)
    name = settings.keychain.keep(profile.name, key)
    end = end_of_key(key)
    shown = f", which ends in {end}," if end else ""
    say(f"the key for {profile.name}{shown} is kept in the keyring ({name}).{_beaten(settings)}")


@click.command(
    "unset-key",
    epilog=options.examples(
        "wellspring config unset-key", "wellspring config unset-key --service lab"
    ),
)
@options.places
@options.pass_chosen
def unset_key(chosen: Chosen) -> None:
    """Take the API key of a service out of the system's keyring."""
    settings = chosen.settings()
    profile = _with_key(settings)
    if settings.keychain.forget(profile.name):
        say(f"the key for {profile.name} is taken out of the keyring.{_beaten(settings)}")
    else:
        say(f"there was no key for {profile.name} in the keyring.{_beaten(settings)}")


def _with_key(settings: Settings) -> ServiceProfile:
    profile = settings.profile()
    if profile.is_local:
        raise InputError(
            "the built-in service takes no key", todo="Name another with --service NAME."
        )
    return profile


def _typed(profile: ServiceProfile) -> str:
    key: str = click.prompt(f"API key for {profile.name}", hide_input=True, err=True)
    return key.strip()


def _piped() -> str:
    if sys.stdin is None:  # the shell closed it: `<&-`
        return ""
    return sys.stdin.buffer.read(_MOST_BYTES).decode("utf-8", "replace").strip()


def _refuse_unfit(key: str) -> None:
    """Raises InputError for what no header takes; what was given stays out of the sentence."""
    from wellspring_tui.keychain import fit_for_key

    if not key:
        raise InputError("no key was given", where="stdin", todo="Pipe one in, or type it.")
    if len(key) >= _MOST_BYTES or len(key.split()) > 1 or not fit_for_key(key):
        raise InputError(
            "that is no API key: expected one line of ASCII without spaces", where="stdin"
        )


def _beaten(settings: Settings) -> str:
    """A sentence about what is used before the keyring; empty when nothing is."""
    origin = settings.origin(f"services.{settings.service}.key")
    return f" But {origin.words} is used before it." if origin.beats_file else ""
