"""How the end of a job is told, as `[notices]` in `config.toml` says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import msgspec

from wellspring_tui.errors import SettingsError


class NoticesTable(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """What the file may say."""

    bell: bool | None = None
    desktop: Literal["off", "osc9", "osc777", "auto"] | None = None
    command: str | list[str] | None = None


@dataclass(frozen=True, slots=True)
class Notices:
    """How the end of a job is told, besides the words on the dashboard."""

    bell: bool = True
    desktop: str = "off"
    """`off`, `osc9`, `osc777`, or `auto`: whichever the terminal seems to know."""
    command: tuple[str, ...] = ()
    """A program and its arguments, run without a shell."""

    @classmethod
    def of(cls, said: NoticesTable) -> Notices:
        """What the file says, over the defaults. Raises SettingsError."""
        usual = cls()
        return cls(
            bell=usual.bell if said.bell is None else said.bell,
            desktop=said.desktop or usual.desktop,
            command=_words(said.command),
        )


def _words(said: str | list[str] | None) -> tuple[str, ...]:
    """A command in words, as a shell would split them."""
    if not isinstance(said, str):
        return tuple(said or ())
    import shlex

    try:
        return tuple(shlex.split(said))
    except ValueError as error:
        raise SettingsError(
            f"the command can't be split into words ({error})", where="config.toml, notices"
        ) from None
