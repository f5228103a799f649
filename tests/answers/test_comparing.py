"""Two jobs side by side."""

from __future__ import annotations

from contextlib import contextmanager
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from tests.support.files import answer, expired
from tests.support.results import results_in
from wellspring_tui.answers.comparing import Comparison, MatchedBy, Pair
from wellspring_tui.answers.model import State
from wellspring_tui.errors import StoppedError, StorageError
from wellspring_tui.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

Filed = dict[str, tuple[str, str]]
FILED: Filed = {
    "a": ("Ground", "facts"),
    "b": ("Money", "facts"),
    "c": ("Ground", "layout"),
}


@contextmanager
def compared(
    folder: Path,
    left: Mapping[str, tuple[str, str]],
    right: Mapping[str, tuple[str, str]],
    lines: tuple[object, ...] = (),
    other_lines: tuple[object, ...] = (),
) -> Iterator[Comparison]:
    """Two jobs with these requests and answers."""
    one = results_in(folder / "one", left, *lines)
    other = results_in(folder / "other", right, *other_lines)
    with Comparison(one, other, costs=(Decimal("0.02"), None)) as made:
        yield made


def ids(pairs: list[Pair]) -> list[tuple[str | None, str | None]]:
    """Who stands beside whom."""
    return [
        (
            pair.left.custom_id if pair.left else None,
            pair.right.custom_id if pair.right else None,
        )
        for pair in pairs
    ]


def test_jobs_with_the_same_ids_are_matched_by_them(tmp_path: Path) -> None:
    other = {"c": ("Elsewhere", "x"), "a": ("Elsewhere", "y"), "b": ("Elsewhere", "x")}
    with compared(tmp_path, FILED, other) as found:
        assert found.matched_by is MatchedBy.CUSTOM_ID
        assert len(found) == 3
        assert ids(found.pairs()) == [("a", "a"), ("c", "c"), ("b", "b")]
        assert [(pair.section, pair.prompt_type) for pair in found.pairs()] == [
            ("Ground", "facts"),
            ("Ground", "layout"),
            ("Money", "facts"),
        ]


def test_other_ids_are_matched_by_section_type_and_how_often_these_came(tmp_path: Path) -> None:
    left: Filed = {"1": ("S", "x"), "2": ("T", "x"), "3": ("S", "x"), "4": ("S", "y")}
    right: Filed = {
        "one": ("T", "x"),
        "two": ("U", "x"),
        "three": ("S", "x"),
        "four": ("S", "z"),
        "five": ("S", "x"),
        "six": ("S", "x"),
    }
    with compared(tmp_path, left, right) as found:
        assert found.matched_by is MatchedBy.NAMES
        assert ids(found.pairs()) == [
            ("1", "three"),
            ("3", "five"),
            ("4", None),
            (None, "four"),  # what only the other has stands at the end of its section,
            (None, "six"),
            ("2", "one"),
            (None, "two"),  # or of all
        ]
        assert found.pairs()[-1].section == "U"


def test_an_id_more_in_one_job_makes_names_count(tmp_path: Path) -> None:
    with compared(tmp_path, FILED, FILED | {"d": ("Ground", "law")}) as found:
        assert found.matched_by is MatchedBy.NAMES
        assert ids(found.pairs()) == [("a", "a"), ("c", "c"), (None, "d"), ("b", "b")]


def test_jobs_with_nothing_in_common_stand_one_after_the_other(tmp_path: Path) -> None:
    with compared(tmp_path, {"1": ("S", "x")}, {"2": ("T", "y")}) as found:
        assert found.matched_by is MatchedBy.NOTHING
        assert ids(found.pairs()) == [("1", None), (None, "2")]


def test_pairs_are_read_a_page_at_a_time(tmp_path: Path) -> None:
    filed = {f"r{number:03d}": ("S", "facts") for number in range(300)}
    with compared(tmp_path, filed, filed, (answer("r200", "Left."),)) as found:
        page = found.pairs(199, 202)
        assert [pair.position for pair in page] == [199, 200, 201]
        assert ids(page) == [("r199", "r199"), ("r200", "r200"), ("r201", "r201")]
        assert page[1].left is not None
        assert page[1].right is not None
        assert found.left.text(page[1].left) == "Left."
        assert page[1].right.state is State.MISSING
        assert found.pairs(300, 310) == []


def test_totals_tell_outcomes_money_and_the_usual_length(tmp_path: Path) -> None:
    lines = (answer("a", "1234"), answer("b", "123456"), answer("c", "12"))
    with compared(tmp_path, FILED, FILED, lines, (answer("a"), expired("b"))) as found:
        left, right = found.totals()
        assert (left.totals.answered, left.totals.usage.total_tokens) == (3, 45)
        assert (left.cost, left.median_characters) == (Decimal("0.02"), 4)
        outcome = (right.totals.answered, right.totals.failed, right.totals.missing)
        assert outcome == (1, 1, 1)
        assert (right.cost, right.median_characters) == (None, len("Yes."))
        stopped = Progress()
        stopped.stopped.set()
        with pytest.raises(StoppedError):
            found.totals(stopped)


def test_a_job_without_answers_has_no_usual_length(tmp_path: Path) -> None:
    with compared(tmp_path, FILED, {}) as found:
        assert [side.median_characters for side in found.totals()] == [None, None]
        assert len(found) == 3


def test_both_jobs_can_be_written_to_while_they_are_compared(tmp_path: Path) -> None:
    with compared(tmp_path, FILED, FILED) as found:
        path = tmp_path / "one" / "late.jsonl"
        path.write_bytes(b"")
        found.left.index.add_file(path, 2, lambda _done, _total: None)
        assert found.pairs()[0].left is not None


def test_what_is_no_index_is_said_so(tmp_path: Path) -> None:
    one = results_in(tmp_path / "one", FILED)
    other = results_in(tmp_path / "other", FILED)
    with one.index, other.index:
        (tmp_path / "other" / "index.sqlite").write_bytes(b"")
        with pytest.raises(StorageError, match="can't be compared"):
            Comparison(one, other)
