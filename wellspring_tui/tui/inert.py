"""The last net before the terminal: no line of any widget holds what a terminal acts on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.segment import Segment
from textual.filter import LineFilter

from wellspring_tui.text import inert

if TYPE_CHECKING:
    from textual.color import Color


class Inert(LineFilter):
    """Takes control characters out of painted lines.

    Textual's own fields show whatever they are given, a file name for one.
    """

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002
        """The same line, harmless."""
        if all(segment.text.isprintable() for segment in segments):
            return segments
        return [Segment(inert(text), style, control) for text, style, control in segments]
