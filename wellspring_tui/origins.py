"""Where each setting came from: a flag, the environment, `.env`, `config.toml`, or nowhere.

API keys are never in that file; they may be in the system's keyring.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

VARIABLES = {
    "home": "WELLSPRING_HOME",
    "service": "WELLSPRING_SERVICE",
    "check_interval": "BATCH_CHECK_INTERVAL",
    "pace": "WELLSPRING_PACE",
    "log_level": "LOG_LEVEL",
    "theme": "WELLSPRING_THEME",
    "services.openai.base_url": "OPENAI_BASE_URL",
}
"""The variables that stand for a setting, by the setting's key."""

_SERVICES = "services"


class Kind(StrEnum):
    """The places a setting may come from, the strongest first."""

    FLAG = "flag"
    ENVIRONMENT = "environment"
    DOTENV = ".env"
    KEYRING = "keyring"
    CONFIG = "config.toml"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where one setting came from; `name` is the flag or the variable."""

    kind: Kind
    name: str = ""

    def __str__(self) -> str:
        return f"{self.kind} {self.name}".rstrip()

    @property
    def words(self) -> str:
        """The place in a sentence."""
        match self.kind:
            case Kind.FLAG:
                return f"the flag {self.name}"
            case Kind.ENVIRONMENT:
                return f"{self.name} in the environment"
            case Kind.DOTENV:
                return f"{self.name} in .env"
            case Kind.KEYRING:
                return "the keyring"
        return str(self.kind)

    @property
    def beats_file(self) -> bool:
        """Whether what `config.toml` says has no effect beside it."""
        return self.kind in (Kind.FLAG, Kind.ENVIRONMENT, Kind.DOTENV)


@dataclass(frozen=True, slots=True)
class Sources:
    """What each place had to say, by names; the values of variables are not kept here."""

    flags: Mapping[str, str] = field(default_factory=dict)
    """Setting → the flag that gave it."""
    exported: frozenset[str] = frozenset()
    """Variables of the environment that are not empty."""
    dotenv: frozenset[str] = frozenset()
    """Variables that only `.env` has."""
    configured: Mapping[str, object] = field(default_factory=dict, repr=False)
    """What `config.toml` holds, table in table."""

    def of(self, key: str, variable: str | None = None) -> Origin:
        """The place that decides a setting, which `variable` may stand for."""
        if key in self.flags:
            return Origin(Kind.FLAG, self.flags[key])
        name = variable or VARIABLES.get(key, "")
        if name in self.exported:
            return Origin(Kind.ENVIRONMENT, name)
        if name in self.dotenv:
            return Origin(Kind.DOTENV, name)
        return Origin(Kind.DEFAULT if configured(self.configured, key) is None else Kind.CONFIG)


def path_of(key: str) -> tuple[str, ...]:
    """The tables of `config.toml` that lead to a key; a service's name may hold dots."""
    first, *rest = key.split(".")
    if first == _SERVICES and len(rest) > 1:
        return first, ".".join(rest[:-1]), rest[-1]
    return first, *rest


def configured(tables: Mapping[str, object], key: str) -> object | None:
    """What `config.toml` says of a key; None when it says nothing."""
    found: object = tables
    for name in path_of(key):
        if not isinstance(found, dict) or name not in found:
            return None
        found = found[name]
    return found
