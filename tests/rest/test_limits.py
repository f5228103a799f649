"""Clients that want too much, or never come to the point, and a server that goes on."""

from __future__ import annotations

import json
import threading
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from tests.rest.conftest import HALF_DONE, Server, problem, read_all, status_of
from tests.support.files import visual
from tests.support.homes import until
from wellspring_tui.rest.limits import LARGEST_BODY_BYTES, Buckets

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable


def head(server: Server, *headers: str, start: str = "POST /batch/submit") -> bytes:
    """The head of a request that says it is JSON."""
    host = f"Host: {server.host}:{server.port}"
    lines = [f"{start} HTTP/1.1", host, "Content-Type: application/json", *headers, "", ""]
    return "\r\n".join(lines).encode()


def well(server: Server) -> bool:
    """Whether a server still answers everybody else."""
    return bool(server.http.get("/batch/list").status_code == 200)


def test_a_body_that_says_it_is_too_large_is_refused_unread(shared: Server) -> None:
    length = f"Content-Length: {LARGEST_BODY_BYTES + 1}"
    with shared.connected() as bare:
        bare.sendall(head(shared, length, "Expect: 100-continue"))
        assert status_of(read_all(bare)) == 413
    for absurd in ("9" * 20, "1" * 400):
        assert status_of(shared.raw(head(shared, f"Content-Length: {absurd}"))) in (400, 413)


def test_a_body_that_grows_too_large_is_cut(shared: Server) -> None:
    chunk = b"10000\r\n" + b" " * 65_536 + b"\r\n"
    with shared.connected() as bare:
        bare.sendall(head(shared, "Transfer-Encoding: chunked"))
        gone = False
        for _ in range(40):
            try:
                bare.sendall(chunk)
            except OSError:
                gone = True
                break
        answer = read_all(bare)
    assert gone or status_of(answer) == 413
    assert well(shared)


def test_a_body_just_small_enough_is_read(shared: Server) -> None:
    shared.write("garden.json", visual())
    body = {"json_file_path": "garden.json", "system": ""}
    body["system"] = "x" * (LARGEST_BODY_BYTES - len(json.dumps(body)))
    kind = {"content-type": "application/json"}
    content = json.dumps(body).encode()
    assert len(content) == LARGEST_BODY_BYTES
    answer = shared.http.post("/batch/submit", content=content, headers=kind)
    assert answer.status_code == 202
    shared.http.post(f"/batch/{answer.json()['job_id']}/cancel")
    too_large = shared.http.post("/batch/submit", content=content + b" ", headers=kind)
    problem(too_large, 413, "too-large")


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""]
)
def test_a_form_of_a_web_page_is_no_request(shared: Server, kind: str) -> None:
    body = json.dumps({"json_file_path": "garden.json"}).encode()
    headers = {"content-type": kind} if kind else {}
    answer = shared.http.post("/batch/submit", content=body, headers=headers)
    problem(answer, 415, "media-type")


def test_a_head_without_end_is_hung_up_on(serve: Callable[..., Server]) -> None:
    server = serve(limits={"protocol.HEAD_SECONDS": 0.5})
    for begun in (b"", b"GET /health HTTP/1.1\r\n", head(server)[:-2] + b"X: y"):
        with server.connected() as bare:
            bare.sendall(begun)
            assert read_all(bare) == b""
    assert well(server)


def test_a_second_head_that_only_drips_is_hung_up_on(serve: Callable[..., Server]) -> None:
    server = serve(limits={"protocol.HEAD_SECONDS": 0.5})
    with server.connected() as bare:
        bare.sendall(head(server, start="GET /health"))
        assert status_of(bare.recv(65_536)) == 200
        until(lambda: is_gone_after(bare, b"X"), "the server to hang up")
    assert well(server)


def is_gone_after(bare: socket.socket, drop: bytes) -> bool:
    """Whether the other side has hung up once it gets another byte."""
    bare.settimeout(0.05)
    try:
        bare.sendall(drop)
        return bare.recv(1) == b""
    except TimeoutError:
        return False
    except OSError:
        return True


