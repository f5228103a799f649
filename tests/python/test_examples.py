"""The examples of the classic documentation, as people have them in their scripts."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support.files import EIGHT, SHARED, visual

if TYPE_CHECKING:
    from pathlib import Path

SUBMIT_AND_MONITOR = """
from wellspring_tui import WellspringBatchProcessor

processor = WellspringBatchProcessor()
batch_data = processor.load_visual_batch_prompts("prompts.json")
tasks = processor.format_prompts_for_batch_api(batch_data)
batch_file = processor.create_batch_file(tasks)
file_id = processor.upload_batch_file(batch_file)
batch = processor.create_batch_job(file_id, description="Garden handbook")
print(f"Submitted {batch.id}: {batch.status}")
completed = processor.monitor_batch_job(batch.id, check_interval=1)
print(completed.status, completed.request_counts.completed)
status = processor.get_batch_status(batch.id)
print(status["status"], status["request_counts"]["total"])
print(len(processor.list_batch_jobs()))
"""

PROCESS_RESULTS = """
from wellspring_tui import WellspringBatchProcessor

processor = WellspringBatchProcessor()
results = processor.run_complete_batch_workflow("prompts.json")
print(results["total_results"])
for section, prompts in results["results_by_section"].items():
    for prompt_type, result in prompts.items():
        assert result["response"] and result["usage"]["total_tokens"] and result["model"]
        print(section, "/", prompt_type)
print(results["timestamp"])
"""


def ran(script: str, folder: Path) -> list[str]:
    """The lines that a script prints; anything on stderr is a defect."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script],
        cwd=folder,
        env=dict(os.environ),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.rstrip("\n").split("\n")


def test_submit_and_monitor(tmp_path: Path) -> None:
    (tmp_path / "prompts.json").write_bytes(visual(EIGHT))
    submitted, completed, status, jobs = ran(SUBMIT_AND_MONITOR, tmp_path)
    assert submitted.startswith("Submitted batch_")
    assert (completed, status, jobs) == ("completed 8", "completed 8", "1")


def test_process_results(tmp_path: Path) -> None:
    (tmp_path / "prompts.json").write_bytes(visual(EIGHT))
    total, *named, timestamp = ran(PROCESS_RESULTS, tmp_path)
    assert total == "8"
    assert named == [
        f"{section} / {kind}" for section, prompts in EIGHT.items() for kind in prompts
    ]
    assert timestamp.endswith("+00:00")


@pytest.mark.skipif(not SHARED.is_dir(), reason="the real files are not on this machine")
def test_the_real_prompts_file_goes_the_whole_way(tmp_path: Path) -> None:
    real = SHARED / "visual_batch_prompts_20250526_171050.json"
    (tmp_path / "prompts.json").write_bytes(real.read_bytes())
    total, *named, _ = ran(PROCESS_RESULTS, tmp_path)
    assert total == "9"
    assert "Development Budget Components / data_extraction_prompt" in named
