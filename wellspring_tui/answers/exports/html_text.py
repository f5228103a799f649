"""An answer's Markdown as HTML that can do nothing: no markup of its own, no pictures.

A page made of answers is opened in a browser, and what is in it was written by a model.
The Markdown is GitHub's, rendered in Rust: in Python it took twenty times as long.
"""

from __future__ import annotations

import re
from html import escape, unescape

from comrak import ExtensionOptions, RenderOptions, render_markdown

from wellspring_tui.text import safe

_OWN_LEVELS = 3
"""Title, section, prompt: headings within an answer come below."""
_DEEPEST = 6
_SCHEMES = ("http://", "https://", "mailto:")
_LONGEST = 400_000
"""Characters; what is longer is shown as it is, for it would take a browser seconds to show."""

_EXTENSIONS = ExtensionOptions()
_EXTENSIONS.table = True
_EXTENSIONS.strikethrough = True
_OPTIONS = RenderOptions()
_OPTIONS.escape = True  # markup in an answer is shown, neither obeyed nor left out

# Every `<` that comes out begins a tag of the renderer's own, and no attribute of one
# holds a `>`.
_TAGS = re.compile(
    r"""
      <(?P<close>/?)h(?P<level>[1-6])>
    | <a\ href="(?P<link>[^"]*)"[^>]*>(?P<words>.*?)</a>
    | <img\ src="(?P<picture>[^"]*)"\ alt="(?P<alt>[^"]*)"[^>]*>
    | <(?P<table>/?)table>
    """,
    re.VERBOSE | re.DOTALL,
)
_PICTURE = re.compile(r'<img src="[^"]*" alt="([^"]*)"[^>]*>')


def rendered(text: str) -> str:
    """HTML of a text in Markdown."""
    shown = safe(text)
    if len(shown) > _LONGEST:
        return plain(shown)
    html: str = render_markdown(shown, _EXTENSIONS, render_options=_OPTIONS)
    return _TAGS.sub(_tag, html)


def plain(text: str) -> str:
    """HTML of a text as it is."""
    return f'<pre class="plain">{escape(safe(text))}</pre>\n'


def _tag(found: re.Match[str]) -> str:
    if found["level"] is not None:
        return f"<{found['close']}h{min(_DEEPEST, int(found['level']) + _OWN_LEVELS)}>"
    if found["table"] is not None:
        return "</table></div>" if found["table"] else '<div class="wide"><table>'
    if found["link"] is not None:
        return _link(found["link"], _PICTURE.sub(r"\1", found["words"]))
    # A picture would be fetched as soon as the page opens, and tell that it was: a link.
    return _link(found["picture"], found["alt"] or "picture")


def _link(url: str, words: str) -> str:
    """A link to the web, which is not told where it was followed; what leads elsewhere is text."""
    if unescape(url).lower().startswith(_SCHEMES):
        return f'<a href="{url}" rel="noopener noreferrer">{words}</a>'
    return f"{words} ({url})" if url else words
