"""The server as a process: how it starts, what it says, how it ends."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.rest.conftest import Server


def start_in_vain(folder: Path, *options: str, **variables: str) -> str:
    """The one sentence that a server which can't start says."""
    done = subprocess.run(
        [sys.executable, "-m", "wellspring_tui", "--home", "home", "serve", *options],
        cwd=folder,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("wellspring: ")
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr.removeprefix("wellspring: ").rstrip("\n")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_cleanly_with_work_under_way(
    serve: Callable[..., Server], number: signal.Signals
) -> None:
    server = serve(WELLSPRING_PACE="60")
    job_id = server.job()
    code, said = server.stop(number)
    assert code == 0
    assert said == (
        f"wellspring: serving {server.url}, described at {server.url}/docs; "
        f"prompts from {server.root}.\n"
    )
    again = serve()
    assert again.get(f"/batch/{job_id}/status")["collected"] is False


def test_a_killed_server_s_jobs_go_on_with_the_next(serve: Callable[..., Server]) -> None:
    first = serve()
    job_id = first.job()
    first.process.kill()
    first.wait()

    second = serve()

    assert second.ended(job_id)["answered"] == 4


def test_it_is_announced_for_scripts(server: Server) -> None:
    assert server.ready == {
        "url": f"http://127.0.0.1:{server.port}",
        "docs_url": f"http://127.0.0.1:{server.port}/docs",
        "dashboard_url": None,
        "token_file": None,
        "pid": server.process.pid,
    }
    about = server.get("/")
    assert (about["name"], about["docs"], about["dashboard"]) == ("Wellspring", "/docs", None)
    assert server.get("/health")["status"] == "ok"


def test_a_taken_port_is_said_in_one_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = start_in_vain(tmp_path, "--port", str(port))
        assert said == (
            f"port {port} is taken. Choose another with --port or PORT, or 0 for a free one."
        )
        assert start_in_vain(tmp_path, PORT=str(port)) == said


@pytest.mark.parametrize(
    ("options", "variables", "said"),
    [
        (["--host", "192.0.2.1"], {}, "of 192.0.2.1 can't be used"),
        (["--host", "nowhere.invalid"], {}, "--host: there is no address “nowhere.invalid”"),
        (["--root", "nothing-here"], {}, "nothing-here: it can't be a root"),
        ([], {"PORT": "http"}, "PORT: expected a port from 0 to 65535"),
        ([], {"PORT": "70000"}, "PORT: expected a port from 0 to 65535"),
        ([], {"WELLSPRING_TOKEN": "short"}, "WELLSPRING_TOKEN: expected at least 16"),
        ([], {"OPENAI_WEBHOOK_SECRET": "?"}, "OPENAI_WEBHOOK_SECRET: expected whsec_"),
    ],
    ids=str,
)
def test_what_keeps_it_from_starting_is_said_in_one_sentence(
    tmp_path: Path, options: list[str], variables: dict[str, str], said: str
) -> None:
    told = start_in_vain(tmp_path, *options, **({"PORT": "0"} | variables))
    assert said in told


def test_it_listens_on_ipv6_if_asked_to(serve: Callable[..., Server]) -> None:
    if not socket.has_ipv6:
        pytest.skip("this system has no IPv6")
    server = serve("--host", "::1")
    assert server.url == f"http://[::1]:{server.port}"
    assert server.get("/health")["status"] == "ok"
