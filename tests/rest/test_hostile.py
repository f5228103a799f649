"""Requests that no honest client sends, over bare sockets: each has a clean end, and nothing done.

A proxy in front of the server may read such a request otherwise than the server does, so a
request in doubt is refused and its connection closed.
"""

from __future__ import annotations

import json
import re
import unicodedata
from typing import TYPE_CHECKING, Any

import pytest

from tests.rest.conftest import Server, problem, read_all, status_of
from tests.support.files import visual
from tests.support.homes import until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CHUNKED = "Transfer-Encoding: chunked"
HIDDEN = b"GET /batch/list HTTP/1.1\r\n"
"""The start of a request that hides in the body of another."""


def head(server: Server, *headers: str, start: str = "POST /batch/nobody/cancel HTTP/1.1") -> bytes:
    """The head of a request that is at the right address."""
    lines = [start, f"Host: {server.host}:{server.port}", *headers, "", ""]
    return "\r\n".join(lines).encode("latin-1")


def whole(server: Server, body: bytes, address: str = "/batch/submit") -> bytes:
    """A request with a body that says it is JSON, and how long it is."""
    about = ("Content-Type: application/json", f"Content-Length: {len(body)}", "Connection: close")
    return head(server, *about, start=f"POST {address} HTTP/1.1") + body


def told(answer: bytes) -> dict[str, Any]:
    """The problem in a bare answer."""
    assert b"content-type: application/problem+json" in answer.lower()
    found: dict[str, Any] = json.loads(answer.partition(b"\r\n\r\n")[2])
    return found


@pytest.fixture
def quiet(shared: Server) -> Iterator[Server]:
    """A server that has logged no failure when the test is over, and still answers."""
    before = len(shared.log)
    yield shared
    since = shared.log[before:]
    assert not re.findall(r"^\S+ \S+ ERROR .*", since, re.MULTILINE)
    assert "Traceback" not in since
    assert shared.get("/health")["status"] == "ok"


# -- where a request ends --------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ([CHUNKED, "Content-Length: 5"], b"0\r\n\r\n"),
        (["Content-Length: 5", CHUNKED], b"0\r\n\r\n"),
        (["Content-Length: 4", "Content-Length: 5"], b"{}   "),
        (["Content-Length: 4, 5"], b"{}   "),
        (["Content-Length: +5"], b"{}   "),
        (["Content-Length: -5"], b"{}   "),
        (["Content-Length: 0x5"], b"{}   "),
        (["Content-Length: 5_0"], b"{}   "),
        ([CHUNKED, CHUNKED], b"0\r\n\r\n"),
        (["Transfer-Encoding: gzip, chunked"], b"0\r\n\r\n"),
        (["Transfer-Encoding: xchunked"], b"0\r\n\r\n"),
        (["Transfer-Encoding: \x0bchunked"], b"0\r\n\r\n"),
        (["Transfer-Encoding : chunked"], b"0\r\n\r\n"),
        (["X: a\rTransfer-Encoding: chunked"], b"0\r\n\r\n"),
        (["X: a\x00b", "Content-Length: 0"], b""),
        ([CHUNKED], b"-1\r\n"),
        ([CHUNKED], b"0x1\r\n{\r\n0\r\n\r\n"),
        ([CHUNKED], b"1\r\n{}0\r\n\r\n"),
        ([CHUNKED], b"1;a\nb\r\n{\r\n0\r\n\r\n"),
        ([CHUNKED], b"fffffffffffffffffffff\r\n{"),
    ],
    ids=str,
)
def test_a_request_whose_end_is_in_doubt_is_refused_and_nothing_after_it_is_read(
    quiet: Server, headers: list[str], body: bytes
) -> None:
    hidden = HIDDEN + head(quiet, start="X: y")
    answer = quiet.raw(head(quiet, *headers) + body + hidden)
    assert status_of(answer) == 400
    assert answer.count(b"HTTP/1.1 ") == 1
    assert b"batch/list" not in answer
    assert told(answer)["status"] == 400


