"""In a notebook, from several threads, in a home that others use too."""

from __future__ import annotations

import asyncio
import gc
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from tests.python.conftest import configure
from tests.support.files import EIGHT, visual
from tests.support.scripted import Asked, Reply, ScriptedService, forward
from wellspring_tui import WellspringBatchProcessor

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from wellspring_tui.services.client import Service


async def test_it_runs_in_a_notebook(prompts_path: Path) -> None:
    assert asyncio.get_running_loop().is_running()
    with WellspringBatchProcessor() as processor:
        results = processor.run_complete_batch_workflow(prompts_path)
    assert results["total_results"] == 4


def test_two_processors_share_a_home(remote: Service, prompts_path: Path, tmp_path: Path) -> None:
    other_path = tmp_path / "other.json"
    other_path.write_bytes(visual(EIGHT))

    def run(path: Path) -> dict[str, object]:
        with WellspringBatchProcessor() as processor:
            return processor.run_complete_batch_workflow(path)

    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(run, [prompts_path, other_path] * 2))
    assert [one["total_results"] for one in found] == [4, 8, 4, 8]
    jobs = {str(one["job_id"]) for one in found}
    made = [batch.metadata.get("wellspring_job") for batch in remote.batches()]
    assert [made.count(job) for job in jobs] == [1, 1, 1, 1]


def test_one_processor_serves_several_threads(
    make: Callable[..., WellspringBatchProcessor], remote: Service, prompts_path: Path
) -> None:
    processor = make()
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(processor.run_complete_batch_workflow, [prompts_path] * 4))
    assert [one["total_results"] for one in found] == [4] * 4
    made = [batch.metadata.get("wellspring_job") for batch in remote.batches()]
    assert [made.count(str(one["job_id"])) for one in found] == [1] * 4


def test_threads_that_ask_for_the_same_creation_get_the_same_batch(
    make: Callable[..., WellspringBatchProcessor], remote: Service, prompts_path: Path
) -> None:
    processors = [make() for _ in range(4)]
    first = processors[0]
    tasks = first.format_prompts_for_batch_api(first.load_visual_batch_prompts(prompts_path))
    file_id = first.upload_batch_file(first.create_batch_file(tasks))
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda one: one.create_batch_job(file_id).id, processors))
    assert len(set(found)) == 1
    assert [batch.id for batch in remote.batches() if batch.input_file_id == file_id] == found[:1]


def test_a_processor_that_nobody_closes_closes_itself(prompts_path: Path) -> None:
    processor = WellspringBatchProcessor()
    processor.run_complete_batch_workflow(prompts_path)
    ledger = processor.wellspring.ledger
    assert ledger._file._all
    del processor
    gc.collect()
    assert not ledger._file._all


def test_answers_that_another_process_is_fetching_are_waited_for(
    make: Callable[..., WellspringBatchProcessor],
    home: Path,
    service_url: str,
    prompts_path: Path,
) -> None:
    fetched, asked_for = threading.Event(), threading.Event()

    def answering(asked: Asked) -> Reply | None:
        if asked.path.endswith("/content"):
            asked_for.set()
            fetched.wait(60)
        return forward(asked, service_url)

    with ScriptedService(answering) as line:
        configure(home, line.base_url)
        first, second = make(), make()
        job = first.wellspring.submit(prompts_path)
        with ThreadPoolExecutor(2) as threads:
            watching = threads.submit(first.monitor_batch_job, job.id, 0.05)
            assert asked_for.wait(60)
            assert second.get_batch_status(job.id)["status"] == "completed"
            found = threads.submit(second.download_results, job.id)
            fetched.set()
            path = found.result(60)
            watching.result(60)
        assert second.process_results(path)["total_results"] == 4
        first.close()
        second.close()
