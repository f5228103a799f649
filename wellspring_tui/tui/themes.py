"""The themes there are: Textual's own, and one of high contrast."""

from __future__ import annotations

from textual.constants import DEFAULT_THEME
from textual.theme import BUILTIN_THEMES, Theme

from wellspring_tui.errors import SettingsError
from wellspring_tui.text import one_line

HIGH_CONTRAST = Theme(
    name="high-contrast",
    primary="#4db8ff",
    secondary="#a5d8ff",
    accent="#ffd500",
    warning="#ffd500",
    error="#ff7a7a",
    success="#5dff5d",
    foreground="#ffffff",
    background="#000000",
    surface="#000000",
    panel="#1c1c1c",
    boost="#1c1c1c",
    dark=True,
    text_alpha=1.0,
    variables={"button-focus-text-style": "bold underline"},
)

SIXTEEN_COLOURS = "ansi-dark"
"""The theme for terminals that have no others; it paints on the terminal's own background."""
NAMES = (*BUILTIN_THEMES, HIGH_CONTRAST.name)
USUAL_THEME = DEFAULT_THEME if DEFAULT_THEME in NAMES else "textual-dark"
"""What TEXTUAL_THEME says, or `textual-dark`."""


def refuse_unknown(name: str, where: str) -> None:
    """Raises SettingsError, with all names, for a theme that there is not."""
    if name not in NAMES:
        raise SettingsError(
            f"there is no theme “{one_line(name, 40)}”",
            where=where,
            todo=f"Known: {', '.join(NAMES)}.",
        )
