"""The API keeps to its own description, whatever it is asked."""

from __future__ import annotations

import json
import re
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import checks
from schemathesis.specs.openapi import checks as openapi_checks

from tests.rest.conftest import HALF_DONE, Server, problem
from wellspring_tui.rest.problems import OF_ERRORS

if TYPE_CHECKING:
    from collections.abc import Iterator

_CHECKS = [
    checks.not_a_server_error,
    openapi_checks.status_code_conformance,
    openapi_checks.content_type_conformance,
    openapi_checks.response_headers_conformance,
    openapi_checks.response_schema_conformance,
    openapi_checks.negative_data_rejection,
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
    case.call_and_validate(checks=_CHECKS, session=session, timeout=60)


def test_every_address_of_the_contract_is_described(shared: Server) -> None:
    paths = shared.get("/openapi.json")["paths"]
    found = {f"{method.upper()} {path}" for path, of in paths.items() for method in of}
    assert found == {
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
    assert json.loads(example[1].replace("&quot;", '"')) == {"json_file_path": "prompts.json"}


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
