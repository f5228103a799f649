"""The classic steps with plain JSON: lists, objects with images, mappings."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.pictures import png
from wellspring_tui import PromptsFileError

if TYPE_CHECKING:
    from pathlib import Path

    from wellspring_tui import WellspringBatchProcessor

OBJECTS: list[Any] = [
    "Which soil?",
    {"prompt": "What is it?", "section": "Maps", "type": "look", "image": "maps/one.png"},
    {"messages": [{"role": "user", "content": "Why?"}], "custom_id": "mine"},
    " ",
]
MAPPING = {"Ground": {"facts": "Which soil?", "map": "Draw."}, "Money": {"facts": "How much?"}}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder elsewhere with prompts files and an image."""
    path = tmp_path / "else" / "where"
    (path / "maps").mkdir(parents=True)
    (path / "maps" / "one.png").write_bytes(png(4, 3))
    (path / "objects.json").write_text(json.dumps(OBJECTS))
    (path / "mapping.json").write_bytes(json.dumps(MAPPING).encode("utf-16"))
    return path


def test_plain_prompts_go_the_whole_way(processor: WellspringBatchProcessor, folder: Path) -> None:
    results = processor.run_complete_batch_workflow(folder / "objects.json")
    assert {name: list(types) for name, types in results["results_by_section"].items()} == {
        "Requests": ["prompt 1", "mine"],
        "Maps": ["look"],
    }
    results = processor.run_complete_batch_workflow(folder / "mapping.json")
    assert {name: list(types) for name, types in results["results_by_section"].items()} == {
        "Ground": ["facts", "map"],
        "Money": ["facts"],
    }


def test_each_step_works_on_what_was_loaded(
    processor: WellspringBatchProcessor, folder: Path
) -> None:
    loaded = processor.load_visual_batch_prompts(folder / "objects.json")
    image = {**OBJECTS[1], "image": str(folder / "maps" / "one.png")}
    assert loaded == [OBJECTS[0], image, *OBJECTS[2:]]
    tasks = processor.format_prompts_for_batch_api([*loaded, "One more."])
    assert [task["custom_id"] for task in tasks] == [
        "prompt.0001",
        "maps.look.0002",
        "mine",
        "prompt.0005",
    ]
    parts = tasks[1]["body"]["messages"][0]["content"]
    assert parts[1]["image_url"]["url"].startswith("data:image/png;base64,")
    assert tasks[2]["body"]["messages"] == OBJECTS[2]["messages"]
    assert processor.create_batch_file(tasks).read_bytes().count(b"\n") == 4


def test_two_files_never_share_an_id(processor: WellspringBatchProcessor, folder: Path) -> None:
    tasks = [
        task
        for _ in range(2)
        for task in processor.format_prompts_for_batch_api(
            processor.load_visual_batch_prompts(folder / "mapping.json")
        )
    ]
    assert len({task["custom_id"] for task in tasks}) == 6


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (["fine", 7], r"\[1\]: expected text or an object with a prompt, found a number"),
        ({"A": ["x"]}, "A: expected an object of prompts, found a list"),
        ({"A": {7: "x"}}, "A.7: the prompt type needs a name"),
        ({7: {"A": "x"}}, "7.A: the section needs a name"),
    ],
)
def test_what_is_no_prompt_is_refused(
    processor: WellspringBatchProcessor, data: object, said: str
) -> None:
    with pytest.raises(PromptsFileError, match=said):
        processor.format_prompts_for_batch_api(data)
