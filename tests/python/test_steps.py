"""Each step alone, in the old order, and in whatever process comes next."""

from __future__ import annotations

import json
import stat
from itertools import pairwise
from typing import TYPE_CHECKING

import msgspec
import pytest

from tests.python.conftest import batches_of, configure, headings, uploaded
from tests.support.carried import CREATION
from tests.support.files import CHAT, EIGHT, jsonl, request, visual
from tests.support.scripted import Asked, Reply, ScriptedService, forward, refusal
from wellspring_tui import (
    InputError,
    NetworkError,
    RefusedError,
    Wellspring,
    WellspringBatchProcessor,
)
from wellspring_tui.jobs.model import Step

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from wellspring_tui.services.client import Service

    Make = Callable[..., WellspringBatchProcessor]


def test_loading_gives_the_whole_file(
    processor: WellspringBatchProcessor, prompts_path: Path
) -> None:
    prompts_path.write_bytes(visual(EIGHT, priority="high", total_opportunities=3))
    assert processor.load_visual_batch_prompts(prompts_path) == json.loads(
        prompts_path.read_bytes()
    )
    assert processor.load_visual_batch_prompts(str(prompts_path))["priority"] == "high"


def test_tasks_are_plain_requests_with_the_options_given(make: Make, prompts_path: Path) -> None:
    processor = make(model="gpt-4.1", temperature=0.5, max_tokens=77, system="Be brief.")
    task, *others = processor.format_prompts_for_batch_api(
        processor.load_visual_batch_prompts(prompts_path)
    )
    assert task == {
        "custom_id": "finding-the-ground.facts-prompt.0001",
        "method": "POST",
        "url": CHAT,
        "body": {
            "model": "gpt-4.1",
            "temperature": 0.5,
            "max_tokens": 77,
            "messages": [
                {"role": "system", "content": "Be brief."},
                {"role": "user", "content": "Which soil?"},
            ],
        },
    }
    assert len({one["custom_id"] for one in (task, *others)}) == 4


def test_a_batch_file_is_for_its_owner_alone_and_holds_the_tasks(
    processor: WellspringBatchProcessor, home: Path, prompts_path: Path
) -> None:
    tasks = processor.format_prompts_for_batch_api(
        processor.load_visual_batch_prompts(prompts_path)
    )
    path = processor.create_batch_file(tasks)
    assert path.parent == home / "input"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert {stat.S_IMODE(one.stat().st_mode) for one in path.parent.iterdir()} == {0o600}
    lines = path.read_bytes().removesuffix(b"\n").split(b"\n")
    assert [json.loads(line) for line in lines] == tasks


def test_an_uploaded_file_waits_whoever_carries_jobs(
    processor: WellspringBatchProcessor, remote: Service, prompts_path: Path
) -> None:
    file_id = uploaded(processor, prompts_path)
    (job,) = processor.wellspring.jobs()
    with Wellspring.open() as another:
        for _ in range(3):
            assert another.tick().failures == {}
        (part,) = another.detail(job.id).parts
        assert (part.step, part.status) == (Step.UPLOADED, "waiting")
        assert part.waiting_for == "its creation to be asked for"
        with pytest.raises(InputError, match=rf"create_batch_job\('{file_id}'\) asks for it"):
            another.watch(job.id)
    assert batches_of(remote, file_id) == []

    batch = processor.create_batch_job(file_id, description="Nine beds")
    assert [one.id for one in batches_of(remote, file_id)] == [batch.id]
    assert batches_of(remote, file_id)[0].metadata["description"] == "Nine beds"
    assert batch.metadata["description"] == "Nine beds"
    assert batch.request_counts.total == 4


def test_a_job_that_was_only_uploaded_can_be_cancelled(
    processor: WellspringBatchProcessor, remote: Service, prompts_path: Path
) -> None:
    file_id = uploaded(processor, prompts_path)
    (job,) = processor.wellspring.jobs()
    assert processor.cancel_batch_job(job.id).status == "cancelled"
    with pytest.raises(InputError, match=f"the job {job.id} is over"):
        processor.create_batch_job(file_id)
    assert batches_of(remote, file_id) == []


