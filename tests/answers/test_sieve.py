"""No line that holds the words is missed, however its writer put them into JSON."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from wellspring_tui.answers.sieve import Sieve
from wellspring_tui.finding import pattern

if TYPE_CHECKING:
    from collections.abc import Iterable


def let_through(query: str, lines: Iterable[bytes]) -> list[bytes]:
    """The lines that may hold the query, and that their offsets are true."""
    content = b"".join(lines)
    heard: list[int] = []
    found = list(Sieve(query).lines(io.BytesIO(content), heard.append))
    for offset, line in found:
        assert content[offset : offset + len(line)] == line
    assert heard == sorted(heard)
    return [line for _, line in found]


def ways_to_write(text: str) -> list[bytes]:
    """A text as a line of JSON, by writers with different habits."""
    escaped, raw = json.dumps({"t": text}), json.dumps({"t": text}, ensure_ascii=False)
    shouted = escaped.replace("\\u00e", "\\u00E")
    for_html = raw.replace("<", "\\u003c").replace(">", "\\u003E").replace("/", "\\/")
    within = json.dumps({"t": escaped})
    return [line.encode() + b"\n" for line in (escaped, raw, shouted, for_html, within)]


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("budget", "The Budget of the village"),
        ("ÉTÉ", "un été chaud"),
        ("été", "UN ÉTÉ CHAUD"),
        ("é", "É"),
        ("naïve café", "Naïve\n\nCAFÉ"),
        ("ПОЧВА", "чёрная почва"),
        ("почва 1", "Почва\u00a01"),
        ("λόγοσ", "λόγος"),
        ("漢字", "漢字"),
        ("🌱 grow", "🌱\tGROW"),
        ("</b>", "a </b> c"),
        ('say "no"', 'They say\n"No".'),
        ("a\\b", "A\\B"),
        ("ıı", "II"),
        ("[system]", "[system]"),
    ],
)
def test_words_come_through_however_they_are_written(query: str, text: str) -> None:
    lines = ways_to_write(text)
    assert let_through(query, lines) == lines


def test_what_can_not_hold_the_words_is_held_back() -> None:
    lines = [b'{"t": "soil"}\n', b'{"t": "water"}\n', b'{"t": "\\u00e9\\u00c9"}\n', b"\n"]
    assert let_through("WATER", lines) == lines[1:2]
    assert let_through("éé", lines) == lines[2:3]
    assert let_through("éà", lines) == []
    assert let_through("meadow", lines) == []


def test_lines_longer_than_what_is_read_at_once_come_whole() -> None:
    long = b'{"t": "' + b"x" * 1_000_000 + b' needle"}\n'
    last = b'{"t": "Needle without a break at its end"}'
    assert let_through("needle", [b"{}\n", long, b'{"t": "hay"}\n', long, last]) == [
        long,
        long,
        last,
    ]


@given(
    text=st.text(st.characters(exclude_categories=["Cs"]), max_size=30),
    start=st.integers(0, 30),
    length=st.integers(1, 12),
    upper=st.booleans(),
)
@example(text="x\u2028y", start=0, length=3, upper=False)
def test_a_line_that_holds_a_part_of_its_text_comes_through(
    text: str, start: int, length: int, upper: bool
) -> None:
    part = text[start : start + length]
    query = part.upper() if upper else part
    wanted = pattern(query)
    if wanted is None or wanted.search(text) is None:
        return  # such as ß, whose capital is two letters
    escaped, raw, *_ = ways_to_write(text)
    assert let_through(query, [escaped, raw]) == [escaped, raw]
