"""A program looks at a prompts file before it sends it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.rest.conftest import Server, problem
from tests.support.files import GARDEN, jsonl, request, visual

if TYPE_CHECKING:
    from pathlib import Path

    from wellspring_tui.wellspring import Wellspring


def checked(server: Server, name: str, **others: object) -> Any:
    """What the API tells of a file."""
    answer = server.http.post("/batch/check", json={"json_file_path": name, **others})
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_it_tells_what_is_in_a_file_and_what_it_costs_and_makes_no_job(
    shared: Server, wellspring: Wellspring
) -> None:
    path = shared.write("look.json", visual())
    before = shared.get("/batch/list")["total"]

    told = checked(shared, "look.json", model="gpt-4.1-mini", max_tokens=100)

    found = wellspring.check(path, wellspring.request_options(model="gpt-4.1-mini", max_tokens=100))
    cost = wellspring.estimate(found)
    assert (told["sendable"], told["refusal"], told["problem_count"]) == (True, None, 0)
    assert told["sections"] == {name: dict.fromkeys(types, 1) for name, types in GARDEN.items()}
    assert (told["prompts"], told["models"]) == (4, {"gpt-4.1-mini": 4})
    assert (told["estimated_input_tokens"], told["output_tokens_limit"]) == (found.tokens, 400)
    assert told["cost"] == {
        "free": True,
        "now": False,
        "batch_usd": str(cost.batch),
        "real_time_usd": str(cost.real_time),
    }
    assert [part["requests"] for part in told["parts"]] == [4]
    assert shared.get("/batch/list")["total"] == before
    assert not any((shared.home / "incoming").iterdir())


def test_all_problems_are_told_with_their_lines(shared: Server) -> None:
    lines = [request("a"), b"no JSON", request("a")]
    shared.write("bad.jsonl", jsonl(lines))

    told = checked(shared, "bad.jsonl")

    assert told["sendable"] is False
    assert [one["line"] for one in told["problems"]] == [2, 3]
    assert (told["problem_count"], sum(told["problem_kinds"].values())) == (2, 2)
    assert told["refusal"].startswith("line 2")
    assert problem(shared.submit("bad.jsonl"), 422, "prompts-file")["detail"].endswith(
        told["refusal"]
    )


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"window": "7d"}, "7d"),
        ({"service": "openai", "max_cost": "0.000001"}, "more than the limit of $0.000001"),
    ],
)
def test_what_speaks_against_sending_it_is_said(
    shared: Server, body: dict[str, object], said: str
) -> None:
    shared.write("look.json", visual())
    told = checked(shared, "look.json", **body)
    assert told["sendable"] is True
    assert said in told["refusal"]


def test_a_table_tells_its_columns(shared: Server) -> None:
    shared.write("places.csv", b"id;text\n7;Soil\n")
    told = checked(shared, "places.csv")
    assert (told["template_needed"], told["columns"]) == (True, ["id", "text"])
    assert checked(shared, "places.csv", template="Of {text}")["prompts"] == 1


def test_it_looks_nowhere_but_below_the_roots(shared: Server, tmp_path: Path) -> None:
    outside = tmp_path / "secret.png"
    outside.write_bytes(b"\x89PNG\r\n\x1a\n")
    asked = [{"prompt": "What is it?", "image": str(outside)}]
    shared.write("picture.json", json.dumps(asked).encode())
    told = checked(shared, "picture.json")
    assert (told["sendable"], told["problem_count"]) == (False, 1)
    answer = shared.http.post("/batch/check", json={"json_file_path": str(outside)})
    assert answer.status_code in (400, 403, 404)
    assert problem(answer, answer.status_code, answer.json()["type"].partition("#")[2])
