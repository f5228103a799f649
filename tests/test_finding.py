"""What counts as a hit."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wellspring_tui.finding import excerpt, pattern


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("BUDGET", "the budget"),
        ("école", "ÉCOLE"),
        ("ÉCOLE", "école"),
        ("почва", "ПОЧВА"),
        ("λόγοσ", "ΛΌΓΟΣ"),
        ("λόγοσ", "λόγος"),
        ("six hours", "Six\n  hours"),
        ("six hours", "six\u00a0hours"),
        ("a.b(", "A.B("),
        ("[x]^-", "[X]^-"),
        ("漢字", "于漢字之"),
    ],
)
def test_words_are_found_in_either_case_and_across_any_white_space(query: str, text: str) -> None:
    wanted = pattern(query)
    assert wanted is not None
    assert wanted.search(text)


@pytest.mark.parametrize(
    ("query", "text"),
    [("a.b", "axb"), ("six hours", "sixhours"), ("ß", "SS"), ("e", "é"), ("k", "\u212a")],
)
def test_nothing_else_is_found(query: str, text: str) -> None:
    wanted = pattern(query)
    assert wanted is not None
    assert wanted.search(text) is None


@pytest.mark.parametrize("query", ["", "  ", "\n\u00a0"])
def test_without_words_there_is_nothing_to_look_for(query: str) -> None:
    assert pattern(query) is None
    assert excerpt(query, "text") is None


@given(st.text(min_size=1).filter(lambda text: bool(text.split())))
def test_a_text_holds_itself(text: str) -> None:
    wanted = pattern(text)
    assert wanted is not None
    assert wanted.search(text)


def test_an_excerpt_shows_the_first_hit_on_one_safe_line() -> None:
    text = "Before it all.\nSix\thours a \x1b[2Jday, measured in June. Six hours."
    assert excerpt("SIX hours", text, 10) == "…e it all. Six hours a day…"
    assert excerpt("six hours", "Six hours") == "Six hours"
    assert excerpt("seven", text) is None
