"""Markdown rendered to painted lines, away from any widget.

Importing this takes a tenth of a second, so the reader does it in its thread.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from markdown_it import MarkdownIt
from rich.console import Console
from rich.markdown import Heading, HorizontalRule, Markdown
from rich.rule import Rule
from rich.theme import Theme
from textual.strip import Strip

from wellspring_tui.tui.widgets.cells import safe_strip

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from markdown_it.token import Token
    from rich.console import ConsoleOptions, JustifyMethod, RenderResult
    from rich.markdown import MarkdownElement
    from rich.style import Style

RENDERED_CHARACTERS = 64_000
"""What lies beyond stays plain; rendering takes about 5 ms for every thousand characters."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """Painted lines of the first `characters` of a text."""

    strips: tuple[Strip, ...]
    characters: int


class _LeftHeading(Heading):
    LEVEL_ALIGN: ClassVar[dict[str, JustifyMethod]] = {}


class _Line(HorizontalRule):
    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield Rule(style=console.get_style("markdown.hr"))


class _Block(Markdown):
    """One block of a text that was parsed as a whole."""

    elements: ClassVar[dict[str, type[MarkdownElement]]] = {
        **Markdown.elements,
        "heading_open": _LeftHeading,
        "hr": _Line,
    }

    def __init__(self, tokens: Sequence[Token], code_theme: str) -> None:
        super().__init__("", code_theme=code_theme, hyperlinks=False)
        self.parsed = list(tokens)


def rendered(
    text: str,
    width: int,
    *,
    styles: Mapping[str, Style],
    code_theme: str,
    first_lines: int,
    stopped: Callable[[], bool],
) -> Iterator[Rendered]:
    """Render safe `text` for `width` cells: first what fills `first_lines` lines, then all of it.

    `styles` go by the names Rich has for them (`markdown.h1`), `code_theme` is Pygments'.
    `stopped` is asked between blocks.
    """
    head = _head(text)
    ends = _line_ends(head)
    console = _console(width, styles)
    strips: list[Strip] = []
    first = True
    for block in _blocks(head):
        if stopped():
            return
        if strips:
            strips.append(Strip([]))
        strips.extend(_painted(console, _Block(block, code_theme)))
        if first and len(strips) >= first_lines:
            first = False
            yield Rendered(tuple(strips), ends[_last_line(block) - 1])
    yield Rendered(tuple(strips), len(head))


def _head(text: str) -> str:
    """As much of the text as is rendered, whole paragraphs of it where there are any."""
    if len(text) <= RENDERED_CHARACTERS:
        return text
    end = text.rfind("\n\n", 0, RENDERED_CHARACTERS)
    return text[: end + 2] if end > 0 else ""


def _line_ends(text: str) -> list[int]:
    ends: list[int] = []
    end = 0
    for line in text.split("\n"):
        end += len(line) + 1
        ends.append(min(end, len(text)))
    return ends


def _console(width: int, styles: Mapping[str, Style]) -> Console:
    return Console(
        file=io.StringIO(),
        width=width,
        force_terminal=True,
        color_system="truecolor",
        legacy_windows=False,
        theme=Theme(dict(styles)),
    )


def _painted(console: Console, block: _Block) -> list[Strip]:
    """The lines of a block, without the blank ones that Rich puts around some kinds."""
    strips = list(map(safe_strip, console.render_lines(block, pad=False)))
    filled = [number for number, strip in enumerate(strips) if strip.text.strip()]
    return strips[filled[0] : filled[-1] + 1] if filled else []


def _blocks(text: str) -> Iterator[list[Token]]:
    """The tokens of each block at the top level.

    HTML is read as text: what an answer says must not vanish because it stands in a tag.
    """
    parser = MarkdownIt("commonmark", {"html": False}).enable(["strikethrough", "table"])
    block: list[Token] = []
    for token in parser.parse(text):
        for child in token.children or ():
            _name_image(child)
        block.append(token)
        if token.level == 0 and token.nesting <= 0:
            yield block
            block = []


def _name_image(token: Token) -> None:
    """Put the words of an image in its place, where Rich would draw an emoji beside it."""
    if token.type != "image":
        return
    token.content = f"[image: {token.content or 'without words'}] {token.attrs.get('src', '')}"
    token.type, token.tag, token.children = "text", "", None


def _last_line(block: Sequence[Token]) -> int:
    return max(token.map[1] for token in block if token.map)
