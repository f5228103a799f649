"""The Wellspring visual prompts JSON becomes requests, one a prompt."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.files import CHAT, EMBEDDINGS, RESPONSES, SHARED, visual
from wellspring_tui.prompts.building import adjustments, body, custom_id, is_reasoning
from wellspring_tui.prompts.checking import survey
from wellspring_tui.prompts.model import Blank, FileKind, Request, RequestOptions
from wellspring_tui.prompts.opening import open_prompts
from wellspring_tui.prompts.tokens import estimate

if TYPE_CHECKING:
    from pathlib import Path

_WORDS = re.compile(r"[a-z0-9.-]+")


def read(
    tmp_path: Path, content: bytes, options: RequestOptions | None = None
) -> list[tuple[Request, dict[str, Any]]]:
    """The requests of a prompts file, each with its decoded line."""
    path = tmp_path / "prompts.json"
    path.write_bytes(content)
    items = list(open_prompts(path).read(options or RequestOptions()))
    requests = [item for item in items if isinstance(item, Request)]
    assert len(requests) + sum(isinstance(item, Blank) for item in items) == len(items)
    return [(request, json.loads(request.line)) for request in requests]


def test_each_prompt_becomes_one_request_in_the_order_of_the_file(tmp_path: Path) -> None:
    made = read(tmp_path, visual({"B": {"z": "one", "a": "two"}, "A": {"z": "three"}}))
    assert [(request.section, request.prompt_type) for request, _ in made] == [
        ("B", "z"),
        ("B", "a"),
        ("A", "z"),
    ]
    assert made[0][1] == {
        "custom_id": "b.z.0001",
        "method": "POST",
        "url": "/v1/chat/completions",
        "body": {
            "model": "gpt-4o-mini",
            "temperature": 0.3,
            "max_tokens": 2000,
            "messages": [{"role": "user", "content": "one"}],
        },
    }


def test_a_section_may_come_twice_and_blank_prompts_are_counted(tmp_path: Path) -> None:
    sets = [
        {"section": "A", "research_prompts": {"x": "one", "y": "  "}},
        {"section": "B", "research_prompts": {"x": "two"}},
        {"section": "A", "research_prompts": {"x": "three"}},
    ]
    path = tmp_path / "prompts.json"
    path.write_text(json.dumps({"batch_prompts": {"prompt_sets": sets}}))
    found, requests = survey(open_prompts(path), RequestOptions())
    assert len({request.custom_id for request in requests}) == 3
    assert found.kind is FileKind.VISUAL_PROMPTS
    assert (found.prompts, found.blank) == (3, 1)
    assert {name: sum(types.values()) for name, types in found.sections.items()} == {"A": 2, "B": 1}


def test_other_peoples_keys_never_reach_a_request(tmp_path: Path) -> None:
    secret = "not for the service"
    sets = [
        {
            "section": "A",
            "visual_options": [secret],
            "research_prompts": {"x": "one"},
            "expected_outputs": {"x": secret},
        }
    ]
    whole = {"method": secret, "body": secret, "batch_prompts": {"prompt_sets": sets, "n": secret}}
    ((request, _),) = read(tmp_path, json.dumps(whole).encode())
    assert secret.encode() not in request.line


def test_a_line_separator_in_a_prompt_stays_in_its_one_line(tmp_path: Path) -> None:
    prompt = "before\u2028after\u2029\x85 and\nbelow"
    ((request, line),) = read(tmp_path, visual({"A": {"x": prompt}}))
    assert line["body"]["messages"][0]["content"] == prompt
    assert b"\n" not in request.line


def test_names_of_any_script_and_length_are_kept_and_give_short_readable_ids(
    tmp_path: Path,
) -> None:
    names = ["Über Gärten", "花园手册", "🌻", "a" * 5_000, "A/B\\C: “quoted”", "x_y_z"]
    made = read(tmp_path, visual({name: {name: "text"} for name in names}))
    assert [request.section for request, _ in made] == names
    ids = [request.custom_id for request, _ in made]
    assert ids[0] == "uber-garten.uber-garten.0001"
    assert ids[1] == "0002"  # nothing of it can be spelt in Latin letters
    assert ids[4] == "a-b-c-quoted.a-b-c-quoted.0005"
    assert all(len(own_id) <= 64 for own_id in ids)


@given(
    st.lists(
        st.tuples(st.text(min_size=1), st.text(min_size=1)), min_size=2, max_size=30, unique=False
    )
)
def test_custom_ids_are_unique_and_readable_whatever_the_names(
    names: list[tuple[str, str]],
) -> None:
    made = [custom_id(*pair, number) for number, pair in enumerate(names, start=1)]
    assert len(set(made)) == len(made)
    assert all(len(own_id) <= 64 and _WORDS.fullmatch(own_id) for own_id in made)


def test_the_last_of_a_million_requests_still_has_a_short_id() -> None:
    assert len(custom_id("s" * 100, "t" * 100, 999_999)) == 64


@pytest.mark.parametrize(
    ("model", "reasons"),
    [
        ("o1", True),
        ("o1-2024-12-17", True),
        ("o3-mini", True),
        ("o4-mini", True),
        ("gpt-5", True),
        ("gpt-5-mini", True),
        ("gpt-5-2025-08-07", True),
        ("gpt-5.4", True),
        ("gpt-6-luna", True),
        ("gpt-12", True),
        ("ft:o3-mini:acme::abc123", True),
        ("ft:gpt-5-mini:acme::abc123", True),
        ("gpt-4o", False),
        ("gpt-4o-mini", False),
        ("gpt-4.1", False),
        ("gpt-4-turbo", False),
        ("gpt-3.5-turbo", False),
        ("gpt-5-chat-latest", False),
        ("ft:gpt-4o-mini:acme::gpt-5", False),
        ("text-embedding-3-small", False),
        ("llama-o3", False),
        ("openhermes", False),
    ],
)
def test_only_reasoning_models_get_other_parameters(model: str, reasons: bool) -> None:
    assert is_reasoning(model) is reasons
    options = RequestOptions(model=model, temperature=0.5, max_tokens=70)
    made = body("Why?", options)
    assert ("temperature" in made) is not reasons
    assert made.get("max_completion_tokens") == (70 if reasons else None)
    assert made.get("max_tokens") == (None if reasons else 70)
    assert len(adjustments(options)) == (2 if reasons else 0)


def test_a_system_text_goes_before_the_prompt(tmp_path: Path) -> None:
    ((_, line),) = read(tmp_path, visual({"A": {"x": "Why?"}}), RequestOptions(system="Be kind."))
    assert line["body"]["messages"] == [
        {"role": "system", "content": "Be kind."},
        {"role": "user", "content": "Why?"},
    ]


def test_requests_for_responses_have_an_input_and_instructions() -> None:
    options = RequestOptions(endpoint=RESPONSES, system="Be kind.", max_tokens=9)
    assert body("Why?", options) == {
        "model": "gpt-4o-mini",
        "temperature": 0.3,
        "max_output_tokens": 9,
        "instructions": "Be kind.",
        "input": "Why?",
    }
    assert body("Why?", RequestOptions(model="o3", endpoint=RESPONSES, max_tokens=None)) == {
        "model": "o3",
        "input": "Why?",
    }


def test_requests_for_embeddings_hold_nothing_but_the_text(tmp_path: Path) -> None:
    options = RequestOptions(model="text-embedding-3-small", endpoint=EMBEDDINGS)
    ((request, line),) = read(tmp_path, visual({"A": {"x": "Why?"}}), options)
    assert line["url"] == EMBEDDINGS
    assert line["body"] == {"model": "text-embedding-3-small", "input": "Why?"}
    assert request.max_output_tokens == 0
    assert adjustments(options) == []


def test_parameters_that_are_not_wanted_are_left_out() -> None:
    options = RequestOptions(temperature=None, max_tokens=None)
    assert set(body("Why?", options)) == {"model", "messages"}


def test_the_survey_says_what_the_model_will_get_instead(tmp_path: Path) -> None:
    path = tmp_path / "prompts.json"
    path.write_bytes(visual())
    found, _ = survey(open_prompts(path), RequestOptions(model="o3-mini"))
    assert found.notes == [
        "o3-mini takes no temperature: left out.",
        "o3-mini takes max_completion_tokens instead of max_tokens.",
    ]


def test_the_survey_counts_tokens_and_the_output_at_its_limit(tmp_path: Path) -> None:
    path = tmp_path / "prompts.json"
    path.write_bytes(visual({"A": {"x": "Which soil?", "y": "花" * 400}}))
    options = RequestOptions(max_tokens=50, model="nobodys-model")
    found, requests = survey(open_prompts(path), options)
    lines = [request.line for request in requests]
    assert found.tokens == estimate("Which soil?") + estimate("花" * 400) + 2 * 7
    assert found.output_limit == 100
    assert found.size_bytes == sum(len(line) + 1 for line in lines)
    assert [sample.text for sample in found.samples] == ["Which soil?", "花" * 400]
    unlimited, requests = survey(open_prompts(path), RequestOptions(max_tokens=None))
    assert len(list(requests)) == 2
    assert unlimited.output_limit is None


@pytest.mark.skipif(not SHARED.is_dir(), reason="the real files are not on this machine")
def test_the_teams_own_file_reads_as_nine_prompts_in_three_sections() -> None:
    path = SHARED / "visual_batch_prompts_20250526_171050.json"
    found, requests = survey(open_prompts(path), RequestOptions())
    made = list(requests)
    assert (found.prompts, found.blank, found.problem_count) == (9, 0, 0)
    assert {name: len(types) for name, types in found.sections.items()} == {
        "Development Budget Components": 3,
        "Six Phases of Development Life Cycle": 3,
        "DHCS Compliance Requirements": 3,
    }
    assert all(request.endpoint == CHAT for request in made)
    others = (b"shadcn_ui_integration", b"expected_outputs", b"processing_workflow")
    assert not any(key in request.line for key in others for request in made)