def test_chunks_of_http_1_0_are_refused(quiet: Server) -> None:
    start = "POST /batch/nobody/cancel HTTP/1.0"
    answer = quiet.raw(head(quiet, CHUNKED, "Connection: keep-alive", start=start) + b"0\r\n\r\n")
    assert told(answer)["type"] == "/docs#framing"


@pytest.mark.parametrize(
    "start",
    [
        "PRI * HTTP/2.0",
        "GET /health",
        "GET  /health HTTP/1.1",
        "GET /hea\x00lth HTTP/1.1",
        "GET /h\xe9alth HTTP/1.1",
        "G\x01T /health HTTP/1.1",
        "\x16\x03\x01\x02\x00\x01\x00",
        "GET /" + "a" * 200_000 + " HTTP/1.1",
    ],
    ids=lambda start: repr(start[:20]),
)
def test_what_is_no_request_is_told_so(quiet: Server, start: str) -> None:
    assert status_of(quiet.raw(head(quiet, "Connection: close", start=start))) in (400, 404)


def test_pipelined_requests_get_their_answers_in_order(quiet: Server) -> None:
    paths = ["/health", "/batch/nobody/status", "/batch/list"]
    starts = [f"GET {path} HTTP/1.1" for path in paths]
    last = head(quiet, "Connection: close", start=starts[-1])
    answer = quiet.raw(b"".join(head(quiet, start=one) for one in starts[:-1]) + last)
    assert [int(one[:3]) for one in answer.split(b"HTTP/1.1 ")[1:]] == [200, 404, 200]


def test_rubbish_after_an_early_answer_is_no_failure(quiet: Server) -> None:
    with quiet.connected() as bare:
        bare.sendall(head(quiet, CHUNKED, "Origin: http://evil.example"))
        assert status_of(bare.recv(65_536)) == 403
        bare.sendall(b"-1\r\nrubbish")
        assert b"HTTP/1.1" not in read_all(bare)


def test_half_a_request_is_not_done(slow: Server) -> None:
    """Who hangs up in the middle may have wanted to say something else."""
    job_id = slow.job()
    start = f"POST /batch/{job_id}/cancel HTTP/1.1"
    for headers, begun in (
        (["Content-Length: 5"], b""),
        ([CHUNKED], b""),
        ([CHUNKED], b"-1\r\n"),
    ):
        with slow.connected() as bare:
            bare.sendall(head(slow, *headers, start=start) + begun)
    noted = f"POST /batch/{job_id}/cancel 0 "
    until(lambda: slow.log.count(noted) == 3, "the three to be given up")
    assert slow.get(f"/batch/{job_id}/status")["cancel_asked"] is False


# -- what a body holds -----------------------------------------------------------------


NUMBERS = ["1e308", "-1e308", "1e999", "NaN", "-Infinity", "9" * 4_000, "1" + "0" * 400]


@pytest.mark.parametrize("number", NUMBERS, ids=lambda number: number[:10])
@pytest.mark.parametrize("field", ["temperature", "max_tokens", "max_cost", "wait_seconds"])
def test_a_number_beyond_all_bounds_is_refused_by_its_name(
    quiet: Server, field: str, number: str
) -> None:
    quiet.write("garden.json", visual())
    body = f'{{"json_file_path": "garden.json", "{field}": {number}}}'.encode()
    answer = quiet.raw(whole(quiet, body, "/batch/process-complete"))
    assert status_of(answer) == 422
    assert [one["where"] for one in told(answer)["errors"]] == [f"body.{field}"]


@pytest.mark.parametrize(
    "body",
    [
        b'{"json_file_path": ' + b"9" * 5_000 + b"}",
        b'{"json_file_path": "a", "tags": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
        b'{"json_file_path": "garden.json"',
        b'{"json_file_path": "garden.json"}{"json_file_path": "garden.json"}',
        b"\x00",
        b'"garden.json"',
    ],
    ids=lambda body: repr(body[:24]),
)
def test_a_body_that_no_parser_should_meet_is_refused(quiet: Server, body: bytes) -> None:
    before = quiet.get("/batch/list")["total"]
    answer = quiet.raw(whole(quiet, body))
    assert status_of(answer) in (400, 422)
    assert told(answer)["type"] == "/docs#request"
    assert quiet.get("/batch/list")["total"] == before


