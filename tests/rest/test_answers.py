"""The answers of a job, as one JSON or line by line."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from tests.rest.conftest import HALF_DONE, Server
from tests.support.files import EIGHT, visual
from tests.support.homes import until
from tests.support.scripted import Asked, Reply, ScriptedService
from tests.support.small_service import SmallService

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx2


@pytest.fixture(scope="module")
def eight(shared: Server) -> str:
    """A job of eight prompts, all answered; a line separator is in a section's name."""
    job_id = shared.job(visual(EIGHT))
    shared.ended(job_id)
    return job_id


def lines(answer: httpx2.Response) -> list[dict[str, object]]:
    """The objects of a JSONL answer."""
    assert answer.headers["content-type"] == "application/x-ndjson"
    return [json.loads(line) for line in answer.content.split(b"\n") if line]


def test_the_results_are_those_every_other_face_writes(shared: Server, eight: str) -> None:
    from wellspring_tui.settings import load_settings
    from wellspring_tui.wellspring import Wellspring

    answer = shared.http.get(f"/batch/{eight}/results")

    assert int(answer.headers["content-length"]) == len(answer.content)
    with Wellspring(load_settings(home=shared.home, service="local")) as door:
        found = door.results(eight)
        with found.index:
            wanted = json.loads(json.dumps(found.as_dict(door.about(door.job(eight)))))
    told = answer.json()
    assert told | {"timestamp": ""} == wanted | {"timestamp": ""}
    assert told["total_results"] == 8


def test_line_by_line_each_request_has_its_line(shared: Server, eight: str) -> None:
    whole = shared.get(f"/batch/{eight}/results")["results_by_section"]

    told = lines(shared.http.get(f"/batch/{eight}/results?format=jsonl"))

    assert [(one["section"], one["prompt_type"]) for one in told] == [
        (section, name) for section, types in whole.items() for name in types
    ]
    for one in told:
        entry = whole[str(one["section"])][str(one["prompt_type"])]
        assert {name: one[name] for name in entry} == entry
        assert one["state"] == "answered"


@pytest.mark.parametrize(
    ("accept", "query", "kind"),
    [
        ("application/x-ndjson", "", "application/x-ndjson"),
        ("application/json;q=0.5, application/x-ndjson", "", "application/x-ndjson"),
        ("*/*", "", "application/json"),
        ("application/x-ndjson", "?format=json", "application/json"),
        ("application/json", "?format=jsonl", "application/x-ndjson"),
    ],
)
def test_the_address_decides_before_the_accept_header(
    shared: Server, eight: str, accept: str, query: str, kind: str
) -> None:
    answer = shared.http.get(f"/batch/{eight}/results{query}", headers={"accept": accept})
    assert answer.headers["content-type"] == kind


def test_what_failed_is_told_apart(shared: Server) -> None:
    job_id = shared.job(HALF_DONE)
    shared.ended(job_id)

    whole = shared.get(f"/batch/{job_id}/results")
    good, bad = lines(shared.http.get(f"/batch/{job_id}/results?format=jsonl"))

    assert [one["custom_id"] for one in whole["failures"]] == ["bad"]
    assert (good["state"], bad["state"]) == ("answered", "failed")
    assert bad["reason"] == whole["failures"][0]["reason"]
    assert bad["response"] is None


@pytest.mark.parametrize(
    ("name", "suffix", "begins"),
    [
        ("csv", ".csv", b"section,"),
        ("markdown", ".md", b"# "),
        ("html", ".html", b"<!"),
        ("parquet", ".parquet", b"PAR1"),
    ],
)
def test_every_format_of_an_export_comes_as_a_file_to_be_saved(
    shared: Server, eight: str, name: str, suffix: str, begins: bytes
) -> None:
    answer = shared.http.get(f"/batch/{eight}/results?format={name}")
    assert answer.status_code == 200
    assert answer.content.removeprefix(b"\xef\xbb\xbf").startswith(begins)
    assert answer.headers["content-disposition"] == f'attachment; filename="{eight}{suffix}"'
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_a_running_job_gives_what_has_come_so_far(slow: Server) -> None:
    job_id = slow.job()

    results = slow.get(f"/batch/{job_id}/results")

    assert (results["total_results"], results["missing"]) == (0, 4)
    assert results["status"] in ("waiting", "sending", "validating", "in_progress")
    told = lines(slow.http.get(f"/batch/{job_id}/results?format=jsonl"))
    assert [one["state"] for one in told] == ["missing"] * 4


def test_a_hundred_thousand_bytes_of_answers_come_whole(shared: Server) -> None:
    many = visual({"Gardens": {f"prompt {number}": f"Say {number}" for number in range(600)}})
    job_id = shared.job(many)
    shared.ended(job_id)

    answer = shared.http.get(f"/batch/{job_id}/results")

    assert len(answer.content) > 500_000
    assert answer.json()["total_results"] == 600
    told = lines(shared.http.get(f"/batch/{job_id}/results?format=jsonl"))
    assert len({one["custom_id"] for one in told}) == 600


def test_who_has_seen_a_job_completed_gets_its_answers(serve: Callable[..., Server]) -> None:
    """Between the end of a batch and its answers on disk there is a download."""
    small, fetched = SmallService(), threading.Event()

    def answering(asked: Asked) -> Reply | None:
        if asked.path.endswith("/content"):
            fetched.wait(60)
        return small(asked)

    with ScriptedService(answering) as service:
        server = serve(OPENAI_API_KEY="sk-not-a-key", OPENAI_BASE_URL=service.base_url)
        job_id = server.job(service="openai")
        until(lambda: bool(small.batches), "the batch to be created")
        while small.batches[0]["status"] != "completed":
            small.advance()

        def status() -> dict[str, Any]:
            found: dict[str, Any] = server.get(f"/batch/{job_id}/status")
            return found

        until(lambda: status()["status"] == "completed", "the end to be seen")
        assert status()["collected"] is False
        with ThreadPoolExecutor(1) as asking:
            answer = asking.submit(server.get, f"/batch/{job_id}/results")
            fetched.set()
            assert answer.result()["total_results"] == 4
        server.stop()
