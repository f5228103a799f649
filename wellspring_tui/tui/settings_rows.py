"""Settings as rows of a table, and one setting as lines below it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content

from wellspring_tui.origins import Kind
from wellspring_tui.text import one_line
from wellspring_tui.tui import look
from wellspring_tui.tui.widgets.table_model import Column, Row

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wellspring_tui.config.listing import Section, Setting

COLUMNS = (
    Column("label", "Setting", 18),
    Column("value", "Value", 30, flexible=True),
    Column("from", "From", 20, flexible=True),
)
_HEADING = "section:"


def rows(sections: Sequence[Section]) -> Iterator[Row]:
    """A heading for each section, and a row for each setting."""
    for section in sections:
        yield Row(f"{_HEADING}{section.title}", (one_line(section.title),), heading=True)
        for one in section.settings:
            yield Row(one.key, (one.label, _value(one), _origin(one)))


def is_heading(key: str) -> bool:
    """Whether a row is the heading of a section."""
    return key.startswith(_HEADING)


def _value(one: Setting) -> Content:
    text = one_line(one.text)
    if not text:
        return Content.styled("–", look.QUIET)
    if isinstance(one.value, int) and not isinstance(one.value, bool):
        text = f"{one.value:,}"
    text = f"{text} {one.unit}".rstrip()
    return Content.styled(text, look.WARN) if one.shown.startswith("not set") else Content(text)


def _origin(one: Setting) -> Content:
    if one.origin.kind is Kind.DEFAULT:
        return Content.styled(str(one.origin), look.QUIET)
    return Content(str(one.origin))


def about(one: Setting) -> list[Content]:
    """What a setting is for, how it is named, and what keeps a change from acting."""
    lines = [Content(one.about)]
    if not one.editable:
        return lines
    when = "acts at once" if one.acts_at_once else "acts from the next start"
    lines.append(Content.styled(f"{one_line(one.key)} in config.toml · {when}", look.QUIET))
    if one.origin.beats_file:
        wish = "" if one.said is None else f"config.toml says {one_line(one.typed)}, but "
        decided = f"{one.origin.words} decides: {one_line(one.text)}"
        lines.append(Content.styled(f"▲ {wish}{decided}", look.WARN))
    return lines
