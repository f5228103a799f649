"""Ready-made batch requests go out byte for byte as they came."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.files import CHAT, EMBEDDINGS, RESPONSES, SHARED, jsonl, request
from wellspring_tui.jobs.planning import Planner
from wellspring_tui.prompts.checking import Survey, survey
from wellspring_tui.prompts.model import NO_SECTION, FileKind, Request, RequestOptions
from wellspring_tui.prompts.opening import open_prompts
from wellspring_tui.service_profiles import ServiceProfile

if TYPE_CHECKING:
    from pathlib import Path


def read(path: Path) -> tuple[Survey, list[Request]]:
    """What is in a file of requests, and the requests."""
    found, requests = survey(open_prompts(path), RequestOptions(model="not-for-these"))
    made = list(requests)
    assert found.kind is FileKind.REQUESTS
    found.raise_if_unsendable()
    return found, made


_ODD = (
    b'{ "body": {"messages":[{"content":"caf\\u00e9 \xe2\x80\xa8 x"}],"model":"m","seed":1.50},\t'
)
_ODD += b'"url":"/v1/chat/completions","zeta":null,"method":"POST","custom_id":"odd one" }'


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        (jsonl([request("a"), _ODD]), [request("a"), _ODD]),
        (jsonl([request("a"), _ODD]).rstrip(), [request("a"), _ODD]),
        (request("a") + b"\r\n" + _ODD + b"\r\n", [request("a"), _ODD]),
        (b"\n\n" + request("a") + b"\n \n\r\n" + _ODD + b"\n\n", [request("a"), _ODD]),
    ],
    ids=["line feeds", "no break at the end", "Windows line breaks", "blank lines"],
)
def test_every_line_is_kept_byte_for_byte(
    tmp_path: Path, content: bytes, lines: list[bytes]
) -> None:
    path = tmp_path / "requests.jsonl"
    path.write_bytes(content)
    _, made = read(path)
    assert [one.line for one in made] == lines
    folder = tmp_path / "parts"
    folder.mkdir()
    planner = Planner(folder, ServiceProfile("any"))
    assert len(list(planner.placed(made))) == 2
    written = b"".join(part.read_bytes() for part in sorted(folder.glob("part-*.jsonl")))
    assert written == jsonl(lines)


def test_a_number_that_nobody_can_read_is_the_services_business(tmp_path: Path) -> None:
    path = tmp_path / "requests.jsonl"
    line = request("a", temperature="?").replace(b'"?"', b"1e999")
    path.write_bytes(jsonl([line]))
    _, made = read(path)
    assert [one.line for one in made] == [line]


def test_options_for_prompts_do_not_touch_ready_made_requests(tmp_path: Path) -> None:
    path = tmp_path / "requests.jsonl"
    path.write_bytes(jsonl([request("a", model="o3", temperature=1, max_tokens=5)]))
    found, (made,) = read(path)
    assert made.model == "o3"
    assert made.max_output_tokens == 5
    assert found.notes == []


def test_requests_without_sections_are_filed_under_one(tmp_path: Path) -> None:
    path = tmp_path / "requests.jsonl"
    path.write_bytes(jsonl([request("a"), request("b")]))
    _, made = read(path)
    assert [(one.section, one.prompt_type) for one in made] == [
        (NO_SECTION, "a"),
        (NO_SECTION, "b"),
    ]


def test_old_custom_ids_bring_their_sections_along(tmp_path: Path) -> None:
    path = tmp_path / "requests.jsonl"
    ids = [f"{s}_{t}_1748305611" for s in ("Site Plan", "Money") for t in ("facts_x", "map_x")]
    path.write_bytes(jsonl(map(request, ids)))
    _, made = read(path)
    assert [(one.section, one.prompt_type) for one in made] == [
        ("Site Plan", "facts_x"),
        ("Site Plan", "map_x"),
        ("Money", "facts_x"),
        ("Money", "map_x"),
    ]


@pytest.mark.parametrize(
    ("line", "endpoint", "inputs"),
    [
        (request("a"), CHAT, 1),
        (request("a", RESPONSES, input=[{"role": "user", "content": "x"}]), RESPONSES, 1),
        (request("a", EMBEDDINGS, input="one text"), EMBEDDINGS, 1),
        (request("a", EMBEDDINGS, input=["one", "two", "three"]), EMBEDDINGS, 3),
        (request("a", EMBEDDINGS, input=[1, 2, 3, 4]), EMBEDDINGS, 1),
        (request("a", EMBEDDINGS, input=[[1, 2], [3]]), EMBEDDINGS, 2),
        (request("a", "/v1/moderations", input="x"), "/v1/moderations", 1),
    ],
)
def test_any_endpoint_is_taken_and_embedding_inputs_are_counted(
    tmp_path: Path, line: bytes, endpoint: str, inputs: int
) -> None:
    path = tmp_path / "requests.jsonl"
    path.write_bytes(line)
    found, (made,) = read(path)
    assert found.endpoint == endpoint
    assert (made.endpoint, made.inputs) == (endpoint, inputs)


def test_a_response_may_be_asked_for_with_a_stored_prompt(tmp_path: Path) -> None:
    path = tmp_path / "requests.jsonl"
    path.write_bytes(jsonl([request("a", RESPONSES, input=None, prompt={"id": "pmpt_1"})]))
    _, made = read(path)
    assert len(made) == 1


@pytest.mark.parametrize("limit", ["max_tokens", "max_completion_tokens", "max_output_tokens"])
def test_the_output_limit_is_found_under_each_of_its_names(tmp_path: Path, limit: str) -> None:
    path = tmp_path / "requests.jsonl"
    path.write_bytes(request("a", seed=77).replace(b"seed", limit.encode()))
    found, _ = read(path)
    assert found.output_limit == 77


@pytest.mark.skipif(not SHARED.is_dir(), reason="the real files are not on this machine")
def test_the_teams_own_requests_are_filed_under_their_sections() -> None:
    path = SHARED / "wellspring_batch_tasks_20250526_172651.jsonl"
    found, made = read(path)
    assert jsonl(one.line for one in made).rstrip() == path.read_bytes().rstrip()
    assert {name: set(types) for name, types in found.sections.items()} == {
        section: {
            "data_extraction_prompt",
            "design_specification_prompt",
            "content_optimization_prompt",
        }
        for section in (
            "Development Budget Components",
            "Six Phases of Development Life Cycle",
            "DHCS Compliance Requirements",
        )
    }
