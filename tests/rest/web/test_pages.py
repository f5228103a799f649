"""A browser signs in, and whoever has not stays outside."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from websockets.exceptions import InvalidStatus

from tests.rest.conftest import problem
from tests.rest.web.conftest import cookie, line_to

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx2

    from tests.rest.conftest import Server


def is_form(answer: httpx2.Response) -> bool:
    """Whether an answer asks for the token."""
    return answer.status_code == 401 and 'name="token"' in answer.text


def test_the_printed_link_signs_one_browser_in_once(serve: Callable[..., Server]) -> None:
    server = serve("--dashboard")
    link = server.ready["dashboard_url"].removeprefix(server.url)
    assert server.token not in link

    answer = server.http.get(link)

    assert (answer.status_code, answer.headers["location"]) == (303, "/dashboard")
    given = answer.headers["set-cookie"]
    assert given.startswith(f"wellspring_{server.port}=")
    assert {"HttpOnly", "SameSite=strict", "Path=/"} <= set(given.split("; "))
    page = server.http.get("/dashboard")  # the client keeps cookies, as a browser does
    assert page.status_code == 200
    assert "textual.js" in page.text
    server.http.cookies.clear()
    again = server.http.get(link)
    assert is_form(again)
    assert "the link was used" in again.text
    assert "set-cookie" not in again.headers
    code = link.partition("token=")[2]
    _, said = server.stop()
    assert code in said  # it is of no use any more
    assert code not in server.log


def test_the_token_signs_in_by_the_form(web: Server) -> None:
    page = web.http.get("/dashboard")
    assert is_form(page)
    (action,) = re.findall(r'action="(.*?)"', page.text)

    # Told “no-referrer”, a browser would send the form as of no page, and be refused.
    assert page.headers["referrer-policy"] == "same-origin"
    answer = web.http.post(action, data={"token": f" {web.token}\n"}, headers={"origin": web.url})

    assert answer.status_code == 303
    assert "set-cookie" in answer.headers
    web.http.cookies.clear()
    for wrong in ({"token": "wrong"}, {"token": ""}, {}, {"other": web.token}):
        refused = web.http.post(action, data=wrong)
        assert is_form(refused)
        assert "set-cookie" not in refused.headers
        assert "wrong" in refused.text


def test_what_a_stranger_types_is_not_shown_again(web: Server) -> None:
    answer = web.http.get("/dashboard", params={"token": "<script>alert(1)</script>"})
    assert is_form(answer)
    assert "<script" not in answer.text


@pytest.mark.parametrize("path", ["page.js", "static/js/textual.js", "static/css/xterm.css"])
def test_nothing_of_it_is_had_without_signing_in(web: Server, path: str) -> None:
    problem(web.http.get(f"/dashboard/{path}"), 401, "token")
    assert web.http.get(f"/dashboard/{path}", headers=cookie(web)).status_code == 200


def test_a_browser_s_session_may_look_but_not_change(web: Server) -> None:
    headers = cookie(web)
    assert web.http.get("/batch/list", headers=headers).status_code == 200
    assert web.http.get("/docs", headers=headers).status_code == 200
    answer = web.http.post("/batch/submit", json={"json_file_path": "x"}, headers=headers)
    problem(answer, 401, "token")


def test_the_page_asks_nothing_of_the_web(web: Server) -> None:
    page = web.http.get("/dashboard", headers=cookie(web))
    policy = dict(
        part.split(" ", 1) for part in page.headers["content-security-policy"].split("; ")
    )
    own = f"ws://{web.host}:{web.port}/dashboard/ws"
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["font-src"] == "'self'"
    assert policy["connect-src"] == f"'self' {own}"
    assert policy["frame-ancestors"] == "'none'"
    linked = re.findall(r'(?:src|href|url)\s*[=(]\s*"(?!ws:)(.*?)"', page.text)
    assert linked
    for link in linked:
        assert link.startswith(("/dashboard/", "data:,")) or link == ""
        if link.startswith("/"):
            assert web.http.get(link, headers=cookie(web)).status_code == 200


def test_orders_in_the_address_are_dropped(web: Server) -> None:
    answer = web.http.get("/dashboard?ping=https://evil.example", headers=cookie(web))
    assert (answer.status_code, answer.headers["location"]) == (303, "/dashboard")


def test_paths_out_of_the_static_files_lead_nowhere(web: Server) -> None:
    for path in ("../server.py", "%2e%2e/server.py", "js/../../server.py", "%00", "js"):
        answer = web.http.get(f"/dashboard/static/{path}", headers=cookie(web))
        assert answer.status_code == 404, path


def test_the_terminal_s_line_wants_the_session_and_its_own_page(web: Server) -> None:
    good = cookie(web)
    for headers, origin in (
        ({}, web.url),
        ({"cookie": f"wellspring_{web.port}=guess"}, web.url),
        (good, None),
        (good, "http://evil.example"),
        (good, "null"),
        (good, web.url.replace("http", "ftp")),
        (good, f"http://{web.host}:1"),
    ):
        with (
            pytest.raises(InvalidStatus, match="HTTP 403"),
            line_to(web, headers, origin),
        ):
            pytest.fail("it was opened")


def test_behind_a_proxy_with_tls_the_line_and_the_cookie_are_its_own(
    serve: Callable[..., Server],
) -> None:
    server = serve("--dashboard", "--allow-host", "jobs.example")
    proxied = {"host": "jobs.example", "x-forwarded-proto": "https"}
    signed_in = server.http.get("/dashboard", params={"token": server.token}, headers=proxied)
    assert "Secure" in signed_in.headers["set-cookie"].split("; ")
    session = signed_in.headers["set-cookie"].partition(";")[0]
    page = server.http.get("/dashboard", headers=proxied | {"cookie": session})
    assert 'url="wss://jobs.example/dashboard/ws"' in page.text


def test_without_the_dashboard_there_is_no_page(shared: Server) -> None:
    for path in ("/dashboard", "/dashboard/sign-in", "/dashboard/ws", "/download/x"):
        problem(shared.http.get(path), 404, "not-found")
    with pytest.raises(InvalidStatus), line_to(shared, {}, shared.url):
        pytest.fail("it was opened")
