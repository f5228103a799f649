"""The services that jobs may go to: known ones, and what `[services]` in `config.toml` says."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import msgspec

from wellspring_tui.errors import CredentialsError, SettingsError
from wellspring_tui.known_services import known_services
from wellspring_tui.text import one_line, shown_url

if TYPE_CHECKING:
    from collections.abc import Mapping

LOCAL = "local"
OPENAI = "openai"
IN_REAL_TIME = " in real time"
"""Stands behind the name of a service that is asked so; no service's own name ends with it."""
SMOLLM2 = "smollm2"
SIMULATED = "simulated"
_MODEL_NAMES = {SMOLLM2: "SmolLM2-135M-Instruct"}

Limit: TypeAlias = Annotated[int, msgspec.Meta(ge=1)]
_Url: TypeAlias = Annotated[str, msgspec.Meta(pattern="^https?://")]
_Seconds: TypeAlias = Annotated[float, msgspec.Meta(ge=0)]
_Factor: TypeAlias = Annotated[float, msgspec.Meta(gt=0)]
_Window: TypeAlias = Annotated[str, msgspec.Meta(pattern="^[1-9][0-9]{0,3}[hd]$")]


class ServiceTable(msgspec.Struct, forbid_unknown_fields=True):
    """What the file may say of one."""

    like: str | None = None
    base_url: _Url | None = None
    base_url_variable: str | None = None
    base_url_path: str | None = None
    key_variable: str | None = None
    max_requests: Limit | None = None
    max_bytes: Limit | None = None
    max_embedding_inputs: Limit | None = None
    enqueued_tokens: Limit | None = None
    creations_per_hour: Limit | None = None
    settle_seconds: _Seconds | None = None
    backoff_seconds: _Seconds | None = None
    gone_after_seconds: _Seconds | None = None
    model_server: _Url | None = None
    model_server_key_variable: str | None = None
    small_model: str | None = None
    max_tokens: Limit | None = None
    windows: tuple[_Window, _Window] | None = None
    endpoints: tuple[str, ...] | None = None
    prices: str | None = None
    batch_price: _Factor | None = None
    upload_path: str | None = None
    upload_purpose: str | None = None
    waits_for_files: bool | None = None
    names_model: bool | None = None


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


def refuse_without_address(profile: ServiceProfile) -> None:
    """Raises CredentialsError for a service whose address everybody has to set."""
    if profile.base_url is None and profile.base_url_variable is not None:
        raise CredentialsError(
            f"there is no address for the service {profile.asked}",
            todo=f"Set {profile.base_url_variable} to what starts with https://, or base_url of "
            f"[services.{profile.asked}] in config.toml.",
        )


def profiles(
    configured: Mapping[str, ServiceTable], environment: Mapping[str, str]
) -> dict[str, ServiceProfile]:
    """The services that are known, and those that `config.toml` has. Raises SettingsError."""
    known = {
        name: _with(ServiceProfile(name, shipped=name != OPENAI), _shipped(table), environment)
        for name, table in known_services().items()
    }
    usual = ServiceProfile(
        LOCAL, settle_seconds=1.0, backoff_seconds=1.0, windows=("24h", "24h"), prices=OPENAI
    )
    found = {OPENAI: known.pop(OPENAI), LOCAL: usual, **known}
    for name, given in configured.items():
        where = f"config.toml, services.{one_line(name, 40)}"
        if name.endswith(IN_REAL_TIME):
            raise SettingsError(
                f"the name of a service can't end with “{IN_REAL_TIME.strip()}”: "
                "that is what --now says",
                where=where,
            )
        start = found.get(name, ServiceProfile(name))
        if given.like is not None:
            if given.like not in known_services():
                raise SettingsError(
                    f"there is no known service “{one_line(given.like, 40)}” to be like",
                    where=where,
                    todo=f"Known: {', '.join(known_services())}.",
                )
            start = replace(found[given.like], name=name)
        profile = _with(replace(start, shipped=False), given, environment)
        if profile.base_url is None and profile.base_url_variable is None and not profile.is_local:
            raise SettingsError("the base_url is missing", where=where)
        answering = ("base_url", "model_server", "small_model")
        if sum(getattr(profile, key) is not None for key in answering) > 1:
            raise SettingsError(f"only one of {', '.join(answering)} can answer", where=where)
        found[name] = profile
    if url := environment.get("OPENAI_BASE_URL"):  # the environment beats the file
        found[OPENAI] = replace(found[OPENAI], base_url=url)
    return found


def _shipped(table: dict[str, Any]) -> ServiceTable:
    return msgspec.convert(table, ServiceTable, strict=True)


def _with(
    start: ServiceProfile, given: ServiceTable, environment: Mapping[str, str]
) -> ServiceProfile:
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
