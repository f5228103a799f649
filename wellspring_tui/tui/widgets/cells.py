"""Text cut, padded and wrapped by terminal cells: a CJK character or an emoji takes two."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len, set_cell_size, split_graphemes
from rich.segment import Segment
from textual.strip import Strip

from wellspring_tui.text import one_line, safe

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from wellspring_tui.tui.widgets.table_model import Align

_JOINER = "\u200d"
CHARACTERS_PER_CELL = 8
"""More than any honest grapheme needs; what goes beyond is not looked at."""


def shown(text: str, width: int) -> str:
    """`text` from outside as one safe line, not much longer than `width` cells can show."""
    if text.isascii() and text.isprintable():
        return text[: width + 1]
    # A joiner at the end would swallow the padding that comes after it.
    return one_line(text, (width + 1) * CHARACTERS_PER_CELL).rstrip(_JOINER)


def shown_piece(text: str) -> str:
    """A piece of a styled line made safe; the spaces at its ends stay."""
    if text.isascii() and text.isprintable():
        return text
    return safe(text).replace("\n", " ").replace("\t", " ").rstrip(_JOINER)


def cut(text: str, width: int) -> str:
    """`text` in at most `width` cells, with an ellipsis where some of it is missing."""
    if cell_len(text) <= width:
        return text
    return f"{set_cell_size(text, width - 1)}…" if width > 0 else ""


def fitted(text: str, width: int, align: Align = "left") -> str:
    """Safe text in exactly `width` cells."""
    line = cut(text, width)
    padding = " " * (width - cell_len(line))
    return line + padding if align == "left" else padding + line


def wrap(text: str, width: int) -> list[str]:
    """Rows of at most `width` cells, trailing white space apart; joined they are `text` again.

    `text` must be safe and hold no tabs. Takes time in proportion to the text, whatever
    the length of its lines.
    """
    width = max(2, width)
    narrow = all(cell_len(character) == 1 for character in set(text) - {"\n"})
    rows: list[str] = []
    for line in lines(text):
        if len(line) <= width // 2 or (narrow and len(line) <= width):
            rows.append(line)
        elif narrow or all(cell_len(character) == 1 for character in set(line) - {"\n"}):
            rows.extend(_wrapped(line, width))
        else:
            rows.extend(_wrapped_by_graphemes(line, width))
    return rows


def lines(text: str) -> list[str]:
    """The lines of a text, each with its line break."""
    *whole, last = text.split("\n")
    return [f"{line}\n" for line in whole] + ([last] if last else [])


def _wrapped(line: str, width: int) -> Iterator[str]:
    """Rows of a line in which every character takes one cell."""
    start = 0
    end = len(line.rstrip())
    while end - start > width:
        stop = line.rfind(" ", start, start + width + 1) + 1
        if stop <= start or line[start:stop].isspace():
            stop = start + width
        while line[stop] == " ":
            stop += 1
        yield line[start:stop]
        start = stop
    yield line[start:]


def _wrapped_by_graphemes(line: str, width: int) -> Iterator[str]:
    """Rows of a line with wide, joined or combining characters."""
    spans, _ = split_graphemes(line)
    start = space = used = since_space = 0
    for begin, end, size in spans:
        if line[begin] in " \n":
            space, since_space = end, 0
            used += size
            continue
        while used + size > width:
            stop = space if space > start and not line[start:space].isspace() else begin
            yield line[start:stop]
            used = since_space = since_space if stop == space else 0
            start = stop
        used += size
        since_space += size
    yield line[start:]


def safe_strip(segments: Iterable[Segment]) -> Strip:
    """A painted line without anything a terminal would act on.

    Rendering comes first: Markdown can spell a control character as an entity.
    """
    return Strip(
        Segment(piece, segment.style)
        for segment in segments
        if not segment.control and (piece := shown_piece(segment.text))
    )
