"""From one answer that asks for a look to the next."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.support.files import answer, encoded, expired
from tests.support.results import answered, results_in
from wellspring_tui.answers.model import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from wellspring_tui.answers.index import AnswerIndex
    from wellspring_tui.answers.results import Results

FAILED, MISSING = frozenset({Kind.FAILED}), frozenset({Kind.MISSING})
FLAGGED = frozenset(Kind) - {Kind.ANSWERED}


def cut(own_id: str) -> dict[str, object]:
    """An answer that was cut at its token limit."""
    line = answer(own_id)
    line["response"]["body"]["choices"][0]["finish_reason"] = "length"
    return line


def refused(own_id: str) -> dict[str, object]:
    """An answer that says no."""
    line = answer(own_id)
    line["response"]["body"]["choices"][0]["message"]["refusal"] = "No."
    return line


@pytest.fixture
def results(tmp_path: Path) -> Iterator[Results]:
    """Eight requests a to h, in view order: b failed, d is cut, e refused, g and h missing."""
    filed = {own_id: ("S", own_id) for own_id in "abcdefgh"}
    lines = [answer("a"), expired("b"), answer("c"), cut("d"), refused("e"), answer("f")]
    made = results_in(tmp_path / "job", filed, *lines)
    with made.index:
        yield made


@pytest.fixture
def index(results: Results) -> AnswerIndex:
    """Their index."""
    return results.index


@pytest.mark.parametrize(
    ("kinds", "rows"),
    [
        (set(), []),
        ({Kind.FAILED}, [1]),
        ({Kind.MISSING}, [6, 7]),
        ({Kind.TRUNCATED}, [3]),
        ({Kind.REFUSED}, [4]),
        ({Kind.ANSWERED}, [0, 2, 3, 4, 5]),
        ({Kind.FAILED, Kind.REFUSED}, [1, 4]),
        (FLAGGED, [1, 3, 4, 6, 7]),
        (set(Kind), list(range(8))),
    ],
)
def test_answers_are_found_by_what_they_are(
    index: AnswerIndex, kinds: set[Kind], rows: list[int]
) -> None:
    assert index.rows_where(frozenset(kinds)) == rows


def test_one_goes_from_one_to_the_next_and_round_the_end(index: AnswerIndex) -> None:
    visited = [0]
    for _ in range(6):
        visited.append(index.next_row(FLAGGED, visited[-1]) or 0)
    assert visited == [0, 1, 3, 4, 6, 7, 1]


def test_one_goes_back_the_same_way(index: AnswerIndex) -> None:
    visited = [5]
    for _ in range(6):
        visited.append(index.next_row(FLAGGED, visited[-1], backwards=True) or 0)
    assert visited == [5, 4, 3, 1, 7, 6, 4]


def test_the_only_one_is_next_to_itself_and_none_is_none(index: AnswerIndex) -> None:
    assert index.next_row(FAILED, 1) == 1
    assert index.next_row(FAILED, 1, backwards=True) == 1
    assert index.next_row(frozenset(), 1) is None


def test_what_has_come_meanwhile_counts_whoever_wrote_it(
    results: Results, index: AnswerIndex
) -> None:
    assert index.next_row(MISSING, 0) == 6
    answered(results, encoded(answer("g")), "part-002.output.jsonl", part=2)
    assert index.next_row(MISSING, 0) == 7
    with index.reader() as other:
        path = results.outputs / "part-003.output.jsonl"
        path.write_bytes(encoded(answer("h"), answer("b")))
        other.add_file(path, 3, lambda _done, _total: None)
    assert index.next_row(MISSING, 0) is None
    assert index.next_row(FAILED, 0) is None


def test_a_page_of_rows_comes_in_the_order_asked_for(index: AnswerIndex) -> None:
    assert [found.custom_id for found in index.answers_at([6, 1, 3])] == ["g", "b", "d"]
    assert [found.number for found in index.answers_at([99, 2])] == [2]
    assert index.answers_at([]) == []


def test_lines_tell_rows_only_when_they_are_the_ones_that_count(
    results: Results, index: AnswerIndex
) -> None:
    first = len(encoded(answer("a")))
    assert index.rows_of_responses(["a", "b", "c", "nobody"]) == {
        ("part-001.output.jsonl", 0): 0,
        ("part-001.output.jsonl", first + len(encoded(expired("b")))): 2,
    }
    asked = json.loads(results.request_line(index.answers_at([1])[0]))
    assert index.rows_of_requests([asked["custom_id"]]) == {
        ("part-001.jsonl", index.answers_at([1])[0].request.offset): 1
    }
    assert list(index.reasons()) == [(1, "batch_expired: It could not be executed in time.")]
    assert index.files_of_answers() == ["part-001.output.jsonl"]
