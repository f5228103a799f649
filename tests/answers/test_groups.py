"""Requests in sums of one section, one part and one price: nothing is counted twice or lost."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest

from tests.support.files import answer, encoded, expired
from wellspring_tui.answers.index import AnswerIndex
from wellspring_tui.answers.model import Place, Totals, Usage

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ROWS = [("a", "S", "facts"), ("b", "T", "facts"), ("c", "S", "map"), ("d", "T", "map")]


@pytest.fixture
def index(tmp_path: Path) -> Iterator[AnswerIndex]:
    """An index of four requests in two sections of two prompt types."""
    with AnswerIndex.create(tmp_path / "index.sqlite") as made:
        made.add_requests((*row, Place("part-001.jsonl", 0, 1)) for row in ROWS)
        yield made


def put(index: AnswerIndex, part: int, *lines: object) -> None:
    """Add an output file of a part."""
    path = index.path.with_name(f"part-{part:03d}.output.jsonl")
    path.write_bytes(encoded(*lines))
    index.add_file(path, part, lambda _done, _total: None)


def test_what_has_no_answer_yet_is_counted_by_the_file_it_was_sent_in(index: AnswerIndex) -> None:
    first, second = index.groups()
    assert (first.name, first.part, first.request_file) == ("S", None, "part-001.jsonl")
    assert (first.requests, first.answered, first.failed, first.usage) == (2, 0, 0, Usage())
    assert second.name == "T"


def test_sections_types_parts_and_models_are_told_apart(index: AnswerIndex) -> None:
    put(index, 1, answer("a"), answer("b"), expired("d"))
    put(index, 2, answer("c", model="gpt-4.1"))
    found = [(one.name, one.part, one.model, one.answered, one.failed) for one in index.groups()]
    assert found == [
        ("S", 1, "gpt-4o-mini-2024-07-18", 1, 0),
        ("S", 2, "gpt-4.1", 1, 0),
        ("T", 1, "gpt-4o-mini-2024-07-18", 1, 0),
        ("T", 1, "", 0, 1),
    ]
    by_type = {(one.name, one.model): one.requests for one in index.groups("prompt_type")}
    assert by_type == {
        ("facts", "gpt-4o-mini-2024-07-18"): 2,
        ("map", "gpt-4.1"): 1,
        ("map", ""): 1,
    }


def test_a_long_prompt_is_in_a_sum_of_its_own(index: AnswerIndex) -> None:
    sizes = {"a": 272_000, "c": 272_001}
    put(
        index,
        1,
        *(
            answer(own_id, usage={"prompt_tokens": size, "completion_tokens": 1})
            for own_id, size in sizes.items()
        ),
    )
    found = {one.long: one.usage.input_tokens for one in index.groups() if one.answered}
    assert found == {False: 272_000, True: 272_001}


def test_who_does_not_tell_tokens_is_counted_apart(index: AnswerIndex) -> None:
    failed = answer("c")
    failed["response"]["status_code"] = 500  # it used tokens all the same
    put(index, 1, answer("a", usage=None), answer("b"), failed, expired("d"))
    sums = [(one.measured, one.unmeasured, one.failed) for one in index.groups()]
    assert [sum(numbers) for numbers in zip(*sums, strict=True)] == [2, 1, 2]


@pytest.mark.parametrize("by", ["section", "prompt_type"])
def test_the_groups_add_up_to_the_job(index: AnswerIndex, by: str) -> None:
    details = {"cached_tokens": 4, "cache_write_tokens": 3}
    used = {"prompt_tokens": 9, "completion_tokens": 5, "prompt_tokens_details": details}
    put(index, 1, answer("a", usage=used), expired("b"))
    put(index, 2, answer("b"))
    groups = index.groups(by)  # type: ignore[arg-type]
    totals = index.totals()
    assert totals == Totals(4, 2, 0, usage=Usage(19, 10, 29, 4, 0, 3))
    assert sum(one.requests for one in groups) == totals.requests
    assert sum(one.answered for one in groups) == totals.answered
    assert sum((one.usage for one in groups), Usage()) == totals.usage


def test_an_index_of_an_earlier_version_is_read_and_filled_on(index: AnswerIndex) -> None:
    put(index, 1, answer("a"))
    index.close()
    old = sqlite3.connect(index.path)
    old.execute("ALTER TABLE answers DROP COLUMN cache_write_tokens")
    old.execute("ALTER TABLE answers DROP COLUMN off_schema")
    old.execute("ALTER TABLE requests DROP COLUMN schema")
    old.execute("DROP TABLE schemas")
    old.execute("PRAGMA user_version = 1")
    old.commit()
    old.close()
    for _ in range(2):  # the second time it is no longer old
        with AnswerIndex(index.path) as again:
            assert again.totals().usage == Usage(10, 5, 15)
            found = again.answer("a")
            assert found is not None
            assert found.usage == Usage(10, 5, 15)
    with AnswerIndex(index.path) as again:
        put(again, 2, answer("b"))
        assert again.totals().answered == 2
