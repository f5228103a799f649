"""Columns find their place, and the least important go first."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from wellspring_tui.tui.widgets.table_layout import GUTTER, MARGIN, column_at, lay_out
from wellspring_tui.tui.widgets.table_model import Column

JOBS = [
    Column("name", "Name", 16, flexible=True),
    Column("status", "Status", 12),
    Column("model", "Model", 12, priority=2),
    Column("cost", "Cost", 8, align="right", priority=1),
]


def keys(room: int) -> list[str]:
    return [place.column.key for place in lay_out(JOBS, room)]


def test_all_columns_are_shown_where_there_is_room() -> None:
    placed = lay_out(JOBS, 80)
    assert [place.column.key for place in placed] == ["name", "status", "model", "cost"]
    assert placed[0].x == GUTTER
    assert placed[-1].x + placed[-1].width == 80 - MARGIN
    assert [place.width for place in placed[1:]] == [12, 12, 8]


def test_gaps_get_tight_before_a_column_goes() -> None:
    tight = GUTTER + MARGIN + 16 + 12 + 12 + 8 + 3
    assert len(keys(tight)) == 4
    assert keys(tight - 1) == ["name", "status", "cost"]


def test_columns_go_by_priority_and_those_with_none_stay() -> None:
    assert keys(45) == ["name", "status", "cost"]
    assert keys(36) == ["name", "status"]
    assert keys(20) == ["name", "status"]


def test_in_twenty_cells_the_flexible_column_shrinks() -> None:
    placed = lay_out(JOBS, 20)
    assert [(place.column.key, place.width) for place in placed] == [("name", 4), ("status", 11)]


def test_flexible_columns_share_the_room_by_their_width() -> None:
    columns = [Column("a", "A", 10, flexible=True), Column("b", "B", 30, flexible=True)]
    placed = lay_out(columns, GUTTER + MARGIN + 2 + 80)
    assert [place.width for place in placed] == [20, 60]


def test_a_click_between_columns_belongs_to_the_one_before() -> None:
    placed = lay_out(JOBS, 80)
    status = placed[1]
    assert column_at(placed, 0) is None
    assert column_at(placed, status.x) is status.column
    assert column_at(placed, status.x + status.width) is status.column


widths = st.lists(
    st.builds(
        Column,
        st.text(max_size=3),
        st.text(max_size=9),
        st.integers(0, 40),
        flexible=st.booleans(),
        priority=st.integers(0, 3),
    ),
    max_size=8,
)


@given(widths, st.integers(0, 160))
def test_no_column_overlaps_another_or_leaves_the_room(columns: list[Column], room: int) -> None:
    x = GUTTER
    for place in lay_out(columns, room):
        assert place.x >= x
        assert place.width >= 0
        x = place.x + place.width
        assert x <= room - MARGIN
