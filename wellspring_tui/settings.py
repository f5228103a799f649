"""What the user set: flags, then environment, then `.env`, then `config.toml`.

A key that none of them has may be in the system's keyring.
"""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias, get_args, get_origin

import msgspec

from wellspring_tui.errors import CredentialsError, SettingsError
from wellspring_tui.keychain import Keychain, end_of_key, fit_for_key
from wellspring_tui.notices import Notices, NoticesTable
from wellspring_tui.origins import VARIABLES, Kind, Origin, Sources
from wellspring_tui.text import one_line

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LOCAL = "local"
OPENAI = "openai"
_OPENAI_URL = "https://api.openai.com/v1"
IN_REAL_TIME = " in real time"
"""Stands behind the name of a service that is asked so; no service's own name ends with it."""
_SHORTEST_LOCAL_INTERVAL = 2.0
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
_OTHER_LEVELS = {"TRACE": "DEBUG", "WARN": "WARNING", "FATAL": "ERROR", "CRITICAL": "ERROR"}


@dataclass(frozen=True, slots=True)
class ServiceProfile:
    """A service: where it is, which key it takes, how much it takes at once."""

    name: str
    base_url: str | None = None
    """None for the built-in service, whose port is known when it runs."""
    key_variable: str = "OPENAI_API_KEY"
    # OpenAI's guide: 50,000 requests, 200 MB (the server counts 209,715,200 bytes) and
    # 50,000 embedding inputs a batch. A margin keeps clear of how each service counts.
    max_requests: int = 50_000
    max_bytes: int = 200_000_000
    max_embedding_inputs: int = 50_000
    enqueued_tokens: int | None = None
    """Input tokens of one model that may be under way at once; None until it is learned."""
    creations_per_hour: int = 2_000
    settle_seconds: float = 60.0
    """How long a batch may take to show in the listing after its creation was asked for."""
    backoff_seconds: float = 30.0
    """The measure of all waiting after a failure."""
    gone_after_seconds: float = 3_600.0
    """How long after a batch's end a missing output file is still asked for."""
    model_server: str | None = None
    """Who answers for the built-in service; None for simulated answers."""
    model_server_key_variable: str | None = None
    answers_for: str | None = None
    """The service in front of whose real-time endpoint this one is, at its price."""

    @property
    def is_local(self) -> bool:
        """Whether this is the built-in service, whose answers cost nothing."""
        return self.name == LOCAL

    @property
    def is_quick(self) -> bool:
        """Whether it runs on this machine, so that asking it often costs nothing."""
        return self.is_local or self.answers_for is not None


