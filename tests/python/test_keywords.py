"""Every keyword of the class does what it says, and what the steps return goes into the others."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from tests.python import typed_program
from tests.python.conftest import configure
from tests.support.files import EIGHT, visual
from wellspring_tui import InputError, TooExpensiveError, Wellspring, WellspringBatchProcessor

if TYPE_CHECKING:
    from pathlib import Path


def first_request(processor: WellspringBatchProcessor) -> dict[str, Any]:
    """The first request of the newest job, as it went to the service."""
    (job, *_) = processor.wellspring.jobs()
    path = processor.wellspring.settings.places.inputs(job.id) / "part-001.jsonl"
    found: dict[str, Any] = json.loads(path.read_bytes().split(b"\n")[0])
    return found


def test_all_keywords_go_the_whole_way(
    tmp_path: Path, service_url: str, prompts_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is set around it: what is not said by a keyword is not known."""
    monkeypatch.delenv("WELLSPRING_HOME")
    monkeypatch.delenv("WELLSPRING_SERVICE")
    elsewhere = tmp_path / "elsewhere"
    configure(elsewhere, service_url)
    heard: list[str] = []
    with WellspringBatchProcessor(
        service="local",
        home=str(elsewhere),
        model="gpt-4.1",
        temperature=0.5,
        max_tokens=77,
        system="Be brief.",
        endpoint="/v1/responses",
        window="24h",
        max_cost="0.50",
        progress=lambda what, _done, _total: heard.append(what),
        patience_seconds=60,
    ) as processor:
        results = processor.run_complete_batch_workflow(prompts_path)
        request = first_request(processor)
    assert results["total_results"] == 4
    assert request["url"] == "/v1/responses"
    body = request["body"]
    assert (body["model"], body["temperature"]) == ("gpt-4.1", 0.5)
    assert (body["max_output_tokens"], body["instructions"]) == (77, "Be brief.")
    assert "completed" in heard
    assert (elsewhere / "output" / results["job_id"]).is_dir()


@pytest.mark.parametrize("limit", [Decimal("0.001"), 0.001, "0.001"])
def test_what_may_cost_more_is_not_sent(prompts_path: Path, limit: Decimal | float | str) -> None:
    given: dict[str, Any] = {"api_key": "sk-not-a-key", "service": "openai", "max_cost": limit}
    with WellspringBatchProcessor(**given) as processor:
        with pytest.raises(TooExpensiveError, match=r"more than the limit of \$0\.0010"):
            processor.run_complete_batch_workflow(prompts_path)
        assert processor.wellspring.jobs() == []
        with pytest.raises(TooExpensiveError):
            processor.wellspring.submit(prompts_path, max_cost=limit)


@pytest.mark.parametrize("limit", ["lots", -1, float("nan")])
def test_a_limit_that_is_none_is_told_at_once(prompts_path: Path, limit: float | str) -> None:
    with pytest.raises(InputError, match="max cost: expected dollars"):
        WellspringBatchProcessor(max_cost=limit)
    with Wellspring.open() as wellspring:
        with pytest.raises(InputError, match="max cost: expected dollars"):
            wellspring.submit(prompts_path, max_cost=limit)
        assert wellspring.jobs() == []


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"temperature": "0.5"}, "temperature: expected a number from 0 to 2"),
        ({"max_tokens": 2.5}, "max tokens: expected a count from 1"),
        ({"max_tokens": True}, "max tokens: expected a count from 1"),
        ({"model": " "}, "model: expected the name of a model"),
        ({"model": 4}, "model: it is not valid UTF-8 text"),
        ({"endpoint": "chat"}, "endpoint: expected a path"),
        ({"service": "nowhere"}, "there is no service “nowhere”"),
    ],
    ids=str,
)
def test_a_keyword_of_the_wrong_kind_is_named(given: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        WellspringBatchProcessor(**given)


def test_what_one_step_returns_goes_into_every_other(
    processor: WellspringBatchProcessor, prompts_path: Path
) -> None:
    job_id = processor.run_complete_batch_workflow(prompts_path)["job_id"]
    batch = processor.monitor_batch_job(job_id)
    status = processor.get_batch_status(batch)
    assert processor.get_batch_status(status) == status
    assert processor.get_batch_status(batch.id) == status
    assert processor.monitor_batch_job(status) == batch
    assert processor.download_results(status) == processor.download_results(batch)
    for step in (processor.cancel_batch_job, processor.retry_batch_job):
        with pytest.raises(InputError, match=f"the job {job_id}|nothing to send"):
            step(batch)


def test_nothing_in_place_of_an_id_is_told(processor: WellspringBatchProcessor) -> None:
    nothing: Any = None
    for step in (
        processor.get_batch_status,
        processor.monitor_batch_job,
        processor.cancel_batch_job,
        processor.retry_batch_job,
        processor.download_results,
    ):
        with pytest.raises(InputError, match="expected a batch or an id, found NoneType"):
            step(nothing)
    for file_id in (nothing, "", " "):
        with pytest.raises(InputError, match="expected the id of an uploaded file"):
            processor.create_batch_job(file_id)


def test_an_export_is_as_its_name_ends_unless_told_otherwise(
    processor: WellspringBatchProcessor, prompts_path: Path, tmp_path: Path
) -> None:
    job_id = processor.run_complete_batch_workflow(prompts_path)["job_id"]
    begins = {"a.csv": "section,", "a.md": "# ", "a.html": "<!", "a.json": "{", "a.dat": "{"}
    with Wellspring.open() as wellspring:
        for name, first in begins.items():
            out = wellspring.export(job_id, str(tmp_path / name))
            assert out.read_text(encoding="utf-8-sig").startswith(first)
        out = wellspring.export(job_id, tmp_path / "b.csv", "jsonl")
        assert json.loads(out.read_bytes().split(b"\n")[0])["state"] == "answered"
        copied = wellspring.import_files(str(processor.download_results(job_id)))
        assert copied.completed == 4


def test_a_text_is_one_tag(prompts_path: Path) -> None:
    with Wellspring.open() as wellspring:
        assert wellspring.submit(prompts_path, tags="night").tags == ("night",)


def test_a_strictly_typed_program_runs(home: Path, service_url: str, tmp_path: Path) -> None:
    """Its types are looked at by mypy, with the rest of the tests."""
    prompts = tmp_path / "eight.json"
    prompts.write_bytes(visual(EIGHT))
    configure(home, service_url)
    done = subprocess.run(
        [sys.executable, "-W", "error", typed_program.__file__, str(prompts), str(tmp_path)],
        env=dict(os.environ),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "8 8\n", "")
