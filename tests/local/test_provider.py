"""In front of a provider that takes money: only who has its key is served."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from tests.local.conftest import LocalService, request_line
from tests.support.homes import until
from tests.support.model_server import ModelServer
from tests.support.provider import KEY
from wellspring_tui.local.provider import KEY_VARIABLE, URL_VARIABLE, Provider, taken_from

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from openai.types import Batch

PLACES = ("/v1/batches", "/v1/models", "/wellspring/lease", "/wellspring/trouble")


@pytest.fixture
def upstream(tmp_path: Path) -> Iterator[ModelServer]:
    """A provider that takes one key."""
    with ModelServer(tmp_path, "--key", KEY) as running:
        yield running


@pytest.fixture
def in_front(
    start: Callable[..., LocalService], upstream: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], LocalService]:
    """A service in front of it, with some key; it is told the password."""

    def opened(key: str) -> LocalService:
        monkeypatch.setenv(URL_VARIABLE, f"{upstream.url}/v1")
        monkeypatch.setenv(KEY_VARIABLE, key)
        service = start("--provider")
        password = Provider(upstream.url, key).password(service.base_url)
        service.http.headers["authorization"] = f"Bearer {password}"
        service.openai.api_key = password
        return service

    return opened


def test_who_does_not_know_the_key_gets_nothing_but_a_sign_of_life(
    in_front: Callable[[str], LocalService], upstream: ModelServer
) -> None:
    service = in_front(KEY)
    strange = {"authorization": "Bearer anything"}
    for place in PLACES:
        assert service.http.get(f"{service.root}{place}", headers=strange).status_code == 401
        assert httpx2.get(f"{service.root}{place}", trust_env=False).status_code == 401
    chat = {"model": "tiny", "messages": []}
    asked = service.http.post(f"{service.base_url}/chat/completions", json=chat, headers=strange)
    assert asked.status_code == 401
    assert upstream.asked() == []
    health = httpx2.get(f"{service.root}/wellspring/health", trust_env=False)
    assert health.json()["key_refused"] is False
    assert service.http.get(f"{service.base_url}/batches").status_code == 200


def test_it_tells_whom_it_asks_and_nothing_secret(
    start: Callable[..., LocalService], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(URL_VARIABLE, "https://me:secret@models.example.net/v1?token=hidden")
    monkeypatch.setenv(KEY_VARIABLE, KEY)
    service = start("--provider")
    told = json.loads((service.data / "service.json").read_bytes())
    assert told["answerer"] == "provider models.example.net"


def test_the_password_is_good_at_one_address_and_for_one_key_only() -> None:
    here, there = "http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1"
    mine, other = Provider("https://a", KEY), Provider("https://a", f"{KEY}x")
    assert len({mine.password(here), mine.password(there), other.password(here)}) == 3
    assert KEY not in mine.password(here)
    assert KEY not in repr(mine)


def test_lines_wait_while_the_key_is_refused_and_nothing_fails(
    in_front: Callable[[str], LocalService], upstream: ModelServer
) -> None:
    wrong = "sk-somebodys-key-0123456789abcd"
    service = in_front(wrong)
    batch = service.submit([request_line(n, user=f"request-{n}") for n in range(3)])

    def trouble() -> Any:
        return service.http.get(f"{service.root}/wellspring/trouble").json()["error"]

    until(lambda: trouble() is not None, "the trouble to be told")
    assert trouble()["message"] == (
        "127.0.0.1 refuses the API key (Incorrect API key: Bearer [key])"
    )
    now = service.openai.batches.retrieve(batch.id)
    assert now.status == "in_progress"
    assert now.request_counts is not None
    assert (now.request_counts.completed, now.request_counts.failed) == (0, 0)
    cancelled = service.openai.batches.cancel(batch.id)  # it can be given up all the same
    ended = service.until_ended(cancelled)
    assert ended.status == "cancelled"
    assert set(upstream.asked()) <= {f"request-{n}" for n in range(3)}


def test_after_it_was_killed_another_key_goes_on_with_what_is_not_stored(
    in_front: Callable[[str], LocalService], upstream: ModelServer
) -> None:
    first = in_front("sk-somebodys-key-0123456789abcd")
    batch = first.submit([request_line(n, user=f"request-{n}") for n in range(3)])
    until(lambda: len(upstream.asked()) >= 3, "all to be asked")
    first.kill()

    ended = in_front(KEY)
    done = ended.until_ended(batch)

    assert done.status == "completed"
    assert done.request_counts is not None
    assert done.request_counts.completed == 3


def test_the_whole_base_url_is_used_as_clients_do(tmp_path: Path) -> None:
    """Not every provider calls its version v1."""
    environment = {URL_VARIABLE: "https://example.org/v1beta/openai/", KEY_VARIABLE: KEY}
    provider = taken_from(environment)
    assert provider == Provider("https://example.org/v1beta/openai/", KEY)
    assert environment == {}
    from wellspring_tui.local.connections import Connections

    connections = Connections(provider.base_url, [], is_base=True)
    assert connections.target("/v1/chat/completions") == "/v1beta/openai/chat/completions"
    assert Connections("http://a/v1", []).target("/v1/responses") == "/v1/responses"


def test_whom_openai_charges_is_told_to_openai_only() -> None:
    account = {"OPENAI_ORG_ID": "org-1", "OPENAI_PROJECT_ID": "proj-1"}
    named = {KEY_VARIABLE: KEY, **account}
    openai = taken_from({URL_VARIABLE: "https://api.openai.com/v1", **named})
    other = taken_from({URL_VARIABLE: "https://example.org/v1", **named})
    assert openai is not None
    assert other is not None
    assert openai.headers == [(b"openai-organization", b"org-1"), (b"openai-project", b"proj-1")]
    assert other.headers == []


def test_it_does_not_start_without_a_provider(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "wellspring_tui.local", "--data", str(tmp_path / "data")]
    ended = subprocess.run([*command, "--provider"], capture_output=True, check=False, timeout=60)
    assert ended.returncode == 2
    assert f"--provider needs the variables {URL_VARIABLE} and {KEY_VARIABLE}" in str(ended.stderr)


def test_what_has_come_is_counted_while_the_rest_takes_long(
    in_front: Callable[[str], LocalService],
) -> None:
    service = in_front(KEY)
    quick = [request_line(n, user=f"request-{n}") for n in range(8)]
    stuck = [request_line(8, user="request-8", faults=["hang"])]
    batch = service.submit(quick + stuck)

    counted = service.until(batch, lambda now: _completed(now) == 8)

    assert counted.status == "in_progress"


def _completed(batch: Batch) -> int:
    return batch.request_counts.completed if batch.request_counts is not None else 0
