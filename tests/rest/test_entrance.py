"""Strangers at the door of a running server: foreign names, foreign pages, no token."""

from __future__ import annotations

import socket
import stat
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.rest.conftest import Server, problem, status_of

if TYPE_CHECKING:
    from collections.abc import Callable

TOKEN = "a-token-of-my-own-0123456789"
ADDRESSES = (
    ("GET", "/"),
    ("GET", "/docs"),
    ("GET", "/openapi.json"),
    ("GET", "/batch/list"),
    ("GET", "/batch/x/status"),
    ("GET", "/batch/x/results"),
    ("GET", "/batch/x/events"),
    ("POST", "/batch/submit"),
    ("POST", "/batch/process-complete"),
    ("POST", "/batch/x/cancel"),
    ("POST", "/batch/x/retry"),
    ("GET", "/download/x"),
    ("GET", "/nowhere"),
)


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> object:
    """A server that wants a token on this machine, too."""
    server = Server(tmp_path_factory.mktemp("guarded"), "--token", limits={})
    yield server
    server.stop()


def asked(server: Server, *headers: str, host: str | None = None, path: str = "/batch/list") -> int:
    """The status of a bare request with these headers."""
    lines = [f"GET {path} HTTP/1.1", "Connection: close", *headers]
    lines.append(f"Host: {server.host}:{server.port}" if host is None else f"Host: {host}")
    return status_of(server.raw("\r\n".join([*lines, "", ""]).encode()))


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "LOCALHOST", "[::1]", "localhost."])
def test_it_answers_to_its_own_names(shared: Server, name: str) -> None:
    assert asked(shared, host=f"{name}:{shared.port}") == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:{port}",
        "127.0.0.1.evil.example:{port}",
        "localhost.evil.example:{port}",
        "127.0.0.1",
        "127.0.0.1:80",
        "127.0.0.2:{port}",
        "[::1]evil:{port}",
        "user@127.0.0.1:{port}",
        "127.0.0.1:{port}@evil.example",
        "0.0.0.0:{port}",
        "",
    ],
)
def test_a_web_page_that_names_itself_after_this_machine_is_refused(
    shared: Server, host: str
) -> None:
    named = host.format(port=shared.port)
    assert asked(shared, host=named) == 421
    assert asked(shared, host=named, path="/health") == 421


def test_two_host_headers_are_no_way_in(shared: Server) -> None:
    assert asked(shared, f"Host: 127.0.0.1:{shared.port}", host="evil.example") == 400


def test_an_address_in_place_of_a_path_is_no_way_in(shared: Server) -> None:
    own = f"127.0.0.1:{shared.port}"
    sent = (
        f"GET http://{own}/batch/list HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"
    )
    assert status_of(shared.raw(sent.encode())) == 421


def test_a_name_of_a_proxy_can_be_allowed(serve: Callable[..., Server]) -> None:
    server = serve("--allow-host", "Jobs.Example")
    assert asked(server, host="jobs.example") == 200
    assert asked(server, host="jobs.example:443") == 200
    assert asked(server, "Origin: https://jobs.example", host="jobs.example") == 200
    assert asked(server, "Origin: https://evil.example", host="jobs.example") == 403
    assert asked(server, host="other.example") == 421
    assert asked(server, host="jobs.example:443;x") == 421


@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example",
        "https://127.0.0.1.evil.example",
        "http://127.0.0.1",
        "http://127.0.0.1:1",
        "null",
        "file://",
        "chrome-extension://abcdef",
        "http://[",
    ],
)
def test_a_page_of_elsewhere_is_refused(shared: Server, origin: str) -> None:
    assert asked(shared, f"Origin: {origin}") == 403
    shared.write("page.json", b"{}")
    sent = shared.http.post(
        "/batch/submit", json={"json_file_path": "page.json"}, headers={"origin": origin}
    )
    problem(sent, 403, "origin")


def test_its_own_pages_may_ask(shared: Server) -> None:
    assert asked(shared, f"Origin: {shared.url}") == 200


