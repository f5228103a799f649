"""What the user set: flags, then environment, then `.env`, then `config.toml`.

A key that none of them has may be in the system's keyring.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from wellspring_tui.config_tables import checked, parsed, read_config
from wellspring_tui.errors import CredentialsError, SettingsError
from wellspring_tui.keychain import Keychain, end_of_key, fit_for_key
from wellspring_tui.notices import Notices
from wellspring_tui.origins import VARIABLES, Kind, Origin, Sources
from wellspring_tui.places import places_of
from wellspring_tui.service_profiles import LOCAL, OPENAI, profiles, refuse_without_address
from wellspring_tui.text import one_line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wellspring_tui.config_tables import ConfigTables
    from wellspring_tui.places import Places
    from wellspring_tui.service_profiles import ServiceProfile

_SHORTEST_LOCAL_INTERVAL = 2.0
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
_OTHER_LEVELS = {"TRACE": "DEBUG", "WARN": "WARNING", "FATAL": "ERROR", "CRITICAL": "ERROR"}
_FLAGS = {
    "home": "--home",
    "service": "--service",
    "theme": "--theme",
    "check_interval": "--refresh",
}


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that was set, by whatever means."""

    places: Places
    service: str
    services: Mapping[str, ServiceProfile]
    check_interval_seconds: float = 60.0
    local_check_interval_seconds: float = _SHORTEST_LOCAL_INTERVAL
    pace_seconds: float = 10.0
    """How long the built-in service takes over a batch."""
    log_level: str = "INFO"
    theme: str | None = None
    max_cost: Decimal | None = None
    """The most that a job may cost, in dollars."""
    request_defaults: Mapping[str, object] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    keychain: Keychain = field(default_factory=Keychain, repr=False, compare=False)
    """Asked for keys that the environment does not hold."""
    notices: Notices = field(default_factory=Notices)
    read_only: bool = False
    """Whether jobs may be looked at only."""
    sources: Sources = field(default_factory=Sources, repr=False)

    def profile(self, name: str | None = None) -> ServiceProfile:
        """The profile of a service, the chosen one by default. Raises SettingsError."""
        wanted = name or self.service
        if wanted in self.services:
            return self.services[wanted]
        raise SettingsError(
            f"there is no service “{one_line(wanted, 40)}”",
            todo=f"Known: {', '.join(sorted(self.services))}. Others go into config.toml.",
        )

    @property
    def in_use(self) -> tuple[ServiceProfile, ...]:
        """The services to choose from: the chosen one, and those that somebody has set up.

        A key in the keyring counts once it was found; it is not looked for here.
        """
        return tuple(
            profile
            for profile in self.services.values()
            if not profile.shipped
            or profile.name == self.service
            or (not profile.is_local and self._exported_key(profile))
            or self.keychain.has_found(profile.asked)
        )

    def key(self, profile: ServiceProfile) -> str:
        """The API key of a service. Raises CredentialsError when none is set, or no address."""
        refuse_without_address(profile)
        if profile.is_local:
            return "built-in"
        key = self._found_key(profile)
        if key and not fit_for_key(key):
            raise CredentialsError(
                f"the API key for the service {profile.asked} holds characters that no key has",
                todo="Copy it again.",
            )
        if key:
            return key
        trouble = f", and {self.keychain.trouble}" if self.keychain.trouble else ""
        raise CredentialsError(
            f"there is no API key for the service {profile.asked}{trouble}",
            todo=f"Set {profile.key_variable}, or keep one in the keyring with `wellspring config "
            f"set-key`, or use --service {LOCAL} for the built-in service.",
        )

    def key_end(self, profile: ServiceProfile) -> str | None:
        """The last characters of a service's key, all that may be shown of it.

        None when it is so short that they would tell much of it. Raises CredentialsError.
        """
        return end_of_key(self.key(profile))

    def origin(self, key: str) -> Origin:
        """Where a setting came from; `services.NAME.key` is the API key of a service."""
        service, _, last = key.removeprefix("services.").rpartition(".")
        if last != "key" or service not in self.services:
            return self.sources.of(key)
        profile = self.services[service]
        if self._exported_key(profile) or not self.has_key(profile):
            return self.sources.of(key, profile.key_variable)
        return Origin(Kind.KEYRING)

    def has_key(self, profile: ServiceProfile) -> bool:
        """Whether the service can be asked at all."""
        return profile.is_local or bool(self._found_key(profile))

    def look_for_keys(self) -> None:
        """Ask the keyring for what is not in the environment. Work for a thread.

        It is not asked for services that are only known: each question may ask the person.
        """
        for profile in self.in_use:
            self.has_key(profile)

    def _found_key(self, profile: ServiceProfile) -> str:
        return self._exported_key(profile) or self.keychain.key(profile.asked) or ""

    def _exported_key(self, profile: ServiceProfile) -> str:
        return self.environment.get(profile.key_variable, "").strip()


