"""Looking for words in all answers of a job."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING

import pytest

from tests.support.files import answer, encoded, expired
from tests.support.results import answered, results_in
from wellspring_tui.errors import StoppedError, StorageError
from wellspring_tui.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from wellspring_tui.answers.results import Results
    from wellspring_tui.answers.searching import Found, Where

FILED = {
    "soil": ("Ground", "facts"),
    "fees": ("Money", "facts"),
    "map": ("Ground", "layout"),
    "law": ("Money", "law"),
    "rain": ("Water", "facts"),
}
"""In view order: soil 0, map 1, fees 2, law 3, rain 4."""


@pytest.fixture
def results(tmp_path: Path) -> Iterator[Results]:
    """Four prompts answered or failed, and one without any answer."""
    made = results_in(
        tmp_path / "job",
        FILED,
        answer("fees", "The Fée pays **20 %** of the fee.\n\nFEES are due in\u00a0June."),
        expired("law"),
        answer("soil", "Six\thours of sun, “measured” in June: json \\n is no break."),
        answer("map", "An ÉTÉ without rain."),
        sent={"fees": "What do people pay in June?"},
    )
    with made.index:
        yield made


def last(results: Results, query: str, where: Where = "answers") -> Found:
    """What a search comes to."""
    *_, found = results.search(query, where=where)
    assert found.complete
    return found


@pytest.mark.parametrize(
    ("query", "hits"),
    [
        ("fee", {2: 2}),
        ("fée", {2: 1}),
        ("été", {1: 1}),
        ("SIX HOURS", {0: 1}),
        ("in june", {0: 1, 2: 1}),
        ("“MEASURED”", {0: 1}),
        ("\\n is", {0: 1}),
        ("batch_expired", {3: 1}),
        ("EXECUTED in", {3: 1}),
        ("nowhere", {}),
        (" ", {}),
    ],
)
def test_every_answer_and_every_reason_is_searched(
    results: Results, query: str, hits: dict[int, int]
) -> None:
    found = last(results, query)
    assert found.hits_by_row == hits
    assert found.rows == tuple(sorted(hits))
    assert found.hits == sum(hits.values())


@pytest.mark.parametrize("query", ["content", "gpt-4o-mini", "soil", "stop", "batch_req", "20\\u"])
def test_ids_models_and_the_json_around_an_answer_do_not_count(
    results: Results, query: str
) -> None:
    assert last(results, query).rows == ()


def test_prompts_are_searched_when_asked_for(results: Results) -> None:
    assert last(results, "JUNE", "prompts").hits_by_row == {2: 1}
    assert last(results, "about", "prompts").rows == (0, 1, 3, 4)
    assert last(results, "gpt", "prompts").rows == ()


def test_only_the_answer_that_counts_is_searched(results: Results) -> None:
    newer = encoded(answer("fees", "Nobody pays."), answer("stranger", "A fee."), answer("law"))
    answered(results, newer, "part-002.output.jsonl", part=2)
    assert last(results, "fee").rows == ()
    assert last(results, "nobody").rows == (2,)
    assert last(results, "expired").rows == ()


def test_answers_written_with_escapes_and_without_are_the_same(results: Results) -> None:
    raw = json.dumps(answer("map", "Un ÉTÉ chaud."), ensure_ascii=False).encode() + b"\n"
    within = answer("rain", "L’été")
    within["response"]["body"] = json.dumps(within["response"]["body"])
    answered(results, raw + encoded(within), "part-002.output.jsonl", part=2)
    assert last(results, "été").hits_by_row == {1: 1, 4: 1}


def test_results_grow_until_they_are_complete(tmp_path: Path) -> None:
    filed = {f"r{number}": ("S", "facts") for number in range(5_000)}
    lines = [answer(own_id, "Compost, compost.") for own_id in filed]
    made = results_in(tmp_path / "job", filed, *lines)
    with made.index:
        steps = list(made.search("compost"))
    assert [found.complete for found in steps] == [False] * (len(steps) - 1) + [True]
    assert [found.hits for found in steps] == sorted(found.hits for found in steps)
    assert steps[-1].rows == tuple(range(5_000))
    assert steps[-1].hits == 10_000


def test_a_search_is_stopped_at_its_next_step(results: Results) -> None:
    stopped = threading.Event()
    heard: list[tuple[int, int | None]] = []

    def report(_what: str, done: int, total: int | None) -> None:
        heard.append((done, total))
        stopped.set()

    with pytest.raises(StoppedError, match="stopped while searching"):
        list(results.search("june", Progress(report, stopped)))
    size = (results.outputs / "part-001.output.jsonl").stat().st_size
    assert heard == [(size, size)]


def test_a_file_that_is_gone_is_named(results: Results) -> None:
    (results.outputs / "part-001.output.jsonl").unlink()
    with pytest.raises(StorageError, match=r"part-001\.output\.jsonl: it can't be read"):
        list(results.search("june"))


def test_a_search_in_a_thread_leaves_the_reader_of_the_index_alone(results: Results) -> None:
    searching = results.search("june")
    found: list[Found] = []
    thread = threading.Thread(target=lambda: found.extend(searching))
    thread.start()
    assert len(list(results.index.answers())) == 5
    thread.join()
    assert found[-1].rows == (0, 2)


def test_what_is_searched_of_an_answer_can_be_read(results: Results) -> None:
    texts = [results.text(answer) for answer in results.index.answers()]
    assert texts[3] == "batch_expired: It could not be executed in time."
    assert texts[4] == ""
    fees = results.index.answers_at([2])[0]
    assert results.text(fees, "prompts") == "What do people pay in June?"
