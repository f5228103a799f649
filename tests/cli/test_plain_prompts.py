"""Plain JSON, images and other encodings, all the way to the built-in service and back."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

import pytest

from tests.support.files import CHAT, RESPONSES
from tests.support.pictures import png
from wellspring_tui.figures import size

if TYPE_CHECKING:
    from tests.cli.conftest import Shell

WALL = png(1024, 1024)
LINK = "https://example.org/gate.jpg"


@pytest.mark.parametrize("endpoint", [CHAT, RESPONSES])
def test_images_go_to_the_service_and_are_named_beside_the_answers(
    shell: Shell, endpoint: str
) -> None:
    prompts = [
        {"prompt": "What grows on it?", "section": "Walls", "type": "plants", "image": "wall.png"},
        {"prompt": "Which is older?", "images": ["wall.png", LINK], "custom_id": "both"},
        {"messages": [{"role": "user", "content": "And now?"}]},
        "Thank you.",
    ]
    (shell.folder / "garden").mkdir()
    shell.write("garden/prompts.json", json.dumps(prompts).encode())
    (shell.folder / "garden" / "wall.png").write_bytes(WALL)
    told = shell.json("check", "garden/prompts.json", "--endpoint", endpoint)
    assert (told["prompts"], told["problem_count"]) == (4, 0)

    done = shell.wellspring("run", "garden/prompts.json", "--endpoint", endpoint)

    assert done.code == 0, done.stderr
    results = json.loads(done.stdout)
    answers = results["results_by_section"]
    assert {name: list(types) for name, types in answers.items()} == {
        "Walls": ["plants"],
        "Requests": ["both", "prompt 3", "prompt 4"],
    }
    assert answers["Requests"]["both"]["custom_id"] == "both"
    (sent,) = (shell.home / "input" / results["job_id"]).glob("part-*.jsonl")
    assert sent.read_bytes().count(base64.b64encode(WALL)) == 2
    shown = f"[image: PNG, {size(len(WALL))}]"
    beside = shell.wellspring("results", results["job_id"], "--prompts").stdout
    asked = json.loads(beside)["results_by_section"]
    assert asked["Walls"]["plants"]["prompt"] == f"What grows on it?\n{shown}"
    assert asked["Requests"]["both"]["prompt"] == (f"Which is older?\n{shown}\n[image: {LINK}]")
    assert asked["Requests"]["prompt 3"]["prompt"] == "And now?"
    assert "base64" not in beside


def test_a_mapping_saved_as_utf_16_runs_like_any_other(shell: Shell) -> None:
    prompts = {"Über Gärten": {"花": "Was blüht?"}, "Geld": {"花": "Was kostet es?"}}
    text = json.dumps(prompts, ensure_ascii=False)
    shell.write("prompts.json", text.encode("utf-16"))
    done = shell.wellspring("run", "prompts.json")
    assert done.code == 0, done.stderr
    answers = json.loads(done.stdout)["results_by_section"]
    assert {name: list(types) for name, types in answers.items()} == {
        "Über Gärten": ["花"],
        "Geld": ["花"],
    }


def test_problems_are_listed_with_their_keys_and_nothing_is_sent(shell: Shell) -> None:
    prompts = [{"prompt": 3}, "fine", {"prompt": "x", "image": "gone.png"}]
    shell.write("prompts.json", json.dumps(prompts).encode())
    told = shell.wellspring("check", "prompts.json")
    assert told.code == 2
    assert "[0].prompt: the prompt must be text, found a number" in told.stdout
    assert "[2].image: there is no file “gone.png”" in told.stdout
    refused = shell.wellspring("submit", "prompts.json")
    assert (refused.code, refused.stdout) == (2, "")
    assert shell.json("jobs") == []
