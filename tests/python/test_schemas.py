"""A program asks for answers that fit a schema."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from wellspring_tui import InputError, WellspringBatchProcessor

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Make = Callable[..., WellspringBatchProcessor]

BED = {"type": "object", "required": ["plant"], "properties": {"plant": {"type": "string"}}}


def test_answers_are_asked_to_fit_a_schema_and_held_against_it(
    make: Make, prompts_path: Path, tmp_path: Path
) -> None:
    coded = {**BED, "properties": {"plant": {"type": "string", "pattern": "^[A-Z]{3}$"}}}
    path = tmp_path / "coded.json"
    path.write_text(json.dumps(coded))
    for schema, fits in ((BED, True), (path, False)):
        results = make(schema=schema).run_complete_batch_workflow(prompts_path)
        assert results["off_schema"] == (0 if fits else results["total_results"])
        for types in results["results_by_section"].values():
            for found in types.values():
                assert isinstance(json.loads(found["response"])["plant"], str)
                assert (found["off_schema"] is None) is fits
    with pytest.raises(InputError, match="there is no such file"):
        make(schema=tmp_path / "no.json")


def test_a_program_that_changes_its_tasks_may_change_their_schema(
    make: Make, prompts_path: Path
) -> None:
    processor = make(schema=BED)
    first, *others = processor.format_prompts_for_batch_api(
        processor.load_visual_batch_prompts(prompts_path)
    )
    wanted = first["body"]["response_format"]["json_schema"]
    assert wanted["schema"] == BED
    wanted["schema"]["properties"]["plant"]["pattern"] = "^[A-Z]{3}$"
    file_id = processor.upload_batch_file(processor.create_batch_file([first, *others]))
    batch = processor.monitor_batch_job(processor.create_batch_job(file_id).id)
    answers = list(processor.wellspring.answers(batch.id))
    assert [bool(answer.off_schema) for answer in answers] == [True] + [False] * len(others)
