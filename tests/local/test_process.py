"""The service as a program: how it starts, who it stays for, how it ends."""

from __future__ import annotations

import json
import signal
import socket
import stat
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.local.conftest import request_line

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.local.conftest import LocalService

HOLD_A_LEASE = """
import sys, urllib.request
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
lease = opener.open(sys.argv[1])
print(lease.readline().decode().strip(), flush=True)
lease.read()
"""


def start_in_vain(data: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "wellspring_tui.local", "--data", str(data), *options],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )


def test_it_says_where_it_is_and_who_it_is(service: LocalService) -> None:
    announced = json.loads((service.data / "service.json").read_bytes())

    assert service.base_url.startswith("http://127.0.0.1:")
    assert announced["base_url"] == service.base_url
    assert announced["pid"] == service.process.pid
    health = service.http.get(f"{service.root}/wellspring/health").json()
    own = {"pid": service.process.pid, "unfinished_batches": 0, "key_refused": False}
    assert health == {"status": "ok", **own}


def test_nobody_else_can_read_what_it_keeps(service: LocalService) -> None:
    service.until_ended(service.submit([request_line(1)]))

    for path in [service.data, *service.data.rglob("*")]:
        wanted = 0o700 if path.is_dir() else 0o600
        assert stat.S_IMODE(path.stat().st_mode) == wanted, path


def test_a_second_one_on_the_same_folder_names_the_first(service: LocalService) -> None:
    second = start_in_vain(service.data, "--port", "0")

    assert (second.returncode, second.stdout) == (3, "")
    assert second.stderr == (
        f"wellspring local: process {service.process.pid} already runs on {service.data}, "
        f"at {service.base_url}.\n"
    )
    assert service.http.get(f"{service.root}/wellspring/health").status_code == 200


def test_a_taken_port_is_said_in_one_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = start_in_vain(tmp_path / "service", "--port", str(port))

    assert (refused.returncode, refused.stdout) == (3, "")
    assert f"port {port} is taken; choose another" in refused.stderr.split("\n")[-2]


def test_a_folder_that_cannot_be_one_is_said_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")

    refused = start_in_vain(tmp_path / "file", "--port", "0")

    assert refused.returncode == 3
    assert refused.stderr == f"wellspring local: {tmp_path / 'file'} can't be used: File exists.\n"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_cleanly_with_work_and_connections_open(
    start: Callable[..., LocalService], number: signal.Signals
) -> None:
    service = start("--pace", "60")
    service.submit(map(request_line, range(1000)))
    with service.http.stream("GET", f"{service.root}/wellspring/lease") as lease:
        assert next(lease.iter_raw()) == b"held\n"
        service.process.send_signal(number)
        assert service.wait() == 0

    assert not (service.data / "service.json").exists()


def test_after_a_kill_the_next_one_starts_on_the_same_folder(
    start: Callable[..., LocalService],
) -> None:
    first = start()
    first.kill()
    assert (first.data / "service.json").exists()

    second = start()

    announced = json.loads((second.data / "service.json").read_bytes())
    assert announced["pid"] == second.process.pid


def test_answers_are_seen_to_come_at_the_pace_asked_for(start: Callable[..., LocalService]) -> None:
    service = start("--pace", "3")
    created = service.submit(map(request_line, range(30)))
    seen: set[tuple[str, int]] = set()
    batch = created
    while batch.status != "completed":
        batch = service.openai.batches.retrieve(batch.id)
        assert batch.request_counts is not None
        seen.add((batch.status, batch.request_counts.completed))

    assert {status for status, _ in seen} >= {"validating", "in_progress", "finalizing"}
    assert len({count for status, count in seen if status == "in_progress"}) > 3


def test_several_batches_run_side_by_side(service: LocalService) -> None:
    large = service.submit(map(request_line, range(30_000)))
    service.until(large, lambda now: now.status == "in_progress")

    small = service.until_ended(service.submit(map(request_line, range(5))))

    assert small.status == "completed"
    assert service.openai.batches.retrieve(large.id).status == "in_progress"


def test_it_ends_when_its_last_lease_does(start: Callable[..., LocalService]) -> None:
    service = start("--leased", "--pace", "0")
    with (
        service.http.stream("GET", f"{service.root}/wellspring/lease") as first,
        service.http.stream("GET", f"{service.root}/wellspring/lease") as second,
    ):
        assert next(first.iter_raw()) == next(second.iter_raw()) == b"held\n"
        first.close()
        service.until_ended(service.submit([request_line(1)]))

    assert service.wait() == 0


def test_it_notices_that_the_holder_of_its_lease_was_killed(
    start: Callable[..., LocalService],
) -> None:
    service = start("--leased")
    with subprocess.Popen(
        [sys.executable, "-c", HOLD_A_LEASE, f"{service.root}/wellspring/lease"],
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        holder.kill()

    assert service.wait() == 0


def test_without_a_lease_it_finishes_its_batches_before_it_ends(
    start: Callable[..., LocalService],
) -> None:
    leased = start("--leased", "--pace", "2")
    with leased.http.stream("GET", f"{leased.root}/wellspring/lease") as lease:
        assert next(lease.iter_raw()) == b"held\n"
        batch = leased.submit(map(request_line, range(20)))
    leased.process.send_signal(signal.SIGHUP)  # the terminal is closed, too
    assert leased.wait() == 0

    later = start()

    assert later.openai.batches.retrieve(batch.id).status == "completed"
