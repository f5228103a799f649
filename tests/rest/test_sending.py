"""A program sends a prompts file through the API, and gets its answers."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from tests.rest.conftest import Server, problem
from tests.support.files import GARDEN, jsonl, request, visual
from tests.support.homes import until
from tests.support.scripted import ScriptedService
from tests.support.small_service import SmallService
from wellspring_tui.cli.commands.sending import submit
from wellspring_tui.private import make_folder
from wellspring_tui.rest.models import Processing, Submission

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@contextmanager
def paying(serve: Callable[..., Server]) -> Iterator[Server]:
    """A server whose jobs go to a service that takes money."""
    with ScriptedService(SmallService()) as service:
        server = serve(
            OPENAI_API_KEY="sk-not-a-key",
            OPENAI_BASE_URL=service.base_url,
            WELLSPRING_SERVICE="openai",
        )
        server.write("garden.json", visual())
        yield server
        server.stop()


@pytest.fixture
def paid(serve: Callable[..., Server]) -> Iterator[Server]:
    """The same, without a limit in its settings."""
    with paying(serve) as server:
        yield server


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


def test_a_template_makes_prompts_of_a_table_and_its_rows_come_back(shared: Server) -> None:
    shared.write("places.csv", b"id;text\n7;Soil\n8;Rain\n")
    asked = {"json_file_path": "places.csv", "wait": True, "template": "Sum up {text}"}

    results = shared.http.post("/batch/process-complete", json=asked).json()

    answers = results["results_by_section"]["Rows"]
    assert {name: one["row"] for name, one in answers.items()} == {
        "row 1": {"id": "7", "text": "Soil"},
        "row 2": {"id": "8", "text": "Rain"},
    }
    again = shared.get(f"/batch/{results['job_id']}/results")
    assert again["results_by_section"] == results["results_by_section"]


@pytest.mark.parametrize(
    ("template", "status", "slug", "said"),
    [
        (None, 422, "prompts-file", "places.csv: this is a table with the columns id and text"),
        ("{txt}", 422, "prompts-file", "there is no column “txt” There are id and text."),
        ("{text", 400, "input", "the brace in “{text” stands alone"),
        ("@/etc/passwd", 400, "input", "it names no column in braces"),
    ],
)
def test_a_table_without_a_template_that_fits_is_told_in_a_sentence(
    shared: Server, template: str | None, status: int, slug: str, said: str
) -> None:
    shared.write("places.csv", b"id;text\n7;Soil\n")
    told = problem(shared.submit("places.csv", template=template), status, slug)
    assert said in f"{told['detail']} {told['todo']}"


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
        ({"json_file_path": "a.json", "max_cost": "lots"}, "body.max_cost"),
        ({"json_file_path": "a.json", "max_cost": -1}, "body.max_cost"),
        ({"json_file_path": "a.json", "max_cost": True}, "body.max_cost"),
        ({"json_file_path": "a.json", "max_cost": 1e308}, "body.max_cost"),
        ([], "body"),
    ],
)
def test_a_body_that_does_not_fit_is_told_field_by_field(
    shared: Server, body: object, where: str
) -> None:
    for address in ("/batch/submit", "/batch/process-complete"):
        told = problem(shared.http.post(address, json=body), 422, "request")
        assert [one["where"] for one in told["errors"]] == [where]
        assert told["todo"]


def test_a_body_takes_whatever_the_command_line_takes() -> None:
    """Both send a prompts file, and neither may have what the other lacks."""
    not_of_the_job = {"file", "as_json", "quiet", "home"}
    flags = {str(one.name) for one in submit.params} - not_of_the_job
    fields = {of.alias or name for name, of in Submission.model_fields.items()}
    assert fields - {"json_file_path"} == flags
    waiting = {"wait", "wait_seconds"}
    assert Processing.model_fields.keys() - waiting == Submission.model_fields.keys()


@pytest.mark.parametrize("address", ["/batch/submit", "/batch/process-complete"])
def test_a_job_that_may_cost_more_is_refused_with_both_numbers(paid: Server, address: str) -> None:
    asked = {"json_file_path": "garden.json", "max_cost": 0.001, "wait": True}
    body = {name: asked[name] for name in asked if name != "wait" or "process" in address}

    told = problem(paid.http.post(address, json=body), 422, "max-cost")

    assert "would cost up to ≈ $0.0024, more than the limit of $0.0010" in told["detail"]
    assert "Raise the limit" in told["todo"]
    assert paid.get("/batch/list")["total"] == 0


def test_an_unknown_price_is_refused_where_there_is_a_limit(paid: Server) -> None:
    told = problem(paid.submit("garden.json", model="my-own", max_cost="5"), 422, "max-cost")
    assert "the price of my-own is unknown" in told["detail"]


def test_a_limit_of_the_server_holds_until_a_body_lifts_it(
    serve: Callable[..., Server], home: Path
) -> None:
    make_folder(home).joinpath("config.toml").write_text("max_cost = 0.001\n", encoding="utf-8")
    with paying(serve) as server:
        problem(server.submit("garden.json"), 422, "max-cost")
        for enough in ("none", "0.5", 1):
            assert server.submit("garden.json", max_cost=enough).status_code == 202


def test_what_has_no_effect_on_ready_made_requests_is_told(shared: Server) -> None:
    shared.write("ready.jsonl", jsonl([request("one")]))
    asked = {"temperature": 0, "window": "24h", "model": "gpt-4.1"}
    assert shared.submit("ready.jsonl", **asked).json()["unused"] == ["model", "temperature"]
    shared.write("garden.json", visual())
    assert shared.submit("garden.json", **asked).json()["unused"] == []


def test_a_count_of_tokens_is_no_key(shared: Server) -> None:
    told = problem(shared.submit("a.json", max_tokens=0), 422, "request")
    assert told["todo"] == "/docs shows what each request takes."


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
