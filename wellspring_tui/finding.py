"""What a person who looks for words means by a hit, wherever it is looked for."""

from __future__ import annotations

import re
from functools import lru_cache

from wellspring_tui.text import one_line

_SIGMAS = {"σ": "ς", "Σ": "ς"}
"""The one letter with a form of its own at the end of a word: no mapping of case leads there."""


def pattern(query: str) -> re.Pattern[str] | None:
    """What finds `query` in a text: in either case, any white space between its words.

    None when there are no words in it.
    """
    words = query.split()
    if not words:
        return None
    return re.compile(r"\s+".join("".join(map(_expression, word)) for word in words))


@lru_cache(maxsize=512)
def cases(character: str) -> tuple[str, ...]:
    """The forms of a letter that count as the same, itself first: `é` and `É`.

    Only forms of one character: `ß` is not found as `SS`.
    """
    mapped = (character.lower(), character.upper(), character.title())
    forms = [character, *mapped, *(form.lower() for form in mapped), _SIGMAS.get(character, "")]
    return tuple(dict.fromkeys(form for form in forms if len(form) == 1))


def _expression(character: str) -> str:
    """A class of all forms: quicker than a pattern that ignores case, and exact for bytes."""
    forms = cases(character)
    return re.escape(character) if len(forms) == 1 else f"[{''.join(forms)}]"


def excerpt(query: str, text: str, around: int = 40) -> str | None:
    """The first hit on one line, with up to `around` characters on either side; None without."""
    wanted = pattern(query)
    found = wanted.search(text) if wanted is not None else None
    if found is None:
        return None
    start, end = max(0, found.start() - around), min(len(text), found.end() + around)
    before, after = "…" if start else "", "…" if end < len(text) else ""
    return f"{before}{one_line(text[start:end])}{after}"
