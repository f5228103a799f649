"""Changing one setting: written to `config.toml`, and in force at once where it can be."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from wellspring_tui.config.file import write
from wellspring_tui.config.listing import AT_ONCE, Setting, sections
from wellspring_tui.config.values import choices_of, value_of
from wellspring_tui.errors import SettingsError
from wellspring_tui.settings import reread
from wellspring_tui.text import one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wellspring_tui.settings import Settings

_FIELDS = {
    "check_interval": "check_interval_seconds",
    "log_level": "log_level",
    "max_cost": "max_cost",
    "theme": "theme",
    "requests": "request_defaults",
    "notices": "notices",
}


@dataclass(frozen=True, slots=True)
class Change:
    """What came of changing a setting."""

    settings: Settings
    """The settings that hold from now on."""
    setting: Setting | None
    """The setting as it will be at the next start; None when nothing tells of it any more."""
    written: bool
    """Whether the file is another one now."""

    def sentence(self, key: str) -> str:
        """What is so now, and from when on, for a dashboard that is open."""
        if not self.written:
            return f"{key} was so already."
        if self.setting is None:
            return f"{key} is no longer set."
        if self.overridden:
            return f"{key} is written. {self.overridden}"
        when = "now" if self.setting.acts_at_once else "from the next start"
        return f"{key} is {self.setting.text or 'empty'} {when}."

    @property
    def overridden(self) -> str:
        """A sentence about what beats the file; empty when nothing does."""
        if self.setting is None or not self.setting.origin.beats_file:
            return ""
        return f"But {self.setting.origin.words} says {self.setting.text}."


def change(settings: Settings, key: str, text: str | None, themes: Sequence[str] = ()) -> Change:
    """Write what a person typed for `key` to the file, or take it out when that is None.

    `themes` are the names that a theme may have. Raises SettingsError for what makes no
    sense, StorageError when the file can't be written.
    """
    value = None
    if text is not None:
        value = value_of(settings, key, text)
        choices = choices_of(settings, key, themes)
        if key == "theme" and choices and value not in choices:
            raise SettingsError(
                f"there is no theme “{one_line(text, 40)}”", todo=f"Known: {', '.join(choices)}."
            )
    try:
        written = write(settings.places.config, key, value)
    except SettingsError as error:
        if error.where == str(settings.places.config):
            raise
        raise SettingsError(error.what, where=key, todo=error.todo) from None
    fresh = reread(settings)
    found = next((one for part in sections(fresh) for one in part.settings if one.key == key), None)
    return Change(_in_force(settings, fresh, key), found, written)


def _in_force(settings: Settings, fresh: Settings, key: str) -> Settings:
    """`settings` with what acts at once taken from `fresh`."""
    now = replace(settings, sources=fresh.sources)
    if not key.startswith(AT_ONCE):
        return now
    name = _FIELDS[key.partition(".")[0]]
    return replace(now, **{name: getattr(fresh, name)})
