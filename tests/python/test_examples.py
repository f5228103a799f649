"""The examples of the classic documentation, as people have them in their scripts."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.rest.conftest import Server
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

NAMED = [f"{section} / {kind}" for section, prompts in EIGHT.items() for kind in prompts]

WHOLE_WORKFLOW = """
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


PROCESS_RESULTS = """
import sys
from wellspring_tui import WellspringBatchProcessor

processor = WellspringBatchProcessor()
status = processor.get_batch_status(sys.argv[1])
assert status["status"] == "completed"
results_file = processor.download_results(sys.argv[1])
results = processor.process_results(results_file)
print(results["total_results"])
for section, prompts in results["results_by_section"].items():
    for prompt_type, result in prompts.items():
        print(section, "/", prompt_type, result["usage"]["total_tokens"] > 0)
"""

IN_A_NOTEBOOK = """
import asyncio
from wellspring_tui import WellspringBatchProcessor

async def cell():
    processor = WellspringBatchProcessor()
    results = processor.run_complete_batch_workflow("prompts.json")
    elsewhere = await asyncio.to_thread(processor.run_complete_batch_workflow, "prompts.json")
    return results["total_results"], elsewhere["total_results"], len(processor.list_batch_jobs())

print(*asyncio.run(cell()))
"""

FROM_THREADS = """
from concurrent.futures import ThreadPoolExecutor
from wellspring_tui import WellspringBatchProcessor

processor = WellspringBatchProcessor()
with ThreadPoolExecutor(4) as threads:
    jobs = list(threads.map(processor.run_complete_batch_workflow, ["prompts.json"] * 4))
print(*(job["total_results"] for job in jobs), len({job["job_id"] for job in jobs}))
"""

OVER_REST = """
import sys, time
import requests

api = sys.argv[1]
requests = requests.Session()
requests.trust_env = False
body = {"json_file_path": "prompts.json", "description": "Garden handbook"}
submitted = requests.post(f"{api}/batch/submit", json=body)
print(submitted.status_code, submitted.json()["task_count"])
job_id = submitted.json()["job_id"]
while requests.get(f"{api}/batch/{job_id}/status").json()["status"] != "completed":
    time.sleep(0.05)
print(requests.get(f"{api}/batch/{job_id}/results").json()["total_results"])
print([job["job_id"] for job in requests.get(f"{api}/batch/list").json()["jobs"]] == [job_id])
answer = requests.post(f"{api}/batch/process-complete", json={**body, "wait": True})
print(answer.status_code, answer.json()["total_results"])
answer = requests.post(f"{api}/batch/process-complete", json=body)
print(answer.status_code, answer.headers["Location"] == answer.json()["links"]["status"])
print(requests.get(f"{api}/health").json()["status"], requests.get(api).json()["docs"])
"""


def ran(script: str, folder: Path, *arguments: str) -> list[str]:
    """The lines that a script prints; anything on stderr is a defect."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script, *arguments],
        cwd=folder,
        env=dict(os.environ),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.rstrip("\n").split("\n")


def test_submit_and_monitor_and_process_the_results_in_another_process(tmp_path: Path) -> None:
    (tmp_path / "prompts.json").write_bytes(visual(EIGHT))
    submitted, completed, status, jobs = ran(SUBMIT_AND_MONITOR, tmp_path)
    assert submitted.startswith("Submitted batch_")
    assert (completed, status, jobs) == ("completed 8", "completed 8", "1")
    batch_id = submitted.removeprefix("Submitted ").partition(":")[0]
    total, *named = ran(PROCESS_RESULTS, tmp_path, batch_id)
    assert total == "8"
    assert named == [f"{name} True" for name in NAMED]


def test_the_whole_workflow_in_one_call(tmp_path: Path) -> None:
    (tmp_path / "prompts.json").write_bytes(visual(EIGHT))
    total, *named, timestamp = ran(WHOLE_WORKFLOW, tmp_path)
    assert total == "8"
    assert named == NAMED
    assert timestamp.endswith("+00:00")


def test_a_notebook_whose_event_loop_runs_already(tmp_path: Path) -> None:
    (tmp_path / "prompts.json").write_bytes(visual(EIGHT))
    assert ran(IN_A_NOTEBOOK, tmp_path) == ["8 8 2"]


def test_one_processor_in_several_threads(tmp_path: Path) -> None:
    (tmp_path / "prompts.json").write_bytes(visual(EIGHT))
    assert ran(FROM_THREADS, tmp_path) == ["8 8 8 8 4"]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_rest_from_a_script_of_its_own(tmp_path: Path, home: Path, host: str) -> None:
    server = Server(tmp_path, limits={})
    try:
        assert server.home == home
        server.write("prompts.json", visual(EIGHT))
        lines = ran(OVER_REST, tmp_path, f"http://{host}:{server.port}")
    finally:
        assert server.stop()[0] == 0
    assert lines == ["202 8", "8", "True", "200 8", "202 True", "ok /docs"]


@pytest.mark.skipif(not SHARED.is_dir(), reason="the real files are not on this machine")
def test_the_real_prompts_file_goes_the_whole_way(tmp_path: Path) -> None:
    real = SHARED / "visual_batch_prompts_20250526_171050.json"
    (tmp_path / "prompts.json").write_bytes(real.read_bytes())
    total, *named, _ = ran(WHOLE_WORKFLOW, tmp_path)
    assert total == "9"
    assert "Development Budget Components / data_extraction_prompt" in named