def test_every_step_finds_its_way_in_a_process_of_its_own(
    make: Make, remote: Service, prompts_path: Path
) -> None:
    prompts_path.write_bytes(visual(EIGHT))
    first = make()
    tasks = first.format_prompts_for_batch_api(first.load_visual_batch_prompts(prompts_path))
    path = first.create_batch_file(tasks)
    file_id = make().upload_batch_file(str(path))
    batch = make().create_batch_job(file_id)
    ended = make().monitor_batch_job(batch.id, check_interval=0.05)
    assert (ended.status, ended.id, ended.request_counts.completed) == ("completed", batch.id, 8)
    output = make().download_results(batch.id)
    results = make().process_results(output)
    assert headings(results) == {name: list(types) for name, types in EIGHT.items()}
    assert results["total_results"] == 8
    assert results["batch_ids"] == [batch.id]
    assert len(batches_of(remote, file_id)) == 1


def test_creating_again_finds_the_batch_there_is(
    processor: WellspringBatchProcessor, make: Make, remote: Service, prompts_path: Path
) -> None:
    file_id = uploaded(processor, prompts_path)
    batch = processor.create_batch_job(file_id)
    assert processor.create_batch_job(file_id).id == batch.id
    assert make().create_batch_job(file_id, description="again").id == batch.id
    assert len(batches_of(remote, file_id)) == 1


def test_a_lost_answer_to_the_creation_is_looked_for(
    make: Make, home: Path, service_url: str, remote: Service, prompts_path: Path
) -> None:
    def losing(asked: Asked) -> Reply | None:
        reply = forward(asked, service_url)
        return None if (asked.method, asked.path) == CREATION else reply

    with ScriptedService(losing) as line:
        configure(home, line.base_url)
        processor = make()
        file_id = uploaded(processor, prompts_path)
        batch = processor.create_batch_job(file_id)
        assert [one.id for one in batches_of(remote, file_id)] == [batch.id]
        assert line.count(*CREATION) == 1
        processor.close()


def test_a_service_that_stays_away_is_given_up_and_the_next_call_goes_on(
    make: Make, home: Path, service_url: str, remote: Service, prompts_path: Path
) -> None:
    away = False

    def answering(asked: Asked) -> Reply | None:
        return None if away else forward(asked, service_url)

    with ScriptedService(answering) as line:
        configure(home, line.base_url)
        processor = make(patience_seconds=0.2)
        file_id = uploaded(processor, prompts_path)
        away = True
        with pytest.raises(NetworkError, match="is kept: create_batch_job") as failure:
            processor.create_batch_job(file_id)
        assert "\n" not in str(failure.value)
        away = False
        batch = processor.create_batch_job(file_id)
        assert [one.id for one in batches_of(remote, file_id)] == [batch.id]
        processor.close()


def test_an_upload_that_fails_leaves_nobody_waiting(
    make: Make, home: Path, service_url: str, prompts_path: Path
) -> None:
    def refusing(asked: Asked) -> Reply | None:
        if (asked.method, asked.path) == ("POST", "/files"):
            return refusal(400, "This file is not to my taste")
        return forward(asked, service_url)

    with ScriptedService(refusing) as line:
        configure(home, line.base_url)
        processor = make()
        with pytest.raises(RefusedError, match="not to my taste"):
            uploaded(processor, prompts_path)
        assert [job.collected for job in processor.wellspring.jobs()] == [True]
        processor.close()


def test_a_file_too_large_for_one_batch_goes_in_several_under_one_id(
    make: Make, home: Path, service_url: str, remote: Service, prompts_path: Path
) -> None:
    prompts_path.write_bytes(visual(EIGHT))
    configure(home, service_url, max_requests=3)
    processor = make()
    batch = processor.create_batch_job(uploaded(processor, prompts_path))
    ended = processor.monitor_batch_job(batch.id, check_interval=0.05)
    assert len(ended.batch_ids) == 3
    assert {remote.retrieve(one).status for one in ended.batch_ids} == {"completed"}
    path = processor.download_results(ended)
    assert len(path.read_bytes().removesuffix(b"\n").split(b"\n")) == 8
    assert headings(processor.process_results(path)) == {
        name: list(types) for name, types in EIGHT.items()
    }


def test_while_a_service_has_no_room_the_batch_waits_under_its_job(
    make: Make, home: Path, service_url: str, prompts_path: Path
) -> None:
    configure(home, service_url, creations_per_hour=1)
    processor = make()
    processor.create_batch_job(uploaded(processor, prompts_path))
    waiting = processor.create_batch_job(uploaded(processor, prompts_path))
    assert (waiting.id, waiting.status) == (waiting.job_id, "waiting")
    assert waiting.waiting_for is not None
    assert "the hour to pass" in waiting.waiting_for
    assert processor.get_batch_status(waiting.id)["waiting_for"] == waiting.waiting_for