def test_a_head_without_bounds_is_refused(shared: Server) -> None:
    with shared.connected() as bare:
        try:
            for _ in range(200):
                bare.sendall(b"GET /health HTTP/1.1\r\nX: " + b"y" * 65_536)
        except OSError:
            pass
        assert b"200 OK" not in read_all(bare)
    assert well(shared)


def test_a_body_that_never_comes_is_not_waited_for(serve: Callable[..., Server]) -> None:
    server = serve(limits={"limits.BODY_SECONDS": 0.5})
    with server.connected() as bare:
        bare.sendall(head(server, "Content-Length: 100") + b'{"json')
        answer = read_all(bare)
    assert status_of(answer) == 408
    assert b"/docs#too-slow" in answer


def test_an_answer_that_is_not_read_is_given_up(serve: Callable[..., Server]) -> None:
    server = serve(limits={"protocol.READING_SECONDS": 0.5})
    # More than the system keeps for a connection, or nobody would notice.
    many = visual({"Gardens": {f"prompt {number}": "Say it." for number in range(10_000)}})
    job_id = server.job(many)
    server.ended(job_id)
    address = f"/batch/{job_id}/results?format=jsonl"
    with server.connected() as bare:
        bare.sendall(head(server, start=f"GET {address}"))
        until(lambda: f"GET /batch/{job_id}/results 200" in server.log, "the end of patience")
        given = len(read_all(bare))
    assert given < len(server.http.get(address).content)
    assert well(server)


def test_a_client_that_asks_too_often_waits_and_others_do_not(
    serve: Callable[..., Server],
) -> None:
    server = serve(limits={"guard._BURST": 5, "guard._PER_SECOND": 0.5})
    answers = [server.http.post("/batch/nobody/cancel") for _ in range(6)]

    assert [one.status_code for one in answers] == [404] * 5 + [429]
    problem(answers[-1], 429, "too-often")
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 2
    assert well(server)
    with server.connected("127.0.0.2") as other:
        other.sendall(head(server, "Content-Length: 0", "Connection: close"))
        assert status_of(read_all(other)) == 422


def test_a_bucket_fills_again() -> None:
    now = 0.0
    buckets = Buckets(2, 1.0, lambda: now)
    assert [buckets.wait_seconds("a") for _ in range(3)] == [0, 0, 1]
    assert buckets.wait_seconds("b") == 0
    now = 0.75
    assert buckets.wait_seconds("a") == 0.25
    now = 1.0
    assert buckets.wait_seconds("a") == 0
    now = 60.0
    assert [buckets.wait_seconds("a") for _ in range(3)] == [0, 0, 1]


def test_many_clients_are_not_remembered_for_ever() -> None:
    buckets = Buckets(1, 1.0, lambda: 0.0)
    assert buckets.wait_seconds("first") == 0
    for number in range(1_000):
        buckets.wait_seconds(str(number))
    assert buckets.wait_seconds("first") == 0


def test_more_requests_than_the_server_does_at_once_are_sent_away(
    serve: Callable[..., Server],
) -> None:
    server = serve(limits={"limits.MOST_REQUESTS": 3}, WELLSPRING_PACE="60")
    path = f"/batch/{server.job()}/events"
    with ExitStack() as streams:
        for _ in range(3):
            streams.enter_context(server.http.stream("GET", path))
        answer = server.http.get("/batch/list")
        problem(answer, 503, "too-many")
        assert answer.headers["retry-after"] == "1"
    until(lambda: server.http.get("/batch/list").status_code == 200, "room")


def test_more_connections_than_the_server_takes_do_not_lock_it(
    serve: Callable[..., Server],
) -> None:
    server = serve(limits={"protocol.HEAD_SECONDS": 0.5})
    with ExitStack() as idle:
        for _ in range(300):
            idle.enter_context(server.connected())
        until(lambda: server.http.get("/health").status_code == 200, "the idle ones to be dropped")


def test_many_clients_at_once_get_a_job_each(shared: Server) -> None:
    shared.write("crowd.jsonl", HALF_DONE)
    ids: list[str] = []

    def send() -> None:
        ids.append(shared.submit("crowd.jsonl").json()["job_id"])

    senders = [threading.Thread(target=send) for _ in range(12)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    assert len(set(ids)) == 12
    for job_id in ids:
        assert shared.ended(job_id)["answered"] == 1
