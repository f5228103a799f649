"""The built-in service keeps to a description of its files and batches, whatever it is asked."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import checks
from schemathesis.specs.openapi import checks as openapi_checks

from tests.local.conftest import jsonl, request_line
from tests.local.described import description

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.local.conftest import LocalService

_CHECKS = [
    checks.not_a_server_error,
    openapi_checks.status_code_conformance,
    openapi_checks.content_type_conformance,
    openapi_checks.response_headers_conformance,
    openapi_checks.response_schema_conformance,
    openapi_checks.unsupported_method,
]
_QUERY = {"after", "limit", "order", "purpose"}
_turns = count()


@pytest.fixture(scope="module")
def known(shared_service: LocalService) -> dict[str, str]:
    """A file, and a batch that has ended with answers and a failure."""
    batch = shared_service.submit(map(request_line, range(3)), scenario="fail:2:500")
    ended = shared_service.until_ended(batch)
    return {"file_id": ended.input_file_id, "batch_id": ended.id}


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    """A client that no proxy of the developer's stands before."""
    with requests.Session() as opened:
        opened.trust_env = False
        yield opened


@pytest.fixture(scope="module")
def described(shared_service: LocalService) -> Any:
    """The description, of a service that runs."""
    document = description()
    del document["security"]  # every request brings a key; what comes without has its own test
    found = schemathesis.openapi.from_dict(document)
    found.config.update(base_url=shared_service.base_url)
    return found


api = schemathesis.pytest.from_fixture("described")


@api.parametrize()
@settings(
    max_examples=40,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
def test_no_request_gets_an_answer_that_is_not_described(
    case: schemathesis.Case[Any], known: dict[str, str], session: requests.Session
) -> None:
    meant_well = case.meta is not None and case.meta.generation.mode.is_positive
    rejects = True
    if meant_well and case.method != "DELETE" and next(_turns) % 2 == 0:
        for name in set(case.path_parameters or {}) & set(known):
            case.path_parameters = {name: known[name]}
        if case.path == "/files" and isinstance(case.body, dict):
            content: Any = jsonl([request_line(1)])
            case.body = {**case.body, "file": content}
            rejects = False  # to the check bytes are no text
        if case.path == "/batches" and isinstance(case.body, dict):
            case.body = {**case.body, "input_file_id": known["file_id"]}
    if set(case.query or {}) - _QUERY:
        rejects = False  # a name that nobody knows is let pass: gateways add some
    expected = [*_CHECKS, openapi_checks.negative_data_rejection] if rejects else _CHECKS
    headers = {"authorization": "Bearer anything"}
    case.call_and_validate(checks=expected, session=session, timeout=60, headers=headers)


@pytest.mark.parametrize("authorization", [None, "", "Bearer", "Bearer  ", "Basic eDp5"])
def test_without_a_key_every_address_refuses(
    shared_service: LocalService, session: requests.Session, authorization: str | None
) -> None:
    headers = {} if authorization is None else {"authorization": authorization}
    for path, methods in description()["paths"].items():
        for method in methods:
            url = shared_service.base_url + path.format(file_id="file-a", batch_id="batch_a")
            answer = session.request(method, url, headers=headers, timeout=60)
            assert answer.status_code == 401
            assert set(answer.json()["error"]) == {"message", "type", "param", "code"}
