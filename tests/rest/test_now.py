"""Real time over REST: `now` in the body, and for what a job lacks."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from tests.local.conftest import LocalService
from tests.rest.conftest import problem
from tests.support.files import jsonl, request
from tests.support.homes import until
from tests.support.model_server import ModelServer
from tests.support.provider import KEY, LINE_COST_USD, asking, files_with, variables

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.rest.conftest import Server


def test_a_job_is_answered_in_real_time_and_tells_so(
    serve: Callable[..., Server], tmp_path: Path
) -> None:
    upstream_folder = tmp_path / "upstream"
    upstream_folder.mkdir()
    with ModelServer(upstream_folder, "--key", KEY) as upstream:
        server = serve(**variables(upstream.url))
        server.write("three.jsonl", asking(range(3)))

        sent = server.submit("three.jsonl", service="openai", now=True)

        assert sent.status_code == 202, sent.text
        assert (sent.json()["service"], sent.json()["real_time_parts"]) == ("openai", 1)
        ended = server.ended(sent.json()["job_id"])
        assert (ended["answered"], ended["real_time_parts"]) == (3, 1)
        assert [part["real_time"] for part in ended["parts"]] == [True]
        assert Decimal(ended["cost_usd"]) == 3 * Decimal(LINE_COST_USD)
        assert sorted(upstream.asked()) == ["ask-0", "ask-1", "ask-2"]
        server.write("odd.jsonl", jsonl([request("a", "/v1/ocr")]))
        refused = server.submit("odd.jsonl", service="openai", now=True)
        told = problem(refused, 400, "input")
        assert "can't be asked in real time" in told["detail"]
        server.stop()
    assert files_with(KEY, server.home) == []


def test_a_slow_batch_is_finished_in_real_time(
    serve: Callable[..., Server], tmp_path: Path
) -> None:
    provider = LocalService(tmp_path / "provider", "--port", "0", "--pace", "40")
    server = serve(OPENAI_BASE_URL=provider.base_url, OPENAI_API_KEY=KEY)
    job_id = server.job(service="openai")
    status = f"/batch/{job_id}/status"
    until(lambda: server.get(status)["status"] in ("validating", "in_progress"), "it to run")
    refused = server.http.post(f"/batch/{job_id}/retry")
    assert refused.status_code == 409

    retried = server.http.post(f"/batch/{job_id}/retry?now=true")

    assert retried.status_code == 202, retried.text
    assert retried.json()["finish_now"]
    assert retried.json()["retry"]["after_cancelling"]
    ended = server.ended(job_id)
    assert (ended["answered"], ended["part_count"], ended["real_time_parts"]) == (4, 2, 1)
    assert [part["status"] for part in ended["parts"]] == ["cancelled", "completed"]
    server.stop()
    provider.stop()
