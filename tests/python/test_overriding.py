"""People send what they want: their own `format_prompts_for_batch_api` is used, everywhere."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

from tests.support.files import CHAT, EIGHT, visual
from wellspring_tui import WellspringBatchProcessor

if TYPE_CHECKING:
    from pathlib import Path

BRIEF = {"role": "system", "content": "Answer in one sentence."}


class Brief(WellspringBatchProcessor):
    """Changes the bodies in place."""

    def format_prompts_for_batch_api(self, batch_data: dict[str, Any]) -> list[dict[str, Any]]:
        tasks = super().format_prompts_for_batch_api(batch_data)
        for task in tasks:
            task["body"]["messages"].insert(0, BRIEF)
            task["body"]["model"] = "gpt-4.1-mini"
        return tasks


class Renaming(WellspringBatchProcessor):
    """Wants ids of its own."""

    def format_prompts_for_batch_api(self, batch_data: dict[str, Any]) -> list[dict[str, Any]]:
        tasks = copy.deepcopy(super().format_prompts_for_batch_api(batch_data))
        for number, task in enumerate(tasks):
            task["custom_id"] = f"mine_{number}_1748305611"
        return tasks


class Rebuilding(WellspringBatchProcessor):
    """Leaves tasks out, makes new dicts of the others, and adds one."""

    def format_prompts_for_batch_api(self, batch_data: dict[str, Any]) -> list[dict[str, Any]]:
        maps = [
            {**task, "body": {**task["body"], "seed": 7}}
            for task in super().format_prompts_for_batch_api(batch_data)
            if ".map." in task["custom_id"]
        ]
        body = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "And?"}]}
        added = {"custom_id": "the end", "method": "POST", "url": CHAT, "body": body}
        return [*reversed(maps), added]


class OldIds(WellspringBatchProcessor):
    """Written long ago: makes everything itself, with ids of the old form."""

    def format_prompts_for_batch_api(self, batch_data: dict[str, Any]) -> list[dict[str, Any]]:
        return [
            {
                "custom_id": f"{one['section']}_{kind}_1748305611",
                "method": "POST",
                "url": CHAT,
                "body": {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": text}]},
            }
            for one in batch_data["batch_prompts"]["prompt_sets"]
            for kind, text in one["research_prompts"].items()
        ]


def sent(processor: WellspringBatchProcessor) -> list[dict[str, Any]]:
    """The requests of the newest job, as they went to the service."""
    (job, *_) = processor.wellspring.jobs()
    path = processor.wellspring.settings.places.inputs(job.id) / "part-001.jsonl"
    return [json.loads(line) for line in path.read_bytes().removesuffix(b"\n").split(b"\n")]


def headings(results: dict[str, Any]) -> dict[str, list[str]]:
    """Sections and the prompt types answered in them."""
    return {name: list(types) for name, types in results["results_by_section"].items()}


WHOLE = {name: list(prompts) for name, prompts in EIGHT.items()}


def test_changed_bodies_are_sent_and_filed_where_they_belong(prompts_path: Path) -> None:
    prompts_path.write_bytes(visual(EIGHT))
    with Brief() as processor:
        results = processor.run_complete_batch_workflow(prompts_path)
        assert all(one["body"]["messages"][0] == BRIEF for one in sent(processor))
        assert headings(results) == WHOLE
        answer = results["results_by_section"]["People & Money"]["law"]
        assert answer["model"].startswith("gpt-4.1-mini")


def test_changed_ids_do_not_lose_the_sections(prompts_path: Path) -> None:
    prompts_path.write_bytes(visual(EIGHT))
    with Renaming() as processor:
        results = processor.run_complete_batch_workflow(prompts_path)
        assert {one["custom_id"] for one in sent(processor)} == {
            f"mine_{number}_1748305611" for number in range(8)
        }
        assert headings(results) == WHOLE


def test_tasks_may_be_left_out_copied_reordered_and_added(prompts_path: Path) -> None:
    prompts_path.write_bytes(visual(EIGHT))
    with Rebuilding() as processor:
        results = processor.run_complete_batch_workflow(prompts_path)
        assert [one["body"].get("seed") for one in sent(processor)] == [7, 7, 7, None]
        assert headings(results) == {
            "Water\u2028rights": ["map"],
            "People & Money": ["map"],
            "Finding the Ground": ["map"],
            "Requests": ["the end"],
        }


def test_ids_of_the_old_form_tell_where_foreign_tasks_belong(prompts_path: Path) -> None:
    sections = {"Site_Plan": {"data_extraction_prompt": "What?", "facts": "Which?"}}
    prompts_path.write_bytes(visual(sections))
    with OldIds() as processor:
        results = processor.run_complete_batch_workflow(prompts_path)
        assert headings(results) == {"Site_Plan": ["data_extraction_prompt", "facts"]}


def test_two_files_in_one_object_do_not_mix_their_sections(tmp_path: Path) -> None:
    """Names that look alike in an id stay apart."""
    first, second = tmp_path / "first.json", tmp_path / "second.json"
    first.write_bytes(visual({"Water!": {"Map": "Draw."}}))
    second.write_bytes(visual({"water?": {"map": "Paint."}}))
    with WellspringBatchProcessor() as processor:
        tasks = [
            [
                dict(task)
                for task in processor.format_prompts_for_batch_api(
                    processor.load_visual_batch_prompts(path)
                )
            ]
            for path in (first, second)
        ]
        files = [processor.create_batch_file(one) for one in tasks]
        ids = [processor.upload_batch_file(path) for path in files]
        found = []
        for file_id in ids:
            batch = processor.create_batch_job(file_id)
            processor.monitor_batch_job(batch.id, check_interval=0.05)
            found.append(headings(processor.process_results(processor.download_results(batch))))
        assert found == [{"Water!": ["Map"]}, {"water?": ["map"]}]
