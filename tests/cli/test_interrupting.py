"""A job outlives the program that watches it."""

from __future__ import annotations

import json
import signal
from typing import TYPE_CHECKING

import httpx2

from tests.cli.conftest import SAMPLE
from tests.support.homes import has_stopped, until

if TYPE_CHECKING:
    from tests.cli.conftest import Shell

_PACE = "2"


def test_after_ctrl_c_the_job_goes_on_and_watch_picks_it_up(shell: Shell) -> None:
    there = ("--home", shell.home)
    with shell.started("run", SAMPLE, "-o", "out.json", *there, WELLSPRING_PACE=_PACE) as run:
        job_id = shell.id_of_job_in("in_progress")
        run.send_signal(signal.SIGINT)
        _, said = run.communicate()

    assert run.returncode == 130
    hint = f"`wellspring --home {shell.home} watch {job_id}` picks it up again"
    assert hint in said.decode()
    assert b"Traceback" not in said
    assert not (shell.folder / "out.json").exists()

    watched = shell.wellspring("watch", job_id)
    assert watched.code == 0
    assert json.loads(watched.stdout)["answered"] == 9


def test_a_killed_run_is_finished_by_watch_with_the_one_batch_it_had(shell: Shell) -> None:
    with shell.started("run", SAMPLE, WELLSPRING_PACE=_PACE) as run:
        job_id = shell.id_of_job_in("in_progress")
        run.kill()
        run.wait()

    assert shell.wellspring("watch", job_id, "-q").code == 0
    assert len(shell.json("status", job_id)["parts"]) == 1
    assert len(_batches(shell)) == 1


def _batches(shell: Shell) -> list[object]:
    """The batches that the built-in service of this home knows."""
    until(lambda: has_stopped(shell.home), "the built-in service to stop by itself")
    with shell.started("local", "--port", "0") as service:
        assert service.stdout is not None
        base_url = service.stdout.readline().decode().strip()
        answer = httpx2.get(f"{base_url}/batches", headers={"Authorization": "Bearer any"})
    batches: list[object] = answer.json()["data"]
    return batches