def test_a_page_of_elsewhere_may_not_load_anything_either(shared: Server) -> None:
    for site in ("cross-site", "same-site"):
        assert asked(shared, f"Sec-Fetch-Site: {site}", "Sec-Fetch-Mode: no-cors") == 403
        link = ("Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document")
        assert asked(shared, f"Sec-Fetch-Site: {site}", *link) == 200
        framed = ("Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: iframe")
        assert asked(shared, f"Sec-Fetch-Site: {site}", *framed) == 403


@pytest.mark.parametrize(("method", "path"), ADDRESSES)
def test_nothing_is_had_without_the_token(guarded: Server, method: str, path: str) -> None:
    for headers in (
        {},
        {"authorization": "Bearer"},
        {"authorization": "Bearer wrong"},
        {"authorization": f"Bearer {guarded.token}x"},
        {"authorization": f"Bearer {guarded.token[:-1]}"},
        {"authorization": f"Basic {guarded.token}"},
        {"cookie": f"wellspring_{guarded.port}={guarded.token}"},
        {"cookie": f'wellspring_{guarded.port}="'},
    ):
        answer = guarded.http.request(method, path, headers=headers)
        told = problem(answer, 401, "token")
        assert guarded.token not in told["todo"]
        assert answer.headers["www-authenticate"].startswith("Bearer")
    assert guarded.http.request(method, f"{path}?token={guarded.token}").status_code == 401


def test_with_the_token_all_is_well(guarded: Server) -> None:
    for scheme in ("Bearer", "bearer"):
        headers = {"authorization": f"{scheme} {guarded.token}"}
        assert guarded.get("/batch/list", headers=headers)["total"] == 0


def test_health_needs_no_token_and_then_tells_little(guarded: Server) -> None:
    assert guarded.get("/health") == {
        "status": "ok", "version": None, "jobs": None, "last_round_at": None, "troubles": None,
    }  # fmt: skip
    whole = guarded.get("/health", headers={"authorization": f"Bearer {guarded.token}"})
    assert (whole["jobs"], whole["troubles"]) == (0, [])


def test_the_token_is_the_owners_alone_and_ends_with_the_server(
    serve: Callable[..., Server],
) -> None:
    server = serve("--token")
    path = Path(server.ready["token_file"])

    assert path.is_relative_to(server.home)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    token = server.token
    assert len(token) >= 40
    _, said = server.stop()
    assert f"the token is in {path}." in said
    assert token not in said
    assert token not in server.log
    assert not path.exists()


def test_a_token_file_that_is_a_link_leads_nowhere(serve: Callable[..., Server]) -> None:
    first = serve("--token")
    path = Path(first.ready["token_file"])
    first.process.kill()
    first.wait()
    victim = first.folder / "victim"
    victim.write_text("precious", encoding="ascii")
    path.unlink()
    path.symlink_to(victim)

    second = serve("--token", "--port", str(first.port))

    assert second.token != "precious"
    assert victim.read_text(encoding="ascii") == "precious"


def test_a_token_of_ones_own_is_taken_from_the_environment(serve: Callable[..., Server]) -> None:
    server = serve(WELLSPRING_TOKEN=TOKEN)
    assert server.ready["token_file"] is None
    assert server.http.get("/").status_code == 401
    assert server.http.get("/", headers={"authorization": f"Bearer {TOKEN}"}).status_code == 200
    _, said = server.stop()
    assert TOKEN not in said
    assert TOKEN not in server.log


def test_unless_told_otherwise_it_listens_on_one_address_of_this_machine(shared: Server) -> None:
    assert shared.host == "127.0.0.1"
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", shared.port), 5).close()


def test_beyond_this_machine_a_token_is_wanted(serve: Callable[..., Server]) -> None:
    server = serve("--host", "0.0.0.0")
    assert server.url == f"http://127.0.0.1:{server.port}"
    assert server.http.get("/batch/list").status_code == 401
    headers = {"authorization": f"Bearer {server.token}"}
    assert server.http.get("/batch/list", headers=headers).status_code == 200
    assert asked(server, f"Authorization: Bearer {server.token}", host="evil.example") == 421