def test_the_status_tells_why_a_service_could_not_be_asked(
    make: Make, home: Path, service_url: str, prompts_path: Path
) -> None:
    away = False

    def answering(asked: Asked) -> Reply | None:
        return None if away else forward(asked, service_url)

    with ScriptedService(answering) as line:
        configure(home, line.base_url)
        processor = make()
        batch = processor.create_batch_job(uploaded(processor, prompts_path))
        assert processor.get_batch_status(batch.id)["trouble"] is None
        away = True
        told = processor.get_batch_status(batch.id)
        # It may have ended and been collected in the first look.
        assert told["status"] == "completed" or "no connection" in told["trouble"]
        assert msgspec.json.decode(msgspec.json.encode(told)) == told
        processor.close()


def test_jobs_are_listed_newest_first(
    processor: WellspringBatchProcessor, prompts_path: Path
) -> None:
    batches = [processor.create_batch_job(uploaded(processor, prompts_path)) for _ in range(3)]
    listed = processor.list_batch_jobs()
    assert [one["id"] for one in listed] == [batch.id for batch in reversed(batches)]
    assert processor.list_batch_jobs(limit=1) == listed[:1]
    assert all(newer["created_at"] >= older["created_at"] for newer, older in pairwise(listed))


def test_results_of_a_running_job_have_to_wait(make: Make, home: Path, prompts_path: Path) -> None:
    (home / "config.toml").write_text("pace = 600\n")
    processor = make()
    batch = processor.create_batch_job(uploaded(processor, prompts_path))
    with pytest.raises(InputError, match=r"still runs.*monitor_batch_job waits for its end"):
        processor.download_results(batch)
    processor.cancel_batch_job(batch.id)


def test_what_failed_is_sent_again_as_part_of_the_same_job(
    make: Make, home: Path, prompts_path: Path
) -> None:
    (home / "config.toml").write_text("pace = 30\n")
    processor = make()
    batch = processor.create_batch_job(uploaded(processor, prompts_path))
    processor.cancel_batch_job(batch.id)
    ended = processor.monitor_batch_job(batch.id, check_interval=0.05)
    assert ended.status == "cancelled"
    again = processor.retry_batch_job(batch.id)
    assert len(again.batch_ids) == 2
    assert again.job_id == batch.job_id
    processor.cancel_batch_job(batch.id)


def test_a_stopped_wait_leaves_the_job_and_tells_how_to_go_on(
    make: Make, home: Path, prompts_path: Path
) -> None:
    (home / "config.toml").write_text("pace = 600\n")
    interrupted = False

    def interrupt(what: str, _done: int, _total: int | None) -> None:
        """Ctrl-C while the batch runs."""
        nonlocal interrupted
        if what == "validating" and not interrupted:
            interrupted = True
            raise KeyboardInterrupt

    processor = make(progress=interrupt)
    with pytest.raises(KeyboardInterrupt, match=r"is kept\. monitor_batch_job") as stopped:
        processor.run_complete_batch_workflow(prompts_path)
    (job,) = processor.wellspring.jobs()
    assert f"monitor_batch_job('{job.id}')" in str(stopped.value)
    assert (job.status, job.name, job.source) == ("validating", "garden", str(prompts_path))
    assert interrupted


def test_a_table_goes_the_whole_way_with_a_template(make: Make, tmp_path: Path) -> None:
    path = tmp_path / "places.csv"
    path.write_text("id,text\n7,Soil\n8,Rain\n", encoding="utf-8")
    processor = make(template="Sum up {text}")

    results = processor.run_complete_batch_workflow(path)

    assert {name: one["row"] for name, one in results["results_by_section"]["Rows"].items()} == {
        "row 1": {"id": "7", "text": "Soil"},
        "row 2": {"id": "8", "text": "Rain"},
    }
    with pytest.raises(InputError, match="this is a file of table rows"):
        processor.load_visual_batch_prompts(path)
    with pytest.raises(InputError, match="it needs a template"):
        make().run_complete_batch_workflow(path)
    # Ready-made requests are whole already, whatever the processor was made for.
    ready = tmp_path / "ready.jsonl"
    ready.write_bytes(jsonl([request("a")]))
    assert processor.upload_batch_file(ready)
