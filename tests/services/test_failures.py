"""What goes wrong between here and a service is told in our words, never the SDK's."""

from __future__ import annotations

import io
import itertools
import json
import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.support.files import CHAT, jsonl, request
from tests.support.scripted import (
    Answering,
    Asked,
    Reply,
    ScriptedService,
    json_reply,
    refusal,
)
from wellspring_tui.errors import (
    BusyError,
    CredentialsError,
    ExitCode,
    GoneError,
    NetworkError,
    RefusedError,
    ServiceError,
    StoppedError,
)
from wellspring_tui.services.client import Service

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KEY = "sk-very-secret-key"


def silent(_done: int, _total: int | None) -> None:
    """A heartbeat nobody hears."""


@contextmanager
def asked_of(answering: Answering) -> Iterator[tuple[ScriptedService, Service]]:
    """A scripted service and a connection to it."""
    with ScriptedService(answering) as scripted:
        service = Service(scripted.base_url, KEY)
        yield scripted, service
        service.close()


def failure(reply: Reply | None) -> ServiceError:
    """What is said when a service answers the creation of a batch so."""
    with asked_of(lambda _asked: reply) as (scripted, service):
        with pytest.raises(ServiceError) as caught:
            service.create("file-a", CHAT, "24h", {})
        assert scripted.count("POST", "/batches") == 1, "a creation is asked for once"
        assert scripted.base_url in str(caught.value)
        assert KEY not in str(caught.value)
        assert "\n" not in str(caught.value)
        assert caught.value.exit_code is ExitCode.SERVICE
    return caught.value


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key(status: int) -> None:
    error = failure(refusal(status, "Incorrect API key provided", "invalid_api_key"))
    assert isinstance(error, CredentialsError)
    assert "Incorrect API key provided" in str(error)


def test_something_that_is_not_there() -> None:
    assert isinstance(failure(refusal(404, "No such File object: file-a")), GoneError)


@pytest.mark.parametrize("status", [400, 409, 413, 422])
def test_a_refusal_is_final(status: int) -> None:
    error = failure(refusal(status, "Invalid value: 'endpoint'"))
    assert isinstance(error, RefusedError)
    assert f"{status}: " in str(error)
    assert "Invalid value: 'endpoint'" in str(error)


def test_too_many_requests_say_how_long_to_wait() -> None:
    error = failure(refusal(429, "Slow down", "rate_limit_exceeded", **{"retry-after": "17"}))
    assert isinstance(error, BusyError)
    assert (error.retry_after_seconds, error.in_doubt) == (17.0, False)


@pytest.mark.parametrize("header", ["soon", "Wed, 21 Oct 2026 07:28:00 GMT", ""])
def test_a_wait_that_is_no_number_is_left_open(header: str) -> None:
    error = failure(refusal(429, "Slow down", **{"retry-after": header}))
    assert isinstance(error, BusyError)
    assert error.retry_after_seconds is None


def test_being_out_of_money_is_not_being_busy() -> None:
    error = failure(refusal(429, "You exceeded your current quota", "insufficient_quota"))
    assert isinstance(error, RefusedError)
    assert "billing" in str(error)


@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_problem_of_the_services_own_leaves_a_creation_in_doubt(status: int) -> None:
    error = failure(Reply(status, b"<html>Bad Gateway</html>", {"content-type": "text/html"}))
    assert isinstance(error, BusyError)
    assert error.in_doubt


@pytest.mark.parametrize(
    "reply",
    [
        Reply(200, b"<html><title>Sign in</title></html>", {"content-type": "text/html"}),
        Reply(200, b""),
        Reply(200, b"\xff\xfe"),
        json_reply(["a", "list"]),
        json_reply({"object": "batch", "status": "validating"}),
        json_reply(None),
    ],
    ids=["HTML", "nothing", "bytes", "list", "no id", "null"],
)
def test_an_answer_that_is_not_the_batch_api(reply: Reply) -> None:
    error = failure(reply)
    assert isinstance(error, NetworkError)
    assert "not the Batch API" in str(error)
    assert "base URL" in str(error)


def test_an_answer_that_never_comes() -> None:
    assert isinstance(failure(None), NetworkError)


