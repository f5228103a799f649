"""A table fits its terminal, whatever is in it."""

from __future__ import annotations

from wellspring_tui.cli.columns import Column, cells, table

COLUMNS = [
    Column("ID", ["k3x9pq", "zz2v4h"]),
    Column("NAME", ["A handbook for a community garden", "園芸の本 part 1"], least=8),
    Column("SERVICE", ["openai", "local"], can_go=True),
    Column("TOKENS", ["12.3k", "–"], right=True),
]


def test_a_pipe_gets_everything_aligned() -> None:
    assert list(table(COLUMNS, None)) == [
        "ID      NAME                               SERVICE  TOKENS",
        "k3x9pq  A handbook for a community garden  openai    12.3k",
        "zz2v4h  園芸の本 part 1                    local         –",
    ]


def test_a_narrow_terminal_cuts_names_first_and_then_leaves_a_column_out() -> None:
    assert list(table(COLUMNS, 40)) == [
        "ID      NAME             SERVICE  TOKENS",
        "k3x9pq  A handbook for…  openai    12.3k",
        "zz2v4h  園芸の本 part 1  local         –",
    ]
    narrow = list(table(COLUMNS, 26))
    assert narrow[0].split() == ["ID", "NAME", "TOKENS"]
    assert max(map(cells, narrow)) == 26


def test_a_terminal_too_narrow_for_anything_still_gets_the_facts() -> None:
    assert list(table(COLUMNS, 5))[1].split() == ["k3x9pq", "A", "handb…", "12.3k"]
