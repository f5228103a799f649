"""What stands on the page before the answers: facts, contents, tokens as table and chart."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from wellspring_tui.answers.exports.telling import about_lines, outcome
from wellspring_tui.figures import count
from wellspring_tui.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wellspring_tui.answers.exports.source import Source
    from wellspring_tui.answers.model import Answer, SectionTotals, Totals

SIGNS = {
    "Answered": ("good", "●"),
    "Truncated": ("warn", "◐"),
    "Refused": ("warn", "■"),
    "Off schema": ("warn", "◇"),
    "Failed": ("bad", "×"),
    "Missing": ("warn", "○"),
}
"""What an outcome looks like: a colour, and a sign for those who do not see it."""

_STYLE = Path(__file__).with_name("page.css")
# Even if something slipped through: nothing is fetched, nothing runs.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_LISTED_PROMPTS = 400
"""With more of them, the contents list sections only."""
_CHARTED_SECTIONS = 40
_LABEL_LENGTH = 30
"""Leaves room for the amount on the narrowest of screens."""
_BAR_PIXELS = 12
_ROW_PIXELS = 40


def words(text: str) -> str:
    """A name or a reason as HTML, on one line."""
    return escape(one_line(text))


def head(source: Source) -> Iterator[str]:
    """Everything up to the answers."""
    title = words(str(source.about.get("name") or "Answers"))
    index = source.results.index
    sections = index.sections()
    yield '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
    yield f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
    yield '<meta name="referrer" content="no-referrer">\n'
    yield f"<title>{title}</title>\n<style>\n{_STYLE.read_text(encoding='utf-8')}</style>\n"
    yield f"</head>\n<body>\n<header>\n<h1>{title}</h1>\n"
    yield from _facts(source)
    yield "</header>\n"
    yield from _contents(source, sections)
    yield '<main>\n<section id="usage">\n<h2>Tokens by section</h2>\n'
    yield from _chart(sections)
    yield from _table(sections, index.totals())
    yield "</section>\n"


def sign(answer: Answer) -> str:
    """The outcome of an answer: sign and word."""
    word = outcome(answer)
    colour, mark = SIGNS[word]
    return f'<span class="{colour}">{mark} {word}</span>'


def _facts(source: Source) -> Iterator[str]:
    yield '<dl class="facts">\n'
    for label, value in about_lines(source):
        yield f"<dt>{label}</dt><dd>{words(value)}</dd>\n"
    yield "</dl>\n"


def _contents(source: Source, sections: Sequence[SectionTotals]) -> Iterator[str]:
    index = source.results.index
    with_prompts = len(index) <= _LISTED_PROMPTS
    yield '<nav aria-label="Contents">\n<h2>Contents</h2>\n<ol>\n'
    for number, section in enumerate(sections, start=1):
        requests = section.totals.requests
        done = f"{count(section.totals.answered)} of {count(requests)}"
        yield f'<li><a href="#s{number}">{words(section.name)}</a>'
        yield f' <span class="quiet">{done}</span>'
        if with_prompts:
            yield "\n<ol>\n"
            for answer in index.answers(section.first, section.first + requests):
                colour, mark = SIGNS[outcome(answer)]
                name = words(answer.prompt_type)
                yield f'<li><span class="{colour}" title="{outcome(answer)}">{mark}</span> '
                yield f'<a href="#a{answer.number}">{name}</a></li>\n'
            yield "</ol>\n"
        yield "</li>\n"
    yield '</ol>\n<p><a href="#usage">Tokens by section</a></p>\n</nav>\n'


def _chart(sections: Sequence[SectionTotals]) -> Iterator[str]:
    """Bars of input and output tokens, in sizes that suit any width of the page."""
    largest = sorted(sections, key=lambda section: -section.totals.usage.total_tokens)
    chosen = set(map(id, largest[:_CHARTED_SECTIONS]))
    charted = [section for section in sections if id(section) in chosen]
    most = max((_tokens(section) for section in charted), default=0)
    if not most:
        return
    yield '<p class="told"><span class="key in"></span> input '
    yield '<span class="key out"></span> output'
    if len(charted) < len(sections):
        yield f"; the {len(charted)} largest of {count(len(sections))} sections"
    height = len(charted) * _ROW_PIXELS
    yield f'</p>\n<svg role="img" aria-label="Tokens by section" width="100%" height="{height}">\n'
    for row, section in enumerate(charted):
        yield from _bar(section, row * _ROW_PIXELS, most)
    yield "</svg>\n"


def _bar(section: SectionTotals, top: int, most: int) -> Iterator[str]:
    usage = section.totals.usage
    into, out = (100 * part / most for part in (usage.input_tokens, usage.output_tokens))
    bar = top + 19
    yield f'<text x="0" y="{top + 13}">{escape(one_line(section.name, _LABEL_LENGTH))}</text>'
    yield f'<text class="amount" x="100%" y="{top + 13}" text-anchor="end">'
    yield f"{count(_tokens(section))}</text>"
    yield f'<rect class="in" x="0" y="{bar}" width="{into:.2f}%" height="{_BAR_PIXELS}"/>'
    yield f'<rect class="out" x="{into:.2f}%" y="{bar}" width="{out:.2f}%"'
    yield f' height="{_BAR_PIXELS}"/>\n'


def _tokens(section: SectionTotals) -> int:
    """What its bar is as long as."""
    usage = section.totals.usage
    return usage.input_tokens + usage.output_tokens


def _table(sections: Sequence[SectionTotals], totals: Totals) -> Iterator[str]:
    yield '<div class="wide"><table class="numbers">\n<thead><tr><th>Section</th>'
    yield "<th>Answered</th><th>Input</th><th>Output</th><th>Total</th></tr></thead>\n<tbody>\n"
    for number, section in enumerate(sections, start=1):
        name = f'<a href="#s{number}">{words(section.name)}</a>'
        yield f"<tr>{_cells(name, section.totals)}</tr>\n"
    yield f"</tbody>\n<tfoot><tr>{_cells('All', totals)}</tr></tfoot>\n</table></div>\n"


def _cells(name: str, totals: Totals) -> str:
    usage = totals.usage
    numbers = (usage.input_tokens, usage.output_tokens, usage.total_tokens)
    done = f"{count(totals.answered)} of {count(totals.requests)}"
    cells = "".join(f"<td>{cell}</td>" for cell in (done, *map(count, numbers)))
    return f'<th scope="row">{name}</th>{cells}'