@dataclass(frozen=True, slots=True)
class Places:
    """Where Wellspring keeps things."""

    data: Path
    logs: Path
    config: Path

    @property
    def ledger(self) -> Path:
        """The SQLite file of jobs."""
        return self.data / "ledger.sqlite"

    @property
    def local(self) -> Path:
        """The built-in service's own folder."""
        return self.data / "local"

    @property
    def log(self) -> Path:
        """The file that tells what the program did."""
        return self.logs / "wellspring.log"

    @property
    def welcomed(self) -> Path:
        """An empty file, there once somebody was welcomed."""
        return self.data / "welcomed"

    def inputs(self, job_id: str) -> Path:
        """The folder of a job's input files."""
        return self.data / "input" / job_id

    def outputs(self, job_id: str) -> Path:
        """The folder of a job's output and error files, and their index."""
        return self.data / "output" / job_id


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

    def key(self, profile: ServiceProfile) -> str:
        """The API key of a service. Raises CredentialsError when none is set."""
        if profile.is_local:
            return "built-in"
        key = self._found_key(profile)
        if key and not fit_for_key(key):
            raise CredentialsError(
                f"the API key for the service {profile.name} holds characters that no key has",
                todo="Copy it again.",
            )
        if key:
            return key
        trouble = f", and {self.keychain.trouble}" if self.keychain.trouble else ""
        raise CredentialsError(
            f"there is no API key for the service {profile.name}{trouble}",
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
        """Ask the keyring for what is not in the environment. Work for a thread."""
        for profile in self.services.values():
            self.has_key(profile)

    def _found_key(self, profile: ServiceProfile) -> str:
        return self._exported_key(profile) or self.keychain.key(profile.name) or ""

    def _exported_key(self, profile: ServiceProfile) -> str:
        return self.environment.get(profile.key_variable, "").strip()


_Url: TypeAlias = Annotated[str, msgspec.Meta(pattern="^https?://")]
_Limit: TypeAlias = Annotated[int, msgspec.Meta(ge=1)]
_Seconds: TypeAlias = Annotated[float, msgspec.Meta(ge=0)]
_Dollars: TypeAlias = Annotated[float, msgspec.Meta(ge=0)]
# An hour to 30 days, by OpenAI's API reference.
_LIFE = "^(none|([1-9]|[1-9][0-9]|[1-6][0-9]{2}|7[01][0-9]|720)h|([1-9]|[12][0-9]|30)d)$"
_LIFE_WORDS = "a time from 1h to 30d, or none"
_Life: TypeAlias = Annotated[str, msgspec.Meta(pattern=_LIFE, description=_LIFE_WORDS)]


class _Service(msgspec.Struct, forbid_unknown_fields=True):
    base_url: _Url | None = None
    key_variable: str | None = None
    max_requests: _Limit | None = None
    max_bytes: _Limit | None = None
    max_embedding_inputs: _Limit | None = None
    enqueued_tokens: _Limit | None = None
    creations_per_hour: _Limit | None = None
    settle_seconds: _Seconds | None = None
    backoff_seconds: _Seconds | None = None
    gone_after_seconds: _Seconds | None = None
    model_server: _Url | None = None
    model_server_key_variable: str | None = None


class _Requests(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    model: str | None = None
    temperature: Annotated[float, msgspec.Meta(ge=0, le=2)] | None = None
    max_tokens: _Limit | None = None
    system: str | None = None
    endpoint: str | None = None
    window: str | None = None
    output_expires_after: _Life | None = None


class _Config(msgspec.Struct, forbid_unknown_fields=True):
    service: str | None = None
    check_interval: float | None = None
    pace: float | None = None
    log_level: str | None = None
    theme: str | None = None
    max_cost: _Dollars | None = None
    requests: _Requests = msgspec.field(default_factory=_Requests)
    notices: NoticesTable = msgspec.field(default_factory=NoticesTable)
    services: dict[str, _Service] = msgspec.field(default_factory=dict)


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
    places = _places(home, environment)
    raw = _read_config(places.config)
    given = {"home": home, "service": service, "theme": theme, "check_interval": check_interval}
    flags = {key: _FLAGS[key] for key, value in given.items() if value is not None}
    exported = frozenset(name for name, value in os.environ.items() if value.strip())
    settings = _settled(_checked(raw, str(places.config)), environment, places)
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
    return _places(home, environment)


_FLAGS = {
    "home": "--home",
    "service": "--service",
    "theme": "--theme",
    "check_interval": "--refresh",
}


def refuse_bad_config(text: str, path: Path) -> None:
    """Raises SettingsError when `text` is nothing that `config.toml` may hold."""
    _settled(_checked(_parsed(text, str(path)), str(path)), {}, _places(path.parent, {})).profile()


def reread(settings: Settings) -> Settings:
    """Settings by the file as it is now, with the same flags and the same environment.

    Raises SettingsError.
    """
    raw = _read_config(settings.places.config)
    config = _checked(raw, str(settings.places.config))
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


def type_of(path: Sequence[str]) -> Any:
    """What `config.toml` takes at a path, as a type; None where it knows no value."""
    found: Any = _Config
    for name in path:
        if get_origin(found) is dict:
            found = get_args(found)[1]
        elif isinstance(found, type) and issubclass(found, msgspec.Struct):
            found = {field.name: field.type for field in msgspec.structs.fields(found)}.get(name)
        else:
            return None
    is_table = get_origin(found) is dict or isinstance(found, type)
    return None if is_table else found


def _settled(config: _Config, environment: Mapping[str, str], places: Places) -> Settings:
    """What the file and the environment say, the environment before the file."""

    def said(key: str, configured: str | None) -> str | None:
        return environment.get(VARIABLES[key], "").strip() or configured

    return Settings(
        places=places,
        service=said("service", config.service) or OPENAI,
        services=_profiles(config, environment),
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


def _places(home: Path | None, environment: Mapping[str, str]) -> Places:
    named_home = environment.get("WELLSPRING_HOME")
    if home is not None or named_home:
        whole = (home or Path(str(named_home))).expanduser().absolute()
        return Places(whole, whole / "logs", whole / "config.toml")
    import platformdirs

    dirs = platformdirs.PlatformDirs("wellspring", appauthor=False)
    return Places(dirs.user_data_path, dirs.user_log_path, dirs.user_config_path / "config.toml")


def _read_config(path: Path) -> dict[str, Any]:
    try:
        return _parsed(path.read_text(encoding="utf-8"), str(path))
    except FileNotFoundError:
        return {}
    except UnicodeDecodeError as error:
        raise _unreadable(error, str(path)) from None
    except OSError as error:
        raise SettingsError(f"it can't be read ({error.strerror})", where=str(path)) from None


def _parsed(text: str, where: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _unreadable(error, where) from None


def _checked(raw: dict[str, Any], where: str) -> _Config:
    try:
        return msgspec.convert(raw, _Config, strict=True)
    except msgspec.ValidationError as error:
        said = str(error).replace(f"`str` matching regex '{_LIFE}'", _LIFE_WORDS)
        raise _unreadable(ValueError(said), where) from None


def _unreadable(error: Exception, where: str) -> SettingsError:
    return SettingsError(one_line(str(error)), where=where, todo="Mend that line and try again.")


def _profiles(config: _Config, environment: Mapping[str, str]) -> dict[str, ServiceProfile]:
    profiles = {
        OPENAI: ServiceProfile(OPENAI, _OPENAI_URL),
        LOCAL: ServiceProfile(LOCAL, settle_seconds=1.0, backoff_seconds=1.0),
    }
    for name, given in config.services.items():
        known = {
            key: value for key, value in msgspec.structs.asdict(given).items() if value is not None
        }
        if name not in profiles and given.base_url is None:
            raise SettingsError(
                "the base_url is missing", where=f"config.toml, services.{one_line(name, 40)}"
            )
        if name.endswith(IN_REAL_TIME):
            raise SettingsError(
                f"the name of a service can't end with “{IN_REAL_TIME.strip()}”: "
                "that is what --now says",
                where=f"config.toml, services.{one_line(name, 40)}",
            )
        profiles[name] = replace(profiles.get(name, ServiceProfile(name)), **known)
    if url := environment.get("OPENAI_BASE_URL"):  # the environment beats the file
        profiles[OPENAI] = replace(profiles[OPENAI], base_url=url)
    return profiles


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
