"""All accounted for: answered + failed + missing = requests, whatever the files say."""

from __future__ import annotations

import json
import stat
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.files import answer, encoded, expired
from wellspring_tui.answers.index import AnswerIndex
from wellspring_tui.answers.model import Answer, Kind, Place, State, Totals, Usage
from wellspring_tui.errors import StoppedError, StorageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path


def silent(_done: int, _total: int | None) -> None:
    """A heartbeat nobody hears."""


def rows(*sections: tuple[str, str]) -> Iterator[tuple[str, str, str, Place]]:
    """Requests `(custom_id, section)`, each ten bytes long in one input file."""
    for number, (own_id, section) in enumerate(sections):
        yield own_id, section, f"type of {own_id}", Place("part-001.jsonl", number * 10, 10)


@pytest.fixture
def index(tmp_path: Path) -> Iterator[AnswerIndex]:
    """An index of four requests: a and c in one section, b and d in another."""
    with AnswerIndex.create(tmp_path / "index.sqlite") as made:
        assert made.add_requests(rows(("a", "S"), ("b", "T"), ("c", "S"), ("d", "T"))) == 4
        yield made


def put(index: AnswerIndex, name: str, content: bytes, part: int = 1) -> tuple[int, int]:
    """Write an output file beside an index and add it."""
    path = index.path.parent / name
    path.write_bytes(content)
    return index.add_file(path, part, silent)


def states(index: AnswerIndex) -> dict[str, State]:
    """What came of each request."""
    return {found.custom_id: found.state for found in index.answers()}


def test_a_new_index_knows_every_request_and_no_answer(index: AnswerIndex) -> None:
    assert len(index) == 4
    assert index.totals() == Totals(requests=4)
    assert index.rows_where(frozenset({Kind.MISSING})) == [0, 1, 2, 3]
    assert index.answer("nobody") is None


def test_requests_of_one_section_stand_together_in_the_order_of_the_file(
    index: AnswerIndex,
) -> None:
    assert [found.custom_id for found in index.answers()] == ["a", "c", "b", "d"]
    assert [found.number for found in index.answers()] == [0, 1, 2, 3]
    assert [found.custom_id for found in index.answers(1, 3)] == ["c", "b"]
    assert list(index.answers(4)) == []
    assert [(s.name, s.first, s.totals.requests) for s in index.sections()] == [
        ("S", 0, 2),
        ("T", 2, 2),
    ]


def test_each_answer_is_found_with_its_bytes(index: AnswerIndex) -> None:
    content = encoded(answer("d"), expired("a")) + b"\n  \n" + encoded(answer("b", "No."))
    assert put(index, "part-001.output.jsonl", content) == (3, 0)
    found = index.answer("b")
    assert found is not None
    assert found.request == Place("part-001.jsonl", 10, 10)
    assert found.response is not None
    start, length = found.response.offset, found.response.length
    assert json.loads(content[start : start + length]) == answer("b", "No.")
    assert index.answer("a") == Answer(
        number=0,
        custom_id="a",
        section="S",
        prompt_type="type of a",
        state=State.FAILED,
        request=Place("part-001.jsonl", 0, 10),
        response=Place(
            "part-001.output.jsonl", len(encoded(answer("d"))), len(encoded(expired("a")))
        ),
        status_code=None,
        finish=None,
        model=None,
        usage=Usage(),
        reason="batch_expired: It could not be executed in time.",
    )


def test_totals_and_sections_add_up(index: AnswerIndex) -> None:
    cut = answer("b")
    cut["response"]["body"]["choices"][0]["finish_reason"] = "length"
    refused = answer("d")
    refused["response"]["body"]["choices"][0]["message"]["refusal"] = "No."
    put(index, "out.jsonl", encoded(cut, refused, expired("a")))
    assert index.totals() == Totals(4, 2, 1, 1, 1, Usage(20, 10, 30))
    assert index.totals().missing == 1
    first, second = index.sections()
    assert (first.totals.failed, first.totals.missing) == (1, 1)
    assert (second.totals.answered, second.totals.usage.total_tokens) == (2, 30)
    kinds = (Kind.ANSWERED, Kind.FAILED, Kind.MISSING)
    assert [index.rows_where(frozenset({kind})) for kind in kinds] == [[2, 3], [0], [1]]
    assert [found.custom_id for found in index.answers() if found.truncated] == ["b"]
    assert [found.custom_id for found in index.answers() if found.refused] == ["d"]


def test_adding_a_file_again_changes_nothing(index: AnswerIndex) -> None:
    content = encoded(answer("a"), expired("b"))
    put(index, "out.jsonl", content)
    before = list(index.answers())
    put(index, "out.jsonl", content)
    assert list(index.answers()) == before


def test_the_answer_of_a_later_part_counts_but_never_hides_an_answer(index: AnswerIndex) -> None:
    put(index, "one.jsonl", encoded(answer("a", "old"), expired("b"), answer("c")), part=1)
    put(index, "two.jsonl", encoded(answer("a", "new"), answer("b"), expired("c")), part=2)
    places = {found.custom_id: found.response for found in index.answers()}
    assert {own_id: place.file for own_id, place in places.items() if place} == {
        "a": "two.jsonl",
        "b": "two.jsonl",
        "c": "one.jsonl",
    }
    assert states(index)["c"] is State.ANSWERED
    put(index, "one.jsonl", encoded(answer("a", "old"), expired("b")), part=1)
    assert index.totals().answered == 3  # also when the older file is indexed once more


