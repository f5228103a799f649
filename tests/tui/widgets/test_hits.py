"""Finding words in rows that were broken to fit the screen."""

from __future__ import annotations

from wellspring_tui.tui.widgets.hits import NO_HITS, Part, find


def test_case_does_not_matter() -> None:
    assert find("BUDGET", ["The budget,\n", "a Budget\n"]).rows == (0, 1)


def test_a_hit_across_a_broken_row_has_a_part_in_each() -> None:
    hits = find("three parts", ["the three \n", "parts\n"])
    assert hits.rows == (0,)
    assert hits.parts == {0: (Part(0, 0, 4, 11),), 1: (Part(0, 1, 0, 5),)}


def test_a_word_that_was_chopped_is_found() -> None:
    assert find("cdef", ["abcd", "efgh\n"]).parts == {
        0: (Part(0, 0, 2, 4),),
        1: (Part(0, 1, 0, 2),),
    }


def test_signs_are_not_read_as_a_pattern() -> None:
    assert find("a.b(", ["axb(\n", "a.b(\n"]).rows == (1,)


def test_nothing_is_found_without_words() -> None:
    assert find("  ", ["a b\n"]) == NO_HITS
    assert find("x", []) == NO_HITS


def test_a_hit_may_end_with_the_text() -> None:
    assert find("end", ["the ", "end"]).parts == {1: (Part(0, 1, 0, 3),)}
