"""The dashboard in a browser tab: used, closed, crowded, and left behind."""

from __future__ import annotations

import json
import os
import signal
from typing import TYPE_CHECKING

import pytest
from websockets.exceptions import InvalidStatus

from tests.rest.web.conftest import Tab, children, cookie, is_gone
from tests.support.homes import until

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.rest.conftest import Server

CTRL_S = "\x13"

pytestmark = pytest.mark.skipif(not os.path.exists("/proc"), reason="counts processes in /proc")  # noqa: PTH110


def test_a_job_is_made_and_read_in_a_browser(open_tab: Callable[..., Tab], web: Server) -> None:
    tab = open_tab()
    tab.sees("Press n to choose a prompts file")

    tab.type("n")
    tab.sees("garden.json")
    tab.type("\r")
    tab.sees("Submit 4 prompts")
    tab.type(CTRL_S)
    tab.sees("completed")
    tab.type("\r")
    tab.sees("facts_prompt")

    assert "People & Money" in tab.text
    headers = {"authorization": f"Bearer {web.token}"}
    (job,) = web.get("/batch/list", headers=headers)["jobs"]
    assert (job["name"], job["answered"]) == ("garden", 4)


def test_the_dashboard_ends_with_its_tab(open_tab: Callable[..., Tab], web: Server) -> None:
    before = set(children(web.process.pid))
    tab = open_tab()
    tab.sees("Wellspring")
    (own,) = set(children(web.process.pid)) - before

    tab.close()

    until(lambda: is_gone(own), "the dashboard to end")


def test_a_person_may_leave_by_the_key(open_tab: Callable[..., Tab]) -> None:
    tab = open_tab()
    tab.sees("Wellspring")
    tab.type("q")
    until(tab.is_closed, "the tab to be closed")


def test_a_tab_may_change_its_size(open_tab: Callable[..., Tab]) -> None:
    tab = open_tab()
    tab.sees("New job")
    tab.send(["resize", {"width": 60, "height": 20}])
    tab.until(lambda: "New job" in tab.text.split("\n")[19], "the footer in the twentieth line")


def test_what_makes_no_sense_is_left_out(open_tab: Callable[..., Tab]) -> None:
    tab = open_tab()
    tab.sees("Wellspring")
    nonsense: tuple[object, ...] = (
        *([], {}, None, 7, "stdin", ["stdin"], ["stdin", 7], ["quit"], ["resize"]),
        *(["resize", {}], ["resize", {"width": "x", "height": 1}], ["deliver_chunk_request"]),
        ["resize", {"width": -5, "height": 10**30}],
        ["stdin", "\ud800"],
    )
    for one in nonsense:
        tab.send(one)
    tab.send(["resize", {"width": 100, "height": 30}])
    tab.send(["ping", "12345"])
    tab.until(lambda: ["pong", "12345"] in tab.told, "the pong")
    tab.type("n")
    tab.sees("garden.json")


def test_a_file_goes_to_the_browser(open_tab: Callable[..., Tab], web: Server) -> None:
    tab = open_tab()
    tab.sees("Wellspring")
    tab.type("\x10")  # the command palette
    tab.sees("Search")
    tab.type("screenshot")
    tab.sees("Save an SVG")
    tab.type("\r")
    tab.until(lambda: any(told[0] == "deliver_file_start" for told in tab.told), "the file")
    (key,) = [told[1] for told in tab.told if told[0] == "deliver_file_start"]

    assert web.http.get(f"/download/{key}").status_code == 401
    answer = web.http.get(f"/download/{key}", headers=cookie(web))

    assert answer.status_code == 200
    assert answer.text.startswith("<svg")
    assert answer.text.rstrip().endswith("</svg>")
    assert answer.headers["content-disposition"].startswith("attachment; filename*=UTF-8''")
    assert answer.headers["content-type"] == "application/octet-stream"
    assert web.http.get(f"/download/{key}", headers=cookie(web)).status_code == 404


def test_only_so_many_dashboards_run_at_once(
    serve: Callable[..., Server], open_tab: Callable[..., Tab]
) -> None:
    server = serve("--dashboard", limits={"web.tabs.MOST_TABS": 1})
    first = open_tab(server)
    first.sees("Wellspring")

    with pytest.raises(InvalidStatus, match="HTTP 403"):
        open_tab(server)
    first.close()

    def room() -> bool:
        try:
            open_tab(server).sees("Wellspring")
        except Exception as error:
            assert "HTTP 403" in str(error)  # noqa: PT017
            return False
        return True

    until(room, "room for another")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_dashboards_end_with_the_server(
    serve: Callable[..., Server], open_tab: Callable[..., Tab], number: signal.Signals
) -> None:
    server = serve("--dashboard")
    tab = open_tab(server)
    tab.sees("Wellspring")
    dashboards = children(server.process.pid)
    assert dashboards

    server.process.send_signal(number)
    server.wait()

    until(lambda: all(map(is_gone, dashboards)), "the dashboards to end")


def test_a_dashboard_that_hangs_is_ended(
    serve: Callable[..., Server], open_tab: Callable[..., Tab]
) -> None:
    server = serve("--dashboard", limits={"web.process.QUIT_SECONDS": 0.3})
    tab = open_tab(server)
    tab.sees("Wellspring")
    (dashboard,) = [pid for pid in children(server.process.pid) if _is_dashboard(pid)]
    os.kill(dashboard, signal.SIGSTOP)

    tab.close()

    until(lambda: is_gone(dashboard), "the hanging one to be ended")


def _is_dashboard(pid: int) -> bool:
    with open(f"/proc/{pid}/cmdline", "rb") as file:  # noqa: PTH123
        return b"wellspring_tui.local" not in file.read()


def test_the_server_s_own_secrets_are_not_handed_down(
    serve: Callable[..., Server], open_tab: Callable[..., Tab]
) -> None:
    token = "a-token-of-my-own-0123456789"
    server = serve("--dashboard", WELLSPRING_TOKEN=token, OPENAI_WEBHOOK_SECRET="whsec_c2VjcmV0")
    server.ready["token_file"] = server.write("token", token.encode())
    open_tab(server).sees("Wellspring")
    (dashboard,) = [pid for pid in children(server.process.pid) if _is_dashboard(pid)]
    with open(f"/proc/{dashboard}/environ", "rb") as file:  # noqa: PTH123
        environment = file.read()
    assert b"WELLSPRING_HOME" in environment
    assert token.encode() not in environment
    assert b"whsec_" not in environment


def test_links_of_an_answer_never_act_in_the_page_s_name() -> None:
    from wellspring_tui.rest.web.tabs import for_browser

    def opened(url: str) -> object:
        return for_browser({"type": "open_url", "url": url, "new_tab": True})

    assert opened("https://example.org/a") == [
        "open_url",
        {"url": "https://example.org/a", "new_tab": True},
    ]
    for evil in (
        "javascript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "",
        "JavaScript:1",
    ):
        assert opened(evil) is None
    assert json.dumps(for_browser({"type": "exit"})) == "null"