def test_a_request_answered_twice_in_one_file_counts_once(index: AnswerIndex) -> None:
    put(index, "out.jsonl", encoded(answer("a", "first"), answer("a", "second"), expired("a")))
    assert (index.totals().answered, index.totals().failed) == (1, 0)


def test_failures_are_told_by_kind_the_most_frequent_first(index: AnswerIndex) -> None:
    def failed(own_id: str, code: str | None, message: str) -> dict[str, object]:
        body = {"error": {"code": code, "message": message}}
        return {"custom_id": own_id, "response": {"status_code": 400, "body": body}, "error": None}

    lines = [
        failed("a", "server_error", "Try again: later"),
        failed("b", "too_long", "It has 7 tokens"),
        failed("c", "too_long", "It has 9 tokens"),
        failed("stranger", "too_long", "It belongs to nobody"),
    ]
    put(index, "errors.jsonl", encoded(*lines))
    kinds = index.failure_kinds(5)
    assert [(kind.requests, kind.example.custom_id) for kind in kinds] == [(2, "c"), (1, "a")]
    assert kinds[0].example.reason == "too_long: It has 9 tokens"
    assert index.failure_kinds(1) == kinds[:1]


def test_failures_without_a_word_are_a_kind_too(index: AnswerIndex) -> None:
    put(index, "errors.jsonl", encoded(*({"custom_id": own_id} for own_id in "ab")))
    assert [kind.requests for kind in index.failure_kinds(5)] == [2]


def test_strangers_do_not_count(index: AnswerIndex) -> None:
    assert put(index, "out.jsonl", encoded(answer("z"), expired("y"))) == (2, 0)
    assert index.totals() == Totals(requests=4)
    assert sum(group.answered + group.failed for group in index.groups()) == 0


def test_unreadable_lines_are_counted_and_the_others_kept(index: AnswerIndex) -> None:
    content = b'oops\n[]\n{"custom_id": 5, \n' + encoded(answer("a")) + encoded(answer("b"))[:-40]
    assert put(index, "out.jsonl", content) == (5, 4)
    assert states(index)["a"] is State.ANSWERED
    assert index.totals().missing == 3


def test_an_answer_with_a_line_separator_is_one_line(index: AnswerIndex) -> None:
    content = json.dumps(answer("a", "x\u2028y\u0085z"), ensure_ascii=False).encode() + b"\r\n"
    assert put(index, "out.jsonl", content) == (1, 0)
    assert index.totals().answered == 1


def test_stopping_leaves_the_index_as_it_was(tmp_path: Path) -> None:
    ids = [f"request-{number}" for number in range(5_000)]
    path = tmp_path / "out.jsonl"
    path.write_bytes(encoded(*map(answer, ids)))

    def stop(done: int, total: int | None) -> None:
        assert total == path.stat().st_size
        if done > path.stat().st_size // 2:
            raise StoppedError("stopped")

    with AnswerIndex.create(tmp_path / "index.sqlite") as index:
        index.add_requests(rows(*((own_id, "S") for own_id in ids)))
        with pytest.raises(StoppedError):
            index.add_file(path, 1, stop)
        assert index.totals() == Totals(requests=5_000)
        assert index.add_file(path, 1, silent) == (5_000, 0)
        assert index.totals().answered == 5_000


def test_an_index_that_is_gone_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="index of this job's answers is gone"):
        AnswerIndex(tmp_path / "index.sqlite")


def test_the_index_is_its_owners_alone(index: AnswerIndex) -> None:
    assert stat.S_IMODE(index.path.stat().st_mode) == 0o600


_IDS = [f"r{number}" for number in range(8)]
_OUTCOMES = st.lists(st.tuples(st.sampled_from([*_IDS, "z"]), st.booleans()), max_size=12)


@given(
    wanted=st.lists(st.sampled_from(_IDS), unique=True, min_size=1),
    files=st.lists(st.tuples(st.integers(1, 3), _OUTCOMES), max_size=4),
)
@settings(deadline=None)
def test_answered_failed_and_missing_are_all_there_is(
    tmp_path_factory: pytest.TempPathFactory,
    wanted: list[str],
    files: list[tuple[int, Iterable[tuple[str, bool]]]],
) -> None:
    folder = tmp_path_factory.mktemp("index")
    with AnswerIndex.create(folder / "index.sqlite") as index:
        index.add_requests(rows(*((own_id, f"S{own_id[-1]}") for own_id in wanted)))
        answered: set[str] = set()
        failed: set[str] = set()
        for number, (part, lines) in enumerate(files):
            made = [answer(own_id) if good else expired(own_id) for own_id, good in lines]
            put(index, f"{number}.jsonl", encoded(*made), part)
            answered |= {own_id for own_id, good in lines if good and own_id in wanted}
            failed |= {own_id for own_id, good in lines if not good and own_id in wanted}
        totals = index.totals()
        assert totals.answered + totals.failed + totals.missing == totals.requests == len(wanted)
        assert (totals.answered, totals.failed) == (len(answered), len(failed - answered))
        assert {own_id for own_id, state in states(index).items() if state is State.ANSWERED} == (
            answered
        )
        sections = [section.totals for section in index.sections()]
        assert sum(section.requests for section in sections) == totals.requests
        assert sum(section.answered for section in sections) == totals.answered
