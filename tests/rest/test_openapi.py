"""The API keeps to its own description, whatever it is asked."""

from __future__ import annotations

import json
import re
from itertools import count
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import checks
from schemathesis.specs.openapi import checks as openapi_checks

from tests.rest.conftest import HALF_DONE, Server, problem
from wellspring_tui.rest import models
from wellspring_tui.rest.problems import OF_ERRORS

if TYPE_CHECKING:
    from collections.abc import Iterator

_REJECTION = openapi_checks.negative_data_rejection
_CHECKS = [
    checks.not_a_server_error,
    openapi_checks.status_code_conformance,
    openapi_checks.content_type_conformance,
    openapi_checks.response_headers_conformance,
    openapi_checks.response_schema_conformance,
    _REJECTION,
    openapi_checks.unsupported_method,
]
_turns = count()


@pytest.fixture(scope="module")
def over(shared: Server) -> str:
    """A job that is over, with an answer and a refusal."""
    shared.write("known.jsonl", HALF_DONE)
    job_id = shared.job(HALF_DONE)
    shared.ended(job_id)
    return job_id


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    """A client that no proxy of the developer's stands before."""
    with requests.Session() as opened:
        opened.trust_env = False
        yield opened


@pytest.fixture(scope="module")
def described(shared: Server) -> Any:
    """The API as it describes itself."""
    found = schemathesis.openapi.from_dict(shared.get("/openapi.json"))
    found.config.update(base_url=shared.url)
    return found


api = schemathesis.pytest.from_fixture("described")


@api.parametrize()
@settings(max_examples=15, database=None, suppress_health_check=list(HealthCheck))
def test_no_request_breaks_it_or_gets_an_answer_it_does_not_describe(
    case: schemathesis.Case[Any], over: str, session: requests.Session
) -> None:
    makes_sense = next(_turns) % 2 == 0
    if makes_sense and "job_id" in (case.path_parameters or {}):
        case.path_parameters = {"job_id": over}
    if isinstance(case.body, dict):
        if makes_sense and "json_file_path" in case.body:
            case.body = {**case.body, "json_file_path": "known.jsonl"}
        if case.path == "/batch/process-complete":
            case.body = {**case.body, "wait_seconds": 0.1}
    # What was made sense of is no longer what was made to be refused.
    kept = [one for one in _CHECKS if not makes_sense or one is not _REJECTION]
    case.call_and_validate(checks=kept, session=session, timeout=60)


def test_every_address_of_the_contract_is_described(shared: Server) -> None:
    paths = shared.get("/openapi.json")["paths"]
    found = {f"{method.upper()} {path}" for path, of in paths.items() for method in of}
    assert found == {
        "POST /batch/check",
        "POST /batch/submit",
        "POST /batch/process-complete",
        "GET /batch/list",
        "GET /batch/{job_id}/status",
        "GET /batch/{job_id}/results",
        "GET /batch/{job_id}/events",
        "POST /batch/{job_id}/cancel",
        "POST /batch/{job_id}/retry",
        "POST /webhooks/openai",
        "GET /health",
        "GET /",
    }
    described = shared.http.get("/openapi.json").text
    assert described.count("application/problem+json") == len(found)
    assert "HTTPValidationError" not in described


def test_the_page_of_the_api_needs_nothing_of_the_web(shared: Server) -> None:
    answer = shared.http.get("/docs")

    assert answer.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert not re.search(r"<script|<link|<img|@import|url\(", answer.text)
    for path in shared.get("/openapi.json")["paths"]:
        assert path in answer.text
    example = re.search(r"submit \\.*?-d &#x27;(.*?)&#x27;", answer.text, re.DOTALL)
    assert example
    sent = json.loads(example[1].replace("&quot;", '"'))
    assert sent["json_file_path"] == "prompts.json"


