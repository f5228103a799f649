"""The answers as one page for a browser: nothing to fetch, nothing that runs."""

from __future__ import annotations

from datetime import UTC, datetime
from html import escape
from typing import IO, TYPE_CHECKING

from wellspring_tui.answers.exports.html_parts import head, sign, words
from wellspring_tui.answers.exports.html_text import plain, rendered
from wellspring_tui.answers.exports.telling import entry_facts
from wellspring_tui.answers.model import State
from wellspring_tui.answers.own_rows import as_texts
from wellspring_tui.text import safe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wellspring_tui.answers.exports.source import Entry, Source


def write(source: Source, to: IO[bytes]) -> None:
    """Write the page; failed and missing requests are told in their places."""
    for piece in head(source):
        to.write(piece.encode())
    section: str | None = None
    number = 0
    for entry in source.entries():
        if entry.answer.section != section:
            to.write(b"</section>\n" if section is not None else b"")
            section = entry.answer.section
            number += 1
            to.write(f'<section id="s{number}">\n<h2>{words(section)}</h2>\n'.encode())
        to.write("".join(_article(entry)).encode())
    to.write(b"</section>\n" if section is not None else b"")
    written = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
    to.write(f"</main>\n<footer>Written by Wellspring, {written}.</footer>\n".encode())
    to.write(b"</body>\n</html>\n")


def _article(entry: Entry) -> Iterator[str]:
    answer = entry.answer
    _, *facts = entry_facts(entry)
    yield f'<article id="a{answer.number}">\n<h3>{words(answer.prompt_type)}</h3>\n'
    yield f'<p class="told">{" · ".join((sign(answer), *map(words, facts)))}</p>\n'
    if entry.row is not None:
        yield '<details><summary>Row</summary>\n<dl class="facts">\n'
        for name, cell in as_texts(entry.row).items():
            yield f'<dt>{words(name)}</dt><dd class="cell">{escape(safe(cell or ""))}</dd>\n'
        yield "</dl></details>\n"
    if entry.prompt is not None:
        yield f"<details><summary>Prompt</summary>{plain(entry.prompt)}</details>\n"
    if entry.response is not None:
        yield f'<div class="answer">\n{rendered(entry.response)}</div>\n'
    else:
        failed = answer.state is State.FAILED
        reason = answer.reason or "No reason was given." if failed else "No answer came."
        yield f'<p class="{"bad" if failed else "warn"}">{words(reason)}</p>\n'
    yield "</article>\n"
