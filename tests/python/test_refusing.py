"""Everything that is wrong is told in one sentence, before anything is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.support.files import CHAT, jsonl, request, visual
from wellspring_tui import InputError, JobNotFoundError, PromptsFileError, WellspringBatchProcessor

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def task(**others: Any) -> dict[str, Any]:
    """A request as a dict."""
    body = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "What?"}]}
    return {"custom_id": "one", "method": "POST", "url": CHAT, "body": body, **others}


def said(refused: pytest.ExceptionInfo[InputError]) -> str:
    """The sentence; more than one line is a defect."""
    sentence = str(refused.value)
    assert sentence
    assert "\n" not in sentence
    return sentence


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "the file is empty"),
        (b"not JSON", "this is not JSON"),
        (visual()[:-9], "this is not valid JSON"),
        (b'{"batch": 1}', "the key batch_prompts is missing"),
        (visual({"A": {"x": 1}}), "the prompt must be text, found a number"),
        (visual({"A": {"x": " "}}), "there are no prompts in it: all 1 are blank"),
        (jsonl([request("a")]), "this is a file of batch requests"),
        pytest.param(
            visual()[:-1] + b', "deep": ' + b"[" * 5_000 + b"]" * 5_000 + b"}",
            "nested more than 100 levels deep",
            id="deep",
        ),
    ],
)
def test_a_bad_prompts_file(
    processor: WellspringBatchProcessor, prompts_path: Path, content: bytes, expected: str
) -> None:
    prompts_path.write_bytes(content)
    for step in (processor.load_visual_batch_prompts, processor.run_complete_batch_workflow):
        with pytest.raises(PromptsFileError, match=expected) as refused:
            step(prompts_path)
        assert str(prompts_path) in said(refused)
    assert processor.wellspring.jobs() == []


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({}, "expected a list of prompt sets, found null"),
        ([], "expected a list of prompt sets"),
        ({"batch_prompts": {"prompt_sets": []}}, "expected a list of prompt sets, found a list"),
        ({"batch_prompts": {"prompt_sets": [1]}}, r"prompt_sets\[0\]: expected an object"),
        (
            {"batch_prompts": {"prompt_sets": [{"section": "A", "research_prompts": {1: "x"}}]}},
            "the prompt type needs a name",
        ),
        (
            {"batch_prompts": {"prompt_sets": [{"section": "A", "research_prompts": {"x": ()}}]}},
            "must be text, found tuple",
        ),
    ],
)
def test_bad_batch_data(processor: WellspringBatchProcessor, data: Any, expected: str) -> None:
    with pytest.raises(PromptsFileError, match=expected) as refused:
        processor.format_prompts_for_batch_api(data)
    said(refused)


@pytest.mark.parametrize(
    ("tasks", "expected"),
    [
        ([], "there are no tasks"),
        ([task(), task()], "task 2, custom_id: the custom_id “one” is already on line 1"),
        ([task(), "two"], "task 2: expected a dict, found str"),
        ([task(custom_id=None)], "task 1, custom_id: the request needs a custom_id"),
        ([task(custom_id=7)], "task 1, custom_id: expected text"),
        ([task(body={"model": "m", "messages": []})], "task 1, body.messages"),
        ([task(), task(custom_id="b", url="/v1/embeddings")], "task 2, url: the url differs"),
        ([task(extra=object())], "task 1: it can't be written as JSON"),
        ([task(custom_id="a\ud800")], "task 1: it can't be written as JSON"),
    ],
)
def test_bad_tasks_leave_no_file(
    processor: WellspringBatchProcessor, home: Path, tasks: Any, expected: str
) -> None:
    with pytest.raises(InputError, match=expected) as refused:
        processor.create_batch_file(tasks)
    said(refused)
    assert list((home / "input").iterdir()) == []


def test_things_that_are_not_there(processor: WellspringBatchProcessor, tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere.jsonl"
    steps: list[tuple[Callable[[], object], str]] = [
        (lambda: processor.load_visual_batch_prompts(nowhere), "there is no such file"),
        (lambda: processor.upload_batch_file(nowhere), "there is no such file"),
        (lambda: processor.process_results(nowhere), "there is no such file"),
        (lambda: processor.download_results("x7x7x7"), "there is no job"),
        (lambda: processor.download_results(None), "expected a batch or an id"),
        (lambda: processor.get_batch_status("x7x7x7"), "there is no job"),
        (lambda: processor.monitor_batch_job("batch_nowhere"), "has no batch “batch_nowhere”"),
        (lambda: processor.cancel_batch_job("x7x7x7"), "there is no job"),
    ]
    for step, expected in steps:
        with pytest.raises(InputError, match=expected) as refused:
            step()
        said(refused)
    with pytest.raises(JobNotFoundError):
        processor.monitor_batch_job("x7x7x7")


def test_prompts_are_no_requests(processor: WellspringBatchProcessor, prompts_path: Path) -> None:
    with pytest.raises(PromptsFileError, match="this is no JSONL file of batch requests"):
        processor.upload_batch_file(prompts_path)


@pytest.mark.parametrize("seconds", [-1, float("nan"), float("inf")])
def test_an_interval_that_makes_no_sense(
    processor: WellspringBatchProcessor, prompts_path: Path, seconds: float
) -> None:
    job = processor.wellspring.submit(prompts_path)
    with pytest.raises(InputError, match="expected seconds"):
        processor.monitor_batch_job(job.id, check_interval=seconds)


def test_options_that_no_service_takes() -> None:
    with pytest.raises(InputError, match="temperature: expected a number from 0 to 2"):
        WellspringBatchProcessor(temperature=3)


@pytest.mark.parametrize("where", ["model", "system"])
def test_half_a_character_is_told_before_anything_is_written(where: str) -> None:
    options: dict[str, Any] = {where: "a\ud800"}
    with pytest.raises(InputError, match=f"{where}: it is not valid UTF-8 text"):
        WellspringBatchProcessor(**options)


def test_half_a_character_in_a_label_is_kept_as_one_that_is_unknown(
    processor: WellspringBatchProcessor, prompts_path: Path
) -> None:
    job = processor.wellspring.submit(prompts_path, name="a\ud800", description="b\udcff")
    assert (job.name, job.description) == ("a\ufffd", "b\ufffd")
