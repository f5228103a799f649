"""A service that can't be had never costs a job."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import SAMPLE, sentence

if TYPE_CHECKING:
    from tests.cli.conftest import Shell

KEY = "sk-lab-0123456789-abcdefgh-wxyz"
LAB = {"WELLSPRING_SERVICE": "lab", "LAB_KEY": KEY, "BATCH_CHECK_INTERVAL": "1"}


@pytest.fixture
def port(shell: Shell) -> int:
    """A port where nothing listens, at which `config.toml` says the service `lab` is."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        number: int = free.getsockname()[1]
    shell.home.mkdir()
    (shell.home / "config.toml").write_text(
        f'[services.lab]\nbase_url = "http://127.0.0.1:{number}/v1"\nkey_variable = "LAB_KEY"\n'
    )
    return number


def test_without_a_key_nothing_is_made(shell: Shell) -> None:
    done = shell.wellspring("run", SAMPLE, "--service", "openai")

    assert done.code == 3
    assert "OPENAI_API_KEY" in sentence(done)
    assert shell.json("jobs") == []


def test_a_job_that_could_not_be_sent_is_kept_and_carried_on_later(shell: Shell, port: int) -> None:
    submitted = shell.wellspring("submit", SAMPLE, **LAB)
    job_id = submitted.stdout.strip()
    assert submitted.code == 3
    assert f"`wellspring watch {job_id}` carries it on" in submitted.stderr
    status = shell.wellspring("status", job_id, **LAB)
    assert status.code == 0
    assert job_id in status.stdout
    assert "last known" in status.stderr

    with shell.started("watch", job_id, **LAB) as watch:
        assert watch.stderr is not None
        said = watch.stderr.readline() + watch.stderr.readline()
        assert b"Still trying" in said
        with shell.started("local", "--port", str(port), "--home", shell.folder / "lab"):
            stdout, rest = watch.communicate(timeout=60)

    assert watch.returncode == 0
    assert json.loads(stdout)["answered"] == 9
    assert b"Still trying" not in rest  # once is enough
    assert b"answers again" in rest


def test_a_job_tells_who_was_to_answer_it(shell: Shell) -> None:
    job_id = shell.wellspring("submit", SAMPLE, "--service", "local").stdout.strip()
    status = shell.wellspring("status", job_id).stdout
    assert "local (simulated answers)" in status
    assert "planned  simulated answers" in status


def test_a_window_that_a_service_has_not_is_refused_by_check_too(shell: Shell) -> None:
    done = shell.wellspring("check", SAMPLE, "--service", "groq", "--window", "30d")
    assert done.code == 2
    assert "groq has no window of 30d. It takes from 24h to 7d." in done.stderr
