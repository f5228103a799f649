"""What the program leaves behind on disk: a log of what it did, and no key anywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import SAMPLE

if TYPE_CHECKING:
    from tests.cli.conftest import Shell

KEY = "sk-proj-neverwritten0123456789"
TOLD = ("planned", "uploading", "created (batch_", "in progress", "collected", "9 answered")


def log_of(shell: Shell) -> str:
    return (shell.home / "logs" / "wellspring.log").read_text()


def test_a_run_is_told_in_the_log(shell: Shell) -> None:
    assert shell.wellspring("run", SAMPLE, "-o", "out.json").code == 0

    text = log_of(shell)
    for words in TOLD:
        assert words in text
    assert " DEBUG " not in text


def test_each_request_is_told_when_asked_for(shell: Shell) -> None:
    assert shell.wellspring("run", SAMPLE, "-o", "out.json", LOG_LEVEL="debug").code == 0

    text = log_of(shell)
    assert "POST /v1/files: 200 after " in text
    assert "POST /v1/batches: 200 after " in text


def test_a_service_that_can_t_be_reached_is_told_with_the_next_try(shell: Shell) -> None:
    done = shell.wellspring(
        *("submit", SAMPLE, "--service", "openai"),
        OPENAI_BASE_URL="http://127.0.0.1:9/v1",
        OPENAI_API_KEY=KEY,
    )

    assert done.code == 3
    text = log_of(shell)
    assert " WARNING " in text
    assert "service openai: no connection to http://127.0.0.1:9/v1" in text
    assert " Next try in " in text


@pytest.mark.parametrize("level", ["INFO", "DEBUG"])
def test_the_key_is_in_no_file_that_the_program_wrote(shell: Shell, level: str) -> None:
    shell.home.mkdir()
    (shell.home / "config.toml").write_text('[services.local]\nkey_variable = "LAB_KEY"\n')
    keys = {"OPENAI_API_KEY": KEY, "LAB_KEY": f"{KEY}-lab", "LOG_LEVEL": level}
    assert shell.wellspring("run", SAMPLE, "-o", "out.json", **keys).code == 0
    assert shell.wellspring("doctor", **keys).code == 0
    refused = shell.wellspring(
        *("submit", SAMPLE, "--service", "openai"),
        OPENAI_BASE_URL=f"http://me:{KEY}@127.0.0.1:9/v1",
        **keys,
    )
    assert refused.code == 3
    assert KEY not in refused.stderr

    files = [path for path in (*shell.home.rglob("*"), shell.folder / "out.json") if path.is_file()]
    assert {"wellspring.log", "ledger.sqlite", "out.json"} <= {path.name for path in files}
    assert [path for path in files if KEY.encode() in path.read_bytes()] == []


def test_listing_jobs_writes_no_log(shell: Shell) -> None:
    assert shell.wellspring("jobs").code == 0
    assert not (shell.home / "logs").exists()
