"""A program sends a prompts file through the API, and gets its answers."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any

import pytest

from tests.rest.conftest import Server, problem
from tests.support.files import GARDEN, visual
from tests.support.homes import until

if TYPE_CHECKING:
    from collections.abc import Callable


def test_a_prompts_file_becomes_a_job_that_is_answered(shared: Server) -> None:
    shared.write("garden.json", visual())

    answer = shared.submit("garden.json", description="a try")

    assert answer.status_code == 202
    job = answer.json()
    assert (job["status"], job["task_count"], job["requests"]) == ("waiting", 4, 4)
    assert (job["name"], job["description"]) == ("garden", "a try")
    assert job["source"] == str(shared.root / "garden.json")
    assert answer.headers["location"] == job["links"]["status"]
    ended = shared.ended(job["job_id"])
    assert (ended["status"], ended["answered"], ended["missing"]) == ("completed", 4, 0)
    results = shared.get(job["links"]["results"])
    found = {section: set(types) for section, types in results["results_by_section"].items()}
    assert found == {section: set(types) for section, types in GARDEN.items()}


def test_what_is_put_around_the_prompts_is_taken_from_the_body(shared: Server) -> None:
    job_id = shared.job(
        name="Night run",
        model="gpt-4.1-mini",
        temperature=0,
        max_tokens=17,
        system="Be brief.",
        window="24h",
        tags=["night", " manual "],
    )
    ended = shared.ended(job_id)
    assert (ended["name"], ended["model"]) == ("Night run", "gpt-4.1-mini")
    assert ended["tags"] == ["night", "manual"]
    assert shared.get("/batch/list?text=%23manual")["jobs"][0]["job_id"] == job_id
    (sent,) = (shared.home / "input" / job_id).glob("part-*.jsonl")
    body = json.loads(sent.read_bytes().split(b"\n")[0])["body"]
    assert body["messages"][0] == {"role": "system", "content": "Be brief."}
    assert (body["model"], body["temperature"]) == ("gpt-4.1-mini", 0)
    assert 17 in body.values()


def test_answers_are_asked_to_fit_a_schema_and_held_against_it(shared: Server) -> None:
    bed = {"type": "object", "required": ["plant"], "properties": {"plant": {"type": "string"}}}
    job_id = shared.job(schema=bed)
    ended = shared.ended(job_id)
    assert (ended["answered"], ended["off_schema"]) == (4, 0)
    coded = {**bed, "properties": {"plant": {"type": "string", "pattern": "^[A-Z]{3}$"}}}
    job_id = shared.job(schema={"name": "bed", "schema": coded})
    ended = shared.ended(job_id)
    assert (ended["answered"], ended["truncated"], ended["off_schema"]) == (4, 0, 4)
    results = shared.get(f"/batch/{job_id}/results")
    assert results["off_schema"] == 4
    answer = results["results_by_section"]["Finding the Ground"]["facts_prompt"]
    assert answer["off_schema"].startswith("plant: ")


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({"type": "objekt"}, "no valid JSON Schema"),
        ({"type": "object", "properties": {"a": {"$ref": "file:///etc/passwd"}}}, "is fetched"),
        ({"type": "array", "items": {"type": "string"}}, "root must have"),
        ({}, "this holds no schema"),
    ],
)
def test_a_schema_that_can_not_be_used_is_told_before_a_job_is_made(
    shared: Server, schema: dict[str, Any], said: str
) -> None:
    shared.write("garden.json", visual())
    before = shared.get("/batch/list")["total"]
    told = problem(shared.submit("garden.json", schema=schema), 400, "input")
    assert said in told["detail"]
    problem(shared.submit("garden.json", schema="bed.json"), 422, "request")
    assert shared.get("/batch/list")["total"] == before


def test_who_waits_gets_the_results_at_once(shared: Server) -> None:
    shared.write("waited.json", visual())
    asked = {"json_file_path": "waited.json", "wait": True}

    answer = shared.http.post("/batch/process-complete", json=asked)

    assert answer.status_code == 200
    results = answer.json()
    assert (results["total_results"], results["status"]) == (4, "completed")
    entry = results["results_by_section"]["Finding the Ground"]["facts_prompt"]
    assert entry["response"]
    assert entry["usage"]["total_tokens"] > 0


@pytest.mark.parametrize("given", [{}, {"wait_seconds": 0}, {"wait": True, "wait_seconds": 0.1}])
def test_who_does_not_wait_long_hears_where_to_look(slow: Server, given: dict[str, object]) -> None:
    slow.write("slow.json", visual())

    answer = slow.http.post("/batch/process-complete", json={"json_file_path": "slow.json"} | given)

    assert answer.status_code == 202
    assert answer.json()["collected"] is False
    assert slow.get(answer.headers["location"])["job_id"] == answer.json()["job_id"]
    assert int(answer.headers["retry-after"]) > 0


def test_a_server_that_stops_sends_the_waiting_home(serve: Callable[..., Server]) -> None:
    server = serve(WELLSPRING_PACE="60")
    server.write("slow.json", visual())
    heard: list[Any] = []

    def wait() -> None:
        asked = {"json_file_path": "slow.json", "wait_seconds": 60}
        heard.append(server.http.post("/batch/process-complete", json=asked))

    waiting = threading.Thread(target=wait)
    waiting.start()
    until(lambda: bool(server.home.exists() and list(server.home.glob("input/*"))), "the job")
    code, _ = server.stop()
    waiting.join()

    assert code == 0
    assert heard[0].status_code == 202


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "the file is empty"),
        (b"%PDF-1.7", "this is not JSON"),
        (b'{"batch_prompts": {"prompt_sets": []}}', "there are no prompts"),
        (b'{"custom_id": "a", "method": "POST", "url": "/v1/chat/completions"}\n', "line 1"),
    ],
)
def test_a_file_that_can_not_be_sent_is_told_by_the_name_it_was_given(
    shared: Server, content: bytes, said: str
) -> None:
    shared.write("bad.json", content)
    before = shared.get("/batch/list")["total"]

    told = problem(shared.submit("bad.json"), 422, "prompts-file")

    assert told["detail"].startswith("bad.json: ")
    assert said in told["detail"]
    assert told["todo"]
    assert shared.get("/batch/list")["total"] == before
    assert list((shared.home / "incoming").iterdir()) == []


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({}, "body.json_file_path"),
        ({"json_file_path": ""}, "body.json_file_path"),
        ({"json_file_path": 7}, "body.json_file_path"),
        ({"json_file_path": "a.json", "temperature": 3}, "body.temperature"),
        ({"json_file_path": "a.json", "temperature": "hot"}, "body.temperature"),
        ({"json_file_path": "a.json", "max_tokens": 0}, "body.max_tokens"),
        ({"json_file_path": "a.json", "endpoint": "/v1/files"}, "body.endpoint"),
        ({"json_file_path": "a.json", "window": "soon"}, "body.window"),
        ({"json_file_path": "a.json", "name": "x" * 201}, "body.name"),
        ({"json_file_path": "a.json", "tags": ["x" * 41]}, "body.tags.0"),
        ({"json_file_path": "a.json", "colour": "green"}, "body.colour"),
        ([], "body"),
    ],
)
def test_a_body_that_does_not_fit_is_told_field_by_field(
    shared: Server, body: object, where: str
) -> None:
    told = problem(shared.http.post("/batch/submit", json=body), 422, "request")
    assert [one["where"] for one in told["errors"]] == [where]
    assert told["todo"]


def test_a_key_in_a_body_is_refused_and_not_repeated(shared: Server) -> None:
    shared.write("keyed.json", visual())
    for name in ("api_key", "openai_api_key", "apiKey"):
        told = problem(
            shared.submit("keyed.json", **{name: "sk-secret-0123456789"}), 422, "request"
        )
        assert told["todo"].startswith("Never send a key")
        assert "sk-secret" not in json.dumps(told)
    assert "sk-secret" not in shared.log


@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param(b"{", 422, id="unfinished"),
        pytest.param(b'{"json_file_path": "\\ud800"}', 422, id="half a character"),
        pytest.param(b"[" * 100_000, 400, id="deep"),
        pytest.param(b'{"a": "\xff"}', 400, id="no text"),
        pytest.param(b"null", 422, id="nothing"),
    ],
)
def test_a_body_that_is_no_json_is_the_clients_affair(
    shared: Server, body: bytes, status: int
) -> None:
    kind = {"content-type": "application/json"}
    told = problem(shared.http.post("/batch/submit", content=body, headers=kind), status, "request")
    assert len(told["detail"]) < 200


def test_a_service_that_is_not_there_is_named(shared: Server) -> None:
    shared.write("lost.json", visual())
    told = problem(shared.submit("lost.json", service="nowhere"), 400, "settings")
    assert "there is no service “nowhere”" in told["detail"]


def test_a_service_without_a_key_is_told_and_no_job_is_made(shared: Server) -> None:
    shared.write("keyless.json", visual())
    before = shared.get("/batch/list")["total"]
    told = problem(shared.submit("keyless.json", service="openai"), 503, "credentials")
    assert "there is no API key for the service openai" in told["detail"]
    assert shared.get("/batch/list")["total"] == before
