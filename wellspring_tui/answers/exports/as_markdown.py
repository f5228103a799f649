"""The answers as a document: contents, then section by section, prompt by prompt."""

from __future__ import annotations

import re
from typing import IO, TYPE_CHECKING

from wellspring_tui.answers.exports.telling import about_lines, entry_facts, outcome
from wellspring_tui.answers.model import State
from wellspring_tui.answers.own_rows import as_texts
from wellspring_tui.text import one_line, safe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wellspring_tui.answers.exports.source import Entry, Source

_OWN_LEVELS = 3
"""Title, section, prompt: headings within an answer come below."""
_DEEPEST = 6
_CELL_LENGTH = 200
"""Characters of a cell: a document shows which row it was, the tables and JSON hold it whole."""
_SPECIAL = re.compile(r"([\\`*_\[\]<>#|~&!])")
# What may begin a line and would reach beyond it: a fence of code, a heading, and a block
# of HTML that lasts until its own end, or else to the end of the document (CommonMark).
_REACHING = re.compile(
    r"^(?P<indent> {0,3})(?:"
    r"(?P<fence>`{3,}(?=[^`\n]*$)|~{3,})(?P<info>.*)"
    r"|(?P<heading>\#{1,6})(?=[ \t]|$)"
    r"|<(?=(?:script|pre|style|textarea)\b|[!?])"
    r")",
    re.IGNORECASE | re.MULTILINE,
)


def write(source: Source, to: IO[bytes]) -> None:
    """Write the document; failed and missing requests are told in their places."""
    for line in _head(source):
        to.write(line.encode() + b"\n")
    section: str | None = None
    number = 0
    for entry in source.entries():
        if entry.answer.section != section:
            section = entry.answer.section
            number += 1
            to.write(f'\n<a id="s{number}"></a>\n\n## {escaped(section)}\n'.encode())
        to.write("\n".join(_entry(entry)).encode() + b"\n")


def escaped(text: str) -> str:
    """A name as it reads, on one line, without meaning anything to Markdown."""
    return _SPECIAL.sub(r"\\\1", one_line(text))


def embedded(text: str) -> str:
    """An answer made fit to stand in a document.

    Its headings go below ours, and what it leaves open, as a truncated answer may leave a
    block of code, ends with it.
    """
    fence = ""

    def tamed(found: re.Match[str]) -> str:
        nonlocal fence
        mark = found["fence"]
        if fence:
            closes = mark and mark.startswith(fence) and not found["info"].strip()
            fence = "" if closes else fence
            return found[0]
        if mark:
            fence = mark
            return found[0]
        if found["heading"]:
            return "#" * min(_DEEPEST, len(found["heading"]) + _OWN_LEVELS)
        return f"{found['indent']}\\<"

    tame = _REACHING.sub(tamed, safe(text))
    return f"{tame}\n{fence}" if fence else tame


def _head(source: Source) -> Iterator[str]:
    yield f"# {escaped(str(source.about.get('name') or 'Answers'))}"
    yield ""
    for label, value in about_lines(source):
        yield f"- {label}: {escaped(value)}"
    yield ""
    for number, section in enumerate(source.results.index.outline(), start=1):
        prompts = "prompt" if section.count == 1 else "prompts"
        yield f"{number}. [{escaped(section.name)}](#s{number}) ({section.count:,} {prompts})"


def _entry(entry: Entry) -> Iterator[str]:
    answer = entry.answer
    yield ""
    yield f"### {escaped(answer.prompt_type)}"
    yield ""
    yield f"*{escaped(' · '.join(entry_facts(entry)))}*"
    yield ""
    cells = {} if entry.row is None else as_texts(entry.row)
    for name, cell in cells.items():
        yield f"- {escaped(name)}: {escaped(one_line(cell or '', _CELL_LENGTH))}".rstrip()
    if cells:
        yield ""
    if entry.prompt is not None:
        yield from (f"> {line}".rstrip() for line in embedded(entry.prompt).split("\n"))
        yield ""
    if entry.response is not None:
        yield embedded(entry.response)
    elif answer.state is State.FAILED:
        yield f"**{outcome(answer)}:** {escaped(answer.reason or 'no reason was given')}"
    else:
        yield f"**{outcome(answer)}:** the service gave no answer."
