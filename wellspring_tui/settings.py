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
from urllib.parse import quote

import msgspec

from wellspring_tui.errors import CredentialsError, SettingsError
from wellspring_tui.keychain import Keychain, end_of_key, fit_for_key
from wellspring_tui.known_services import known_services
from wellspring_tui.notices import Notices, NoticesTable
from wellspring_tui.origins import VARIABLES, Kind, Origin, Sources
from wellspring_tui.text import one_line, shown_url

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LOCAL = "local"
OPENAI = "openai"
IN_REAL_TIME = " in real time"
"""Stands behind the name of a service that is asked so; no service's own name ends with it."""
SMOLLM2 = "smollm2"
_SHORTEST_LOCAL_INTERVAL = 2.0
SIMULATED = "simulated"
_MODEL_NAMES = {SMOLLM2: "SmolLM2-135M-Instruct"}
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
_OTHER_LEVELS = {"TRACE": "DEBUG", "WARN": "WARNING", "FATAL": "ERROR", "CRITICAL": "ERROR"}


@dataclass(frozen=True, slots=True)
class ServiceProfile:
    """A service: where it is, which key it takes, how much it takes at once."""

    name: str
    base_url: str | None = None
    """None for the built-in service, whose port is known when it runs."""
    key_variable: str = "OPENAI_API_KEY"
    base_url_variable: str | None = None
    """The variable that holds the base URL where everybody has another, as on Azure."""
    base_url_path: str = ""
    """What follows in the base URL on what that variable holds."""
    # As OpenAI has it, for a service of which nobody says otherwise.
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
    small_model: str | None = None
    """The model on this machine that answers for the built-in service: a name, or a file."""
    max_tokens: int | None = None
    """Of an answer, unless something else is set; None for what holds everywhere."""
    windows: tuple[str, str] | None = None
    """The shortest and the longest window it takes, as `24h` or `7d`; None when unknown."""
    endpoints: tuple[str, ...] | None = None
    """Those it takes in batches; None for any."""
    prices: str | None = None
    """Whose prices count, by the id that genai-prices gives a provider; None: unknown."""
    batch_price: float | None = None
    """What a batch costs of the real-time price: 0.5 is half. None where no one rule says it."""
    upload_path: str = "/files"
    upload_purpose: str = "batch"
    waits_for_files: bool = False
    """Whether a file has to be processed before a batch of it may be created."""
    names_model: bool = False
    """Whether the creation of a batch has to name the model of its requests once more."""
    shipped: bool = False
    """Whether all this comes with the package, and nobody has set anything up."""

    @property
    def is_local(self) -> bool:
        """Whether this is the built-in service, whose answers cost nothing."""
        return self.name == LOCAL or self.answerer != SIMULATED

    @property
    def asked(self) -> str:
        """The service that somebody set up: its own name, or that of the one behind it."""
        return self.answers_for or self.name

    @property
    def needs(self) -> str:
        """The variables that it wants to be set; none for the built-in service."""
        if self.is_local:
            return ""
        return " and ".join(filter(None, (self.base_url_variable, self.key_variable)))

    @property
    def answerer(self) -> str:
        """Who answers for the built-in service, as that one tells it of itself."""
        if self.small_model is not None:
            return f"model {self.small_model}"
        return SIMULATED if self.model_server is None else f"model server {self.model_server}"

    @property
    def answered_by(self) -> str | None:
        """The same for people; None for a service that is not built in."""
        if not self.is_local:
            return None
        if self.small_model is not None:
            stem = Path(self.small_model).name.partition(".")[0]
            return f"{_MODEL_NAMES.get(self.small_model, stem)} on this machine"
        server = self.model_server
        return "simulated answers" if server is None else f"the model server {shown_url(server)}"

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

    def builtin(self, name: str) -> Path:
        """The folder of a built-in service: those that others answer for share nothing."""
        return self.local if name == LOCAL else self.data / f"local-{quote(name, safe=' ')}"

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

    @property
    def in_use(self) -> tuple[ServiceProfile, ...]:
        """The services to choose from: the chosen one, and those that somebody has set up."""
        return tuple(
            profile
            for profile in self.services.values()
            if not profile.shipped
            or profile.name == self.service
            or (not profile.is_local and self._exported_key(profile))
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


_Url: TypeAlias = Annotated[str, msgspec.Meta(pattern="^https?://")]
_Limit: TypeAlias = Annotated[int, msgspec.Meta(ge=1)]
_Seconds: TypeAlias = Annotated[float, msgspec.Meta(ge=0)]
_Factor: TypeAlias = Annotated[float, msgspec.Meta(gt=0)]
_Window: TypeAlias = Annotated[str, msgspec.Meta(pattern="^[1-9][0-9]{0,3}[hd]$")]
_Dollars: TypeAlias = Annotated[float, msgspec.Meta(ge=0)]
# An hour to 30 days, by OpenAI's API reference.
_LIFE = "^(none|([1-9]|[1-9][0-9]|[1-6][0-9]{2}|7[01][0-9]|720)h|([1-9]|[12][0-9]|30)d)$"
_LIFE_WORDS = "a time from 1h to 30d, or none"
_Life: TypeAlias = Annotated[str, msgspec.Meta(pattern=_LIFE, description=_LIFE_WORDS)]


def refuse_without_address(profile: ServiceProfile) -> None:
    """Raises CredentialsError for a service whose address everybody has to set."""
    if profile.base_url is None and profile.base_url_variable is not None:
        raise CredentialsError(
            f"there is no address for the service {profile.asked}",
            todo=f"Set {profile.base_url_variable} to what starts with https://, or base_url of "
            f"[services.{profile.asked}] in config.toml.",
        )


class _Service(msgspec.Struct, forbid_unknown_fields=True):
    like: str | None = None
    base_url: _Url | None = None
    base_url_variable: str | None = None
    base_url_path: str | None = None
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
    small_model: str | None = None
    max_tokens: _Limit | None = None
    windows: tuple[_Window, _Window] | None = None
    endpoints: tuple[str, ...] | None = None
    prices: str | None = None
    batch_price: _Factor | None = None
    upload_path: str | None = None
    upload_purpose: str | None = None
    waits_for_files: bool | None = None
    names_model: bool | None = None


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
    known = {
        name: _with(ServiceProfile(name, shipped=name != OPENAI), _shipped(table), environment)
        for name, table in known_services().items()
    }
    usual = ServiceProfile(
        LOCAL, settle_seconds=1.0, backoff_seconds=1.0, windows=("24h", "24h"), prices=OPENAI
    )
    profiles = {OPENAI: known.pop(OPENAI), LOCAL: usual, **known}
    for name, given in config.services.items():
        where = f"config.toml, services.{one_line(name, 40)}"
        if name.endswith(IN_REAL_TIME):
            raise SettingsError(
                f"the name of a service can't end with “{IN_REAL_TIME.strip()}”: "
                "that is what --now says",
                where=where,
            )
        start = profiles.get(name, ServiceProfile(name))
        if given.like is not None:
            if given.like not in known_services():
                raise SettingsError(
                    f"there is no known service “{one_line(given.like, 40)}” to be like",
                    where=where,
                    todo=f"Known: {', '.join(known_services())}.",
                )
            start = replace(profiles[given.like], name=name)
        profile = _with(replace(start, shipped=False), given, environment)
        if profile.base_url is None and profile.base_url_variable is None and not profile.is_local:
            raise SettingsError("the base_url is missing", where=where)
        answering = ("base_url", "model_server", "small_model")
        if sum(getattr(profile, key) is not None for key in answering) > 1:
            raise SettingsError(f"only one of {', '.join(answering)} can answer", where=where)
        profiles[name] = profile
    if url := environment.get("OPENAI_BASE_URL"):  # the environment beats the file
        profiles[OPENAI] = replace(profiles[OPENAI], base_url=url)
    return profiles


def _shipped(table: dict[str, Any]) -> _Service:
    return msgspec.convert(table, _Service, strict=True)


def _with(start: ServiceProfile, given: _Service, environment: Mapping[str, str]) -> ServiceProfile:
    """A profile with what a table says, its address from a variable if there is none."""
    said = msgspec.structs.asdict(given)
    said = {key: value for key, value in said.items() if value is not None and key != "like"}
    profile = replace(start, **said)
    variable = profile.base_url_variable
    if profile.base_url is not None or variable is None:
        return profile
    address = environment.get(variable, "").strip().rstrip("/")
    if not address.startswith(("http://", "https://")):
        return profile
    path = profile.base_url_path
    return replace(profile, base_url=address if address.endswith(path) else address + path)


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
