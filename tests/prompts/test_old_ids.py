"""Sections and prompt types found again in custom_ids of the old form."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wellspring_tui.prompts.old_ids import CLASSIC_TYPES, split_old_ids

_NAMES = st.from_regex(r"[A-Za-z][a-z]{0,6}([ _][A-Za-z][a-z]{0,6}){0,3}", fullmatch=True)


def grid(sections: list[str], types: list[str]) -> dict[str, tuple[str, str]]:
    """The old ids of every section with every type, and what they were made of."""
    return {f"{s}_{t}_1748305611": (s, t) for s in sections for t in types}


@pytest.mark.parametrize(
    ("sections", "types"),
    [
        (["Development Budget Components", "DHCS Compliance"], list(CLASSIC_TYPES)),
        (["Site_Plan", "Money_and_People"], list(CLASSIC_TYPES)),
        (["Site Plan"], list(CLASSIC_TYPES)),
        (["site_plan", "money_matters"], list(CLASSIC_TYPES)),
        (["site_plan"], ["data_extraction_prompt"]),
        (["Site Plan", "Money"], ["facts_prompt", "layout_prompt"]),
        (["A", "B"], ["x", "y"]),
        (["Überblick", "花园"], ["facts_prompt", "layout_prompt"]),
    ],
    ids=[
        "titles",
        "sections with underscores",
        "a single section",
        "sections in snake case",
        "a single id",
        "types nobody knows",
        "single letters",
        "other scripts",
    ],
)
def test_sections_and_types_are_found_again(sections: list[str], types: list[str]) -> None:
    made = grid(sections, types)
    assert split_old_ids(made) == made


def test_ids_of_another_form_are_left_alone() -> None:
    others = ["request-1", "a_b", "_1748305611", "a_1748305611", "a_b_12", "a_b_1748305611x", ""]
    assert split_old_ids(others) == {}


def test_an_id_of_a_million_underscores_is_left_alone_too() -> None:
    assert split_old_ids(["_" * 1_000_000 + "_1748305611"]) == {}


@given(
    st.lists(_NAMES, min_size=2, max_size=5, unique=True),
    st.lists(_NAMES, min_size=2, max_size=4, unique=True),
)
def test_no_id_of_a_grid_is_lost_and_each_is_split_somewhere(
    sections: list[str], types: list[str]
) -> None:
    made = grid(sections, types)
    found = split_old_ids(made)
    assert found.keys() == made.keys()
    for own_id, (section, kind) in found.items():
        assert f"{section}_{kind}_1748305611" == own_id