def load_settings(
    *,
    home: Path | None = None,
    service: str | None = None,
    theme: str | None = None,
    check_interval: float | None = None,
    read_only: bool = False,
) -> Settings:
    """Settings from all four sources; arguments are the flags. Raises SettingsError."""
    environment, dotenv = _environment()
    places = places_of(home, environment)
    raw = read_config(places.config)
    given = {"home": home, "service": service, "theme": theme, "check_interval": check_interval}
    flags = {key: _FLAGS[key] for key, value in given.items() if value is not None}
    exported = frozenset(name for name, value in os.environ.items() if value.strip())
    settings = _settled(checked(raw, str(places.config)), environment, places)
    return replace(
        settings,
        service=settings.profile(service).name,
        theme=theme or settings.theme,
        check_interval_seconds=check_interval or settings.check_interval_seconds,
        read_only=read_only,
        sources=Sources(flags, exported, dotenv, raw),
    )


def find_places(home: Path | None = None) -> Places:
    """Where things are kept, whatever `config.toml` says. Raises SettingsError for `.env`."""
    environment, _ = _environment()
    return places_of(home, environment)


def refuse_bad_config(text: str, path: Path) -> None:
    """Raises SettingsError when `text` is nothing that `config.toml` may hold."""
    _settled(checked(parsed(text, str(path)), str(path)), {}, places_of(path.parent, {})).profile()


def reread(settings: Settings) -> Settings:
    """Settings by the file as it is now, with the same flags and the same environment.

    Raises SettingsError.
    """
    raw = read_config(settings.places.config)
    config = checked(raw, str(settings.places.config))
    fresh = _settled(config, settings.environment, settings.places)
    fields = {"service": "service", "theme": "theme", "check_interval": "check_interval_seconds"}
    flagged = (fields[key] for key in settings.sources.flags if key in fields)
    kept = {name: getattr(settings, name) for name in flagged}
    sources = replace(settings.sources, configured=raw)
    return replace(
        fresh,
        read_only=settings.read_only,
        sources=sources,
        keychain=settings.keychain,
        **kept,
    )


def _settled(config: ConfigTables, environment: Mapping[str, str], places: Places) -> Settings:
    """What the file and the environment say, the environment before the file."""

    def said(key: str, configured: str | None) -> str | None:
        return environment.get(VARIABLES[key], "").strip() or configured

    return Settings(
        places=places,
        service=said("service", config.service) or OPENAI,
        services=profiles(config.services, environment),
        check_interval_seconds=_number(
            environment, "BATCH_CHECK_INTERVAL", config.check_interval, 60.0, least=1.0
        ),
        pace_seconds=_number(environment, "WELLSPRING_PACE", config.pace, 10.0, least=0.0),
        log_level=_level(environment, config.log_level),
        theme=said("theme", config.theme),
        max_cost=None if config.max_cost is None else Decimal(str(config.max_cost)),
        request_defaults=msgspec.to_builtins(config.requests),
        notices=Notices.of(config.notices),
        environment=environment,
    )


def _environment() -> tuple[dict[str, str], frozenset[str]]:
    """The environment over what a `.env` in the current folder adds; what only that has."""
    path = Path(".env")
    if not path.is_file():
        return dict(os.environ), frozenset()
    from dotenv import dotenv_values

    try:
        added = dotenv_values(path)
    except (OSError, UnicodeDecodeError):
        raise SettingsError("it can't be read", where=".env", todo="Save it as UTF-8.") from None
    known = {name: value for name, value in added.items() if value is not None}
    return known | dict(os.environ), frozenset(
        name for name, value in known.items() if value.strip() and name not in os.environ
    )


def _number(
    environment: Mapping[str, str],
    variable: str,
    configured: float | None,
    default: float,
    *,
    least: float,
) -> float:
    text = environment.get(variable, "").strip()
    try:
        value = float(text) if text else configured if configured is not None else default
    except ValueError:
        value = float("nan")
    if not least <= value < float("inf"):
        raise SettingsError(
            f"expected a number of seconds from {least:g}, found “{one_line(text, 20) or value}”",
            where=variable if text else "config.toml",
        )
    return value


def _level(environment: Mapping[str, str], configured: str | None) -> str:
    named = environment.get("LOG_LEVEL", "").strip()
    text = (named or configured or "INFO").upper()
    level = _OTHER_LEVELS.get(text, text)
    if level in LOG_LEVELS:
        return level
    raise SettingsError(
        f"expected one of {', '.join(LOG_LEVELS)}, found “{one_line(text, 20)}”",
        where="LOG_LEVEL" if named else "config.toml, log_level",
    )