def test_an_answer_that_breaks_off() -> None:
    body = json.dumps({"id": "b", "status": "validating"}).encode()
    assert isinstance(failure(Reply(200, body[:9], announced=len(body))), NetworkError)


def test_control_sequences_in_a_message_do_not_reach_the_screen() -> None:
    said = str(failure(refusal(400, "no\x1b]52;c;ZXZpbA==\x07\n\u202ereally")))
    assert "\x1b" not in said
    assert "\u202e" not in said
    assert "ZXZpbA" not in said


def test_nobody_listens() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    service = Service(f"http://127.0.0.1:{port}/v1", KEY)
    with pytest.raises(NetworkError, match=rf"no connection to http://127\.0\.0\.1:{port}/v1"):
        service.create("file-a", CHAT, "24h", {})
    service.close()


def test_a_download_that_is_cut_short_is_noticed() -> None:
    def answering(_asked: Asked) -> Reply:
        return Reply(200, b"x" * 100, announced=1_000)

    with asked_of(answering) as (_, service), pytest.raises(NetworkError):
        service.download("file-a", io.BytesIO(), silent)


def test_a_download_of_unknown_length_is_taken_as_it_comes() -> None:
    with asked_of(lambda _asked: Reply(200, b"line\n", {"x-kind": "plain"})) as (_, service):
        file = io.BytesIO()
        assert service.download("file-a", file, silent) == 5
        assert file.getvalue() == b"line\n"


def test_a_listing_that_ignores_its_place_ends() -> None:
    page = {"data": [{"id": "b1"}, {"id": "b2"}], "has_more": True}
    with asked_of(lambda _asked: json_reply(page)) as (scripted, service):
        assert [batch.id for batch in service.batches()] == ["b1", "b2"]
        assert scripted.count("GET", "/batches") == 2
        assert scripted.asked[1].query["after"] == "b2"


def test_a_listing_without_end_is_read_only_as_far_as_wanted() -> None:
    numbers = itertools.count()

    def answering(_asked: Asked) -> Reply:
        return json_reply({"data": [{"id": f"b{next(numbers)}"}], "has_more": True})

    with asked_of(answering) as (scripted, service):
        wanted = itertools.islice(service.batches(), 5)
        assert [batch.id for batch in wanted] == ["b0", "b1", "b2", "b3", "b4"]
        assert scripted.count("GET", "/batches") == 5


@pytest.mark.parametrize(
    "page",
    [{}, {"data": None}, {"data": {}}, {"data": [None, "x"]}, {"data": [], "has_more": True}],
)
def test_a_listing_of_nothing_is_empty(page: dict[str, object]) -> None:
    with asked_of(lambda _asked: json_reply(page)) as (_, service):
        assert list(service.batches()) == []


def test_a_listing_may_leave_out_whether_there_is_more() -> None:
    pages = iter([{"data": [{"id": "b1"}]}, {"data": [{"id": "b2"}]}, {"data": []}])
    with asked_of(lambda _asked: json_reply(next(pages))) as (_, service):
        assert [batch.id for batch in service.batches()] == ["b1", "b2"]


def test_a_stop_is_heard_even_while_the_line_is_slow(tmp_path: Path) -> None:
    path = tmp_path / "part.jsonl"
    path.write_bytes(jsonl(map(request, "abc")))

    def stop(_done: int, _total: int | None) -> None:
        raise StoppedError("stopped while uploading")

    with asked_of(lambda _asked: None) as (_, service), pytest.raises(StoppedError):
        service.upload(path, "part.jsonl", stop)


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"])
def test_a_proxy_is_not_asked_for_this_machines_own_services(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "http://127.0.0.1:9")
    with asked_of(lambda _asked: json_reply({"data": []})) as (scripted, service):
        assert list(service.batches()) == []
        assert scripted.count("GET", "/batches") == 1


def test_ambient_settings_of_the_sdk_do_not_leak(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-ambient")
    monkeypatch.setenv("OPENAI_ORG_ID", "org-ambient")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "proj_ambient")
    with asked_of(lambda _asked: json_reply({"id": "b", "data": []})) as (scripted, service):
        assert list(service.batches()) == []
        assert service.create("file-a", CHAT, "24h", {}).id == "b"
        for asked in scripted.asked:
            assert asked.headers["authorization"] == f"Bearer {KEY}"
            assert not any("ambient" in value for value in asked.headers.values())
