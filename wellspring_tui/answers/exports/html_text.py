"""An answer's Markdown as HTML that can do nothing: no markup of its own, no pictures.

A page made of answers is opened in a browser, and what is in it was written by a model.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from markdown_it import MarkdownIt

from wellspring_tui.text import safe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markdown_it.renderer import RendererHTML
    from markdown_it.token import Token
    from markdown_it.utils import EnvType, OptionsDict

_OWN_LEVELS = 3
"""Title, section, prompt: headings within an answer come below."""
_DEEPEST = 6
_SCHEMES = ("http://", "https://", "mailto:")
_LONGEST = 400_000
"""Characters; what is longer is shown as it is, for it would take seconds to render."""


def rendered(text: str) -> str:
    """HTML of a text in Markdown."""
    shown = safe(text)
    if len(shown) > _LONGEST:
        return plain(shown)
    html: str = _markdown.render(shown)
    return html


def plain(text: str) -> str:
    """HTML of a text as it is."""
    return f'<pre class="plain">{escape(safe(text))}</pre>\n'


def _is_harmless(url: str) -> bool:
    return url.lower().startswith(_SCHEMES)


def _link_open(
    self: RendererHTML, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
) -> str:
    """Where a link leads must not know where it came from."""
    tokens[idx].attrSet("rel", "noopener noreferrer")
    return self.renderToken(tokens, idx, options, env)


def _image(
    self: RendererHTML, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
) -> str:
    """A picture would be fetched as soon as the page opens, and tell that it was: a link."""
    token = tokens[idx]
    words = self.renderInlineAsText(token.children, options, env) or "picture"
    address = escape(str(token.attrGet("src") or ""))
    return f'<a href="{address}" rel="noopener noreferrer">{escape(words)}</a>'


def _heading(
    self: RendererHTML, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
) -> str:
    token = tokens[idx]
    token.tag = f"h{min(_DEEPEST, int(token.tag[1]) + _OWN_LEVELS)}"
    return self.renderToken(tokens, idx, options, env)


def _table_open(*_: Any) -> str:
    return '<div class="wide"><table>\n'


def _table_close(*_: Any) -> str:
    return "</table></div>\n"


def _made() -> MarkdownIt:
    made = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    made.validateLink = _is_harmless  # type: ignore[method-assign]
    rules = {
        "link_open": _link_open,
        "image": _image,
        "heading_open": _heading,
        "heading_close": _heading,
        "table_open": _table_open,
        "table_close": _table_close,
    }
    for name, rule in rules.items():
        made.add_render_rule(name, rule)
    return made


_markdown = _made()
