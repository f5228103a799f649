"""The results JSON, at once and as a stream."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.files import SHARED, answer, encoded, expired, jsonl, request
from wellspring_tui.answers.exports import as_json
from wellspring_tui.answers.exports.source import Source
from wellspring_tui.answers.index import AnswerIndex
from wellspring_tui.answers.model import Place
from wellspring_tui.answers.results import Results
from wellspring_tui.errors import StorageError
from wellspring_tui.prompts.old_ids import split_old_ids

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ABOUT = {"job_id": "bcdfgh", "name": "Gärten"}


def written(results: Results) -> dict[str, Any]:
    """What the stream holds, without its time."""
    file = io.BytesIO()
    as_json.write(Source(results, ABOUT), file)
    whole: dict[str, Any] = json.loads(file.getvalue())
    assert whole.pop("timestamp")
    return whole


def at_once(results: Results) -> dict[str, Any]:
    """The same, made at once."""
    whole = results.as_dict(ABOUT)
    assert whole.pop("timestamp")
    return whole


@pytest.fixture
def results(tmp_path: Path) -> Iterator[Results]:
    """Five requests in two sections, of which two share a section and a type."""
    lines = [request(own_id) for own_id in "abcde"]
    (tmp_path / "part-001.jsonl").write_bytes(jsonl(lines))
    filed = [("S", "x"), ("T", "x"), ("S", "x"), ("S", "y"), ("T “2”", "x")]
    places, offset = [], 0
    for line in lines:
        places.append(Place("part-001.jsonl", offset, len(line) + 1))
        offset += len(line) + 1
    with AnswerIndex.create(tmp_path / "index.sqlite") as index:
        index.add_requests(
            (own_id, *names, place)
            for own_id, names, place in zip("abcde", filed, places, strict=True)
        )
        yield Results(index, tmp_path, tmp_path)


def fill(results: Results, tmp_path: Path, *lines: object) -> None:
    """Answers for those requests."""
    path = tmp_path / "part-001.output.jsonl"
    path.write_bytes(encoded(*lines))
    results.index.add_file(path, 1, lambda _done, _total: None)


def test_answers_are_found_by_section_and_prompt_type(results: Results, tmp_path: Path) -> None:
    fill(results, tmp_path, answer("d", "Soil\u2028is “good”."), answer("b"), expired("a"))
    whole = written(results)
    assert whole == at_once(results)
    assert whole["total_results"] == whole["answered"] == 2
    assert (whole["requests"], whole["failed"], whole["missing"]) == (5, 1, 2)
    assert (whole["job_id"], whole["name"]) == ("bcdfgh", "Gärten")
    assert list(whole["results_by_section"]) == ["S", "T"]
    assert whole["results_by_section"]["S"]["y"] == {
        "response": "Soil\u2028is “good”.",
        "usage": {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15},
        "model": "gpt-4o-mini-2024-07-18",
        "custom_id": "d",
        "finish_reason": "stop",
        "off_schema": None,
        "cost_usd": None,
    }
    assert whole["usage"]["total_tokens"] == 30
    assert whole["usage_by_section"]["T"]["total_tokens"] == 15
    assert [(one["custom_id"], one["state"]) for one in whole["failures"]] == [
        ("a", "failed"),
        ("c", "missing"),
        ("e", "missing"),
    ]
    assert whole["failures"][0]["reason"] == "batch_expired: It could not be executed in time."


def test_two_prompts_of_one_section_and_type_are_both_there(
    results: Results, tmp_path: Path
) -> None:
    fill(results, tmp_path, answer("a", "first"), answer("c", "second"), answer("e", "other"))
    whole = written(results)
    assert whole == at_once(results)
    section = whole["results_by_section"]["S"]
    assert {name: entry["response"] for name, entry in section.items()} == {
        "x": "first",
        "x (2)": "second",
    }
    assert whole["results_by_section"]["T “2”"]["x"]["response"] == "other"


def test_without_an_answer_the_results_are_empty_but_whole(results: Results) -> None:
    whole = written(results)
    assert whole == at_once(results)
    assert (whole["total_results"], whole["results_by_section"]) == (0, {})
    assert len(whole["failures"]) == 5


def test_when_all_is_answered_nothing_failed(results: Results, tmp_path: Path) -> None:
    fill(results, tmp_path, *map(answer, "abcde"))
    whole = written(results)
    assert whole == at_once(results)
    assert (whole["total_results"], whole["failures"]) == (5, [])


def test_the_lines_that_were_sent_and_came_back_are_at_hand(
    results: Results, tmp_path: Path
) -> None:
    fill(results, tmp_path, answer("b", "Back."))
    found = results.index.answer("b")
    missing = results.index.answer("c")
    assert found is not None
    assert missing is not None
    assert results.request_line(found) == request("b") + b"\n"
    assert json.loads(results.response_line(found) or b"") == answer("b", "Back.")
    assert results.response_line(missing) is None


def test_a_removed_output_file_is_named(results: Results, tmp_path: Path) -> None:
    fill(results, tmp_path, answer("a"))
    (tmp_path / "part-001.output.jsonl").unlink()
    with pytest.raises(StorageError, match=r"part-001\.output\.jsonl: it can't be read"):
        results.as_dict(ABOUT)


@pytest.mark.skipif(not SHARED.is_dir(), reason="the real files are not on this machine")
def test_the_teams_own_output_reads_as_nine_answers_of_8511_tokens(tmp_path: Path) -> None:
    output = SHARED / "batch_683506cc77cc8190b47611aeff3f7024_output.jsonl"
    sent = [
        json.loads(line)
        for line in (SHARED / "wellspring_batch_tasks_20250526_172651.jsonl")
        .read_bytes()
        .strip()
        .split(b"\n")
    ]
    names = split_old_ids(line["custom_id"] for line in sent)
    with AnswerIndex.create(tmp_path / "index.sqlite") as index:
        index.add_requests(
            (own_id, *pair, Place("part-001.jsonl", 0, 0)) for own_id, pair in names.items()
        )
        assert index.add_file(output, 1, lambda _done, _total: None) == (9, 0)
        whole = written(Results(index, tmp_path, output.parent))
    assert whole["total_results"] == 9
    assert whole["usage"]["total_tokens"] == 8511
    entry = whole["results_by_section"]["Development Budget Components"]["data_extraction_prompt"]
    assert entry["usage"]["total_tokens"] == 926
    assert entry["response"]
