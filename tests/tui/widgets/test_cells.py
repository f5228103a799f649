"""Text fits its cells, whatever it is written in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from wellspring_tui.text import safe
from wellspring_tui.tui.widgets.cells import cut, fitted, lines, shown, shown_piece, wrap

ODD = [*"ab  \n村計画é…’⚠✔", "\ufe0f", "\u0301", "\u200d", "\u00a0", "\u3000", "\U0001f468"]
odd_text = st.text(st.one_of(st.sampled_from(ODD), st.characters()), max_size=80)


@given(odd_text, st.integers(0, 30), st.sampled_from(["left", "right"]))
def test_a_cell_is_exactly_as_wide_as_its_column(text: str, width: int, align: str) -> None:
    cell = fitted(shown(text, width), width, "right" if align == "right" else "left")
    assert cell_len(cell) == width


@given(odd_text, odd_text, st.integers(1, 20))
def test_neighbours_do_not_change_each_others_width(one: str, other: str, width: int) -> None:
    line = " ".join(fitted(shown(text, width), width) for text in (one, other, one))
    assert cell_len(line) == 3 * width + 2


@given(odd_text, st.integers(2, 40))
def test_wrapped_rows_fit_and_lose_nothing(text: str, width: int) -> None:
    plain = safe(text).expandtabs(4)
    rows = wrap(plain, width)
    assert "".join(rows) == plain
    assert all(cell_len(row.rstrip()) <= width for row in rows)
    assert all("\n" not in row[:-1] for row in rows)


def test_a_cut_is_shown_by_an_ellipsis() -> None:
    assert cut("Development budget", 8) == "Develop…"
    assert cut("村計画村計画", 6) == "村計 …"
    assert cut("short", 8) == "short"
    assert cut("anything", 0) == ""


@pytest.mark.parametrize(
    ("text", "width", "rows"),
    [
        ("one two three", 8, ["one two ", "three"]),
        ("one  two", 4, ["one  ", "two"]),
        ("abcdefgh", 3, ["abc", "def", "gh"]),
        ("a\n\nb\n", 9, ["a\n", "\n", "b\n"]),
        ("村の計画 村の計画", 9, ["村の計画 ", "村の計画"]),
        ("it’s a “quote”", 7, ["it’s a ", "“quote”"]),
        ("", 5, []),
    ],
)
def test_words_are_wrapped_whole_where_they_fit(text: str, width: int, rows: list[str]) -> None:
    assert wrap(text, width) == rows


def test_an_endless_line_is_wrapped() -> None:
    assert len(wrap("x" * 200_000, 100)) == 2_000
    assert len(wrap("村" * 60_000, 100)) == 1_200
    assert "".join(wrap("word " * 40_000, 100)) == "word " * 40_000


def test_lines_keep_their_breaks() -> None:
    assert lines("a\nb\u2028c") == ["a\n", "b\u2028c"]


def test_a_joiner_at_the_end_does_not_swallow_the_space_after_it() -> None:
    assert fitted(shown("x\u200d", 4), 4) == "x   "
    assert shown_piece("x\u200d") == "x"


def test_a_piece_keeps_its_spaces_and_loses_its_controls() -> None:
    assert shown_piece(" a\nb\tc \x1b[2J") == " a b c "