def test_everything_that_is_taken_or_answered_has_an_example_that_fits(shared: Server) -> None:
    described = shared.get("/openapi.json")
    wanting, unfit = [], []
    for address, of, content in _contents(described):
        if "binary" in json.dumps(content["schema"]):
            continue
        if "example" not in content:
            wanting.append(address)
            continue
        whole = {**content["schema"], "components": described["components"]}
        checker = jsonschema.Draft202012Validator(whole, format_checker=jsonschema.FormatChecker())
        unfit += [f"{address}: {one.message}" for one in checker.iter_errors(content["example"])]
        own = getattr(models, content["schema"].get("$ref", "").rpartition("/")[2], None)
        if own is not None:
            own.model_validate_json(json.dumps(content["example"]))
        assert of["description"], address
    assert (wanting, unfit) == ([], [])


def test_parameters_of_an_address_are_explained(shared: Server) -> None:
    for method, path, of in _operations(shared.get("/openapi.json")):
        for parameter in of.get("parameters", ()):
            schema = parameter["schema"]
            told = parameter.get("description") or schema.get("examples") or "default" in schema
            assert told, (method, path, parameter["name"])


def test_the_examples_look_like_the_real_ones(shared: Server, over: str) -> None:
    """What a program is written after must be what it meets."""
    examples = {
        f"{method} {path}": of["responses"][min(of["responses"])]["content"]
        for method, path, of in _operations(shared.get("/openapi.json"))
    }

    def example(address: str, kind: str = "application/json") -> Any:
        return examples[address][kind]["example"]

    real = shared.get(f"/batch/{over}/status")
    shown = example("GET /batch/{job_id}/status")
    assert shown.keys() == real.keys()
    assert shown["parts"][0].keys() == real["parts"][0].keys()
    assert shown["timeline"][0].keys() == real["timeline"][0].keys()
    page, listed = example("GET /batch/list"), shared.get("/batch/list")
    assert (page.keys(), page["jobs"][0].keys()) == (listed.keys(), listed["jobs"][0].keys())
    results = shared.get(f"/batch/{over}/results")
    told = example("GET /batch/{job_id}/results")
    assert told.keys() == results.keys()
    assert told["failures"][0].keys() == results["failures"][0].keys()
    (entry,) = told["results_by_section"]["Finding the Ground"].values()
    assert entry.keys() == results["results_by_section"]["Requests"]["good"].keys()
    line = json.loads(example("GET /batch/{job_id}/results", "application/x-ndjson"))
    lines = shared.http.get(f"/batch/{over}/results?format=jsonl").content.split(b"\n")
    assert line.keys() == json.loads(lines[0]).keys()
    table = shared.http.get(f"/batch/{over}/results?format=csv").text
    titles = example("GET /batch/{job_id}/results", "text/csv").split(",…")[0]
    assert table.removeprefix("\ufeff").startswith(titles)
    assert example("GET /").keys() == shared.get("/").keys()
    assert example("GET /health").keys() == shared.get("/health").keys()


def _operations(described: Any) -> Iterator[tuple[str, str, Any]]:
    for path, methods in described["paths"].items():
        for method, of in methods.items():
            yield method.upper(), path, of


def _contents(described: Any) -> Iterator[tuple[str, Any, Any]]:
    """Every body that is taken or answered: where, of which operation, and what is told of it."""
    for method, path, of in _operations(described):
        bodies = {"body": of.get("requestBody", {}), **of["responses"]}
        for name, body in bodies.items():
            for kind, content in body.get("content", {}).items():
                yield f"{method} {path} {name} {kind}", of, content


def test_every_kind_of_problem_is_described_at_its_type(shared: Server) -> None:
    page = shared.http.get("/docs").text
    told = problem(shared.http.get("/nowhere"), 404, "not-found")
    for slug in ("not-found", told["type"].partition("#")[2], *_slugs()):
        assert page.count(f"id='{slug}'") >= 1, slug


def _slugs() -> set[str]:
    return {kind.slug for kind in OF_ERRORS.values()}


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "POST"])
def test_a_method_that_is_none_is_told(shared: Server, method: str) -> None:
    answer = shared.http.request(method, "/batch/list")
    problem(answer, 405, "method-not-allowed")
    assert answer.headers["allow"] == "GET"
