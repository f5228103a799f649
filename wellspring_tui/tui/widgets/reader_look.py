"""The styles of a reader, by the names that Rich has for what Markdown marks up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.style import Style

if TYPE_CHECKING:
    from textual.widget import Widget


@dataclass(frozen=True, slots=True)
class Look:
    """Styles for rendered Markdown, and a theme for code; another theme makes another look."""

    styles: dict[str, Style]
    code_theme: str


def look_of(reader: Widget) -> Look:
    """The look that a reader's component classes have now."""

    def style(name: str) -> Style:
        full = reader.get_visual_style(f"reader--{name}").rich_style
        return Style(color=full.color, bold=full.bold or None, underline=full.underline or None)

    heading, quiet, link = style("heading"), style("quiet"), style("link")
    styles = {
        **{f"markdown.h{level}": heading for level in range(2, 7)},
        "markdown.h1": style("title"),
        "markdown.block_quote": quiet,
        "markdown.code": style("code"),
        "markdown.hr": quiet,
        "markdown.item.bullet": quiet,
        "markdown.item.number": quiet,
        "markdown.link": link,
        "markdown.link_url": quiet,
        "markdown.table.border": quiet,
        "markdown.table.header": heading,
    }
    return Look(styles, "ansi_dark" if reader.app.current_theme.dark else "ansi_light")
