"""Where headings and requests stand in the list, whatever is chosen and folded."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from wellspring_tui.tui.screens.results_layout import Layout

Line = tuple[str, int]
"""A heading of a section, or a request by its row."""


def written_out(firsts: list[int], chosen: list[int], folded: set[int]) -> list[Line]:
    """The lines of the list by the plainest of loops."""
    lines: list[Line] = []
    for section, first in enumerate(firsts):
        stop = firsts[section + 1] if section + 1 < len(firsts) else 10**9
        rows = [row for row in chosen if first <= row < stop]
        if rows:
            lines.append(("heading", section))
            lines += [] if section in folded else [("request", row) for row in rows]
    return lines


def page(layout: Layout, chosen: list[int], start: int, stop: int) -> list[Line]:
    """Lines `start` to `stop` as a layout tells them."""
    lines: dict[int, Line] = {
        position: ("heading", section) for position, section in layout.headings(start, stop)
    }
    for stretch in layout.stretches(start, stop):
        for offset, row in enumerate(chosen[stretch.start : stretch.stop]):
            lines[stretch.position + offset] = ("request", row)
    return [lines[position] for position in sorted(lines)]


@st.composite
def lists(draw: st.DrawFn) -> tuple[list[int], list[int], set[int]]:
    """Sections, chosen rows, folded sections."""
    sizes = draw(st.lists(st.integers(1, 5), min_size=1, max_size=6))
    firsts = [sum(sizes[:at]) for at in range(len(sizes))]
    chosen = draw(st.sets(st.integers(0, sum(sizes) - 1)))
    folded = draw(st.sets(st.integers(0, len(sizes) - 1)))
    return firsts, sorted(chosen), folded


@given(lists(), st.integers(0, 40), st.integers(0, 40))
def test_every_page_is_a_part_of_the_whole_list(
    made: tuple[list[int], list[int], set[int]], start: int, stop: int
) -> None:
    firsts, chosen, folded = made
    layout = Layout(firsts, chosen, folded)
    whole = written_out(firsts, chosen, folded)
    assert len(layout) == len(whole)
    assert page(layout, chosen, start, min(stop, len(layout))) == whole[start:stop]


@given(lists())
def test_every_line_is_found_where_it_stands(
    made: tuple[list[int], list[int], set[int]],
) -> None:
    firsts, chosen, folded = made
    layout = Layout(firsts, chosen, folded)
    whole = written_out(firsts, chosen, folded)
    for section in range(len(firsts)):
        line = ("heading", section)
        found = whole.index(line) if line in whole else None
        assert layout.position_of_heading(section) == found
    for row in range(30):
        line = ("request", row)
        assert layout.position_of(row) == (whole.index(line) if line in whole else None)
    for position, (kind, number) in enumerate(whole):
        section = number if kind == "heading" else layout.section_of(number)
        assert layout.section_at(position) == section


def test_without_anything_chosen_there_are_no_lines() -> None:
    layout = Layout([0, 3], [])
    assert (len(layout), layout.section_at(0), layout.position_of(0)) == (0, None, None)


def test_all_of_a_large_job_needs_no_list_of_its_rows() -> None:
    layout = Layout(range(0, 50_000, 100), range(50_000))
    assert len(layout) == 50_500
    assert layout.position_of(49_999) == 50_499