@pytest.mark.parametrize("field", ["name", "description", "service", "model", "system"])
def test_half_a_character_is_no_text(quiet: Server, field: str) -> None:
    quiet.write("garden.json", visual())
    body = json.dumps({"json_file_path": "garden.json", field: "a\ud800"}).encode()
    (wrong,) = told(quiet.raw(whole(quiet, body)))["errors"]
    assert wrong["where"] == f"body.{field}"


def test_thousands_of_unknown_fields_do_not_make_a_long_answer(quiet: Server) -> None:
    answer = quiet.submit("garden.json", **{f"k{number}": 1 for number in range(20_000)})
    assert len(problem(answer, 422, "request")["errors"]) == 20
    assert len(answer.content) < 5_000


def test_the_last_of_two_equal_keys_counts_and_its_path_is_looked_at(quiet: Server) -> None:
    body = b'{"json_file_path": "garden.json", "json_file_path": "/etc/passwd"}'
    assert told(quiet.raw(whole(quiet, body)))["type"] == "/docs#path-refused"


@pytest.mark.parametrize(
    "path",
    [
        "．．/．．/etc/passwd",
        "..\u2215outside.json",
        "..%2foutside.json",
        "~/outside.json",
        "file:///etc/passwd",
        "..\\outside.json",
        "\u202egpj.nosj",
        "\x1b]52;c;ZXZpbA==\x07.json",
        "a/" * 2_000,
        "con",
    ],
    ids=ascii,
)
def test_a_path_of_strange_letters_is_only_a_name(quiet: Server, path: str) -> None:
    (quiet.folder / "outside.json").write_bytes(visual())
    refused = problem(quiet.submit(path), 422, "prompts-file")
    assert "there is no such file" in refused["detail"] or "can't be read" in refused["detail"]
    assert "\x1b" not in refused["detail"]
    assert "\u202e" not in refused["detail"]


def test_a_file_with_letters_of_any_script_is_read_under_its_own_name(quiet: Server) -> None:
    for name in ("gärten und 庭園 🌱.json", unicodedata.normalize("NFD", "Gärten.json")):
        quiet.write(name, visual())
        answer = quiet.submit(name)
        assert answer.status_code == 202, answer.text
        assert answer.json()["source"] == str(quiet.root / name)
        (quiet.root / name).unlink()


def test_control_characters_in_labels_reach_no_log(quiet: Server) -> None:
    quiet.write("garden.json", visual())
    evil = "a\x00b\x1b]52;c;ZXZpbA==\x07\nERROR forged"
    job = quiet.submit("garden.json", name=evil, description=evil, tags=["x\x00y\n"]).json()
    quiet.ended(job["job_id"])
    quiet.http.get("/batch/%0a2026-11-23%20ERROR%20forged/status")
    assert "\x1b" not in quiet.log
    assert all(re.match(r"\S+ \S+ [A-Z]+ ", line) for line in quiet.log.rstrip("\n").split("\n"))


def test_an_answer_in_the_middle_of_a_flood_comes(serve: Callable[..., Server]) -> None:
    """Many connections that each begin a request and let it hang do not keep others out."""
    server = serve(limits={"limits.BODY_SECONDS": 0.5, "protocol.HEAD_SECONDS": 0.5})
    hanging = []
    try:
        for number in range(200):
            bare = server.connected()
            hanging.append(bare)
            begun = head(server, "Content-Length: 9")[: -2 * (number % 2) or None]
            bare.__enter__().sendall(begun)
        until(lambda: server.http.get("/batch/list").status_code == 200, "an answer")
    finally:
        for bare in hanging:
            bare.__exit__(None, None, None)
