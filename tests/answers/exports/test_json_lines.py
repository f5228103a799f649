"""JSON and JSON lines hold the same answers, exactly."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.answers.exports.job import ABOUT, ROWS

if TYPE_CHECKING:
    from tests.answers.exports.conftest import Written

FAILURE_KEYS = ("custom_id", "section", "prompt_type", "state", "status_code", "reason")


def lines_of(content: bytes) -> list[dict[str, Any]]:
    """The lines of a JSONL file."""
    assert content.endswith(b"\n")
    return [json.loads(line) for line in content[:-1].split(b"\n")]


def results_from(lines: list[dict[str, Any]]) -> dict[str, Any]:
    """The results JSON, but for its head, made again of the lines alone."""
    by_section: dict[str, dict[str, Any]] = {}
    failures = []
    for line in lines:
        if line["state"] != "answered":
            failures.append({key: line[key] for key in FAILURE_KEYS})
            continue
        section = by_section.setdefault(line["section"], {})
        name, number = line["prompt_type"], 1
        while name in section:
            number += 1
            name = f"{line['prompt_type']} ({number})"
        about = ("section", "prompt_type", "state", "status_code", "reason")
        section[name] = {key: value for key, value in line.items() if key not in about}
    return {"results_by_section": by_section, "failures": failures}


def test_nothing_of_the_results_is_lost_on_the_way_over_lines(written: Written) -> None:
    whole = json.loads(written("json"))
    again = results_from(lines_of(written("jsonl")))
    assert again["results_by_section"] == whole["results_by_section"]
    assert again["failures"] == whole["failures"]
    assert list(again["results_by_section"]) == list(whole["results_by_section"])


def test_a_line_tells_all_of_its_request(written: Written) -> None:
    lines = lines_of(written("jsonl"))
    assert tuple(line["custom_id"] for line in lines) == ROWS
    assert lines[0] == {
        "section": "Ground",
        "prompt_type": "facts",
        "custom_id": "soil",
        "state": "answered",
        "response": "# Soil\n\nIt is “good”,\u2028\U0001f331 \x00 \x1b[2J and *deep*.",
        "usage": {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15},
        "model": "gpt-4o-mini-2024-07-18",
        "finish_reason": "stop",
        "cost_usd": "0.000000075",
        "status_code": 200,
        "reason": None,
        "off_schema": None,
    }
    assert (lines[1]["finish_reason"], lines[1]["cost_usd"]) == ("length", None)
    assert (lines[3]["finish_reason"], lines[3]["response"]) == ("refusal", "I can't, sorry.")
    failed, missing = lines[4], lines[6]
    assert (failed["state"], failed["response"], failed["usage"]) == ("failed", None, None)
    assert failed["reason"].startswith("batch_expired")
    assert (missing["state"], missing["reason"]) == ("missing", None)


def test_prompts_stand_beside_their_answers_when_asked_for(written: Written) -> None:
    assert "prompt" not in lines_of(written("jsonl"))[0]
    lines = lines_of(written("jsonl", prompts=True))
    assert lines[0]["prompt"] == "Which soil?\n```\nopen"
    assert lines[6]["prompt"] == "About rain?"
    whole = json.loads(written("json", prompts=True))
    assert whole["results_by_section"]["Ground"]["facts"]["prompt"] == lines[0]["prompt"]
    assert whole["failures"][1]["prompt"] == "About rain?"


def test_the_head_tells_of_the_job(written: Written) -> None:
    whole = json.loads(written("json"))
    assert ABOUT.items() <= whole.items()
    counts = ("total_results", "requests", "answered", "failed", "missing")
    assert [whole[key] for key in counts] == [5, 7, 5, 1, 1]
