"""Killed between the upload and the creation, or anywhere in it: there is one batch."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support.files import visual
from wellspring_tui import WellspringBatchProcessor

if TYPE_CHECKING:
    from pathlib import Path

    from wellspring_tui.services.client import Service


def created(home: Path, file_id: str, *moment: str) -> subprocess.CompletedProcess[str]:
    """A script that asks for the batch, to its end or to its death."""
    return subprocess.run(
        [sys.executable, "-m", "tests.support.creating", str(home), file_id, *moment],
        cwd=_REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )


_REPOSITORY = __file__.rpartition("/tests/")[0]


def uploaded(home: Path, path: Path) -> str:
    """A file that waits for its batch."""
    with WellspringBatchProcessor(home=home) as processor:
        tasks = processor.format_prompts_for_batch_api(processor.load_visual_batch_prompts(path))
        return processor.upload_batch_file(processor.create_batch_file(tasks))


@pytest.mark.timeout(300)
def test_a_kill_at_any_moment_of_a_creation_makes_no_second_batch(
    home: Path, tmp_path: Path, remote: Service
) -> None:
    path = tmp_path / "one.json"
    path.write_bytes(visual({"Water": {"map": "Draw."}}))

    def copy(name: str) -> tuple[Path, str]:
        """A home of its own, with a file of its own that is uploaded."""
        there = tmp_path / name
        there.mkdir()
        shutil.copy(home / "config.toml", there)
        return there, uploaded(there, path)

    whole, file_id = copy("whole")
    moments = created(whole, file_id).stdout.split("\n")
    asked = moments.index("connect")
    assert moments[asked:].count("COMMIT") >= 2
    badly = {}
    # Opening the ledger is tested elsewhere; from the connection on it is about the batch.
    for number in range(max(0, asked - 4), len(moments)):
        there, file_id = copy(f"killed-{number}")
        killed = created(there, file_id, str(number))
        assert killed.returncode == -signal.SIGKILL, killed.stderr
        with WellspringBatchProcessor(home=there) as processor:
            batch = processor.create_batch_job(file_id)
            ended = processor.monitor_batch_job(batch.id, check_interval=0.05)
        made = [one.id for one in remote.batches() if one.input_file_id == file_id]
        if made != [batch.id] or ended.request_counts.completed != 1:
            badly[f"before moment {number}, {moments[number]}"] = made
    assert badly == {}


def test_killed_before_the_creation_is_asked_for_there_is_no_batch(
    home: Path, remote: Service, prompts_path: Path
) -> None:
    file_id = uploaded(home, prompts_path)
    assert created(home, file_id, "0").returncode == -signal.SIGKILL
    with WellspringBatchProcessor(home=home) as processor:
        for _ in range(3):
            processor.wellspring.tick()
    assert [one for one in remote.batches() if one.input_file_id == file_id] == []
