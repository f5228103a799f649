"""A number of tokens is called exact only where the service is sure to count the same."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.files import EMBEDDINGS, RESPONSES, jsonl, request, visual
from tests.support.pictures import png
from wellspring_tui.prompts.checking import Survey, survey
from wellspring_tui.prompts.model import AnswerSchema, RequestOptions
from wellspring_tui.prompts.opening import open_prompts

if TYPE_CHECKING:
    from pathlib import Path

ASKED = {"role": "user", "content": "What grows in the shade?"}
PICTURE = {"type": "image_url", "image_url": {"url": "https://example.org/moss.png"}}
TEXT = {"type": "text", "text": "What is it?"}
EMBEDDER = "text-embedding-3-small"


def _read(path: Path, content: bytes, **options: Any) -> Survey:
    path.write_bytes(content)
    found, requests = survey(open_prompts(path), RequestOptions(**options))
    for _ in requests:
        pass
    assert not found.problems
    return found


@pytest.mark.parametrize(
    ("line", "tokens"),
    [
        (request("a", messages=[ASKED]), 6 + 4 + 3),
        (request("a", messages=[ASKED], temperature=0.3, max_tokens=50, seed=1), 6 + 4 + 3),
        (request("a", messages=[{**ASKED, "name": None}], tools=None), 6 + 4 + 3),
        (request("a", messages=[ASKED, {"role": "assistant", "content": "Moss."}, ASKED]), 30),
        (request("a", model="gpt-4o-2024-08-06", messages=[ASKED]), 6 + 4 + 3),
        (request("a", model="ft:gpt-4o-mini-2024-07-18:us::1", messages=[ASKED]), 6 + 4 + 3),
        (request("a", model="gpt-4-0613", messages=[ASKED]), 6 + 4 + 3),
        (request("a", EMBEDDINGS, EMBEDDER, input="What grows in the shade?"), 6),
        (request("a", EMBEDDINGS, EMBEDDER, input=["What grows in the shade?"] * 2), 12),
        (request("a", EMBEDDINGS, EMBEDDER, input=[[1, 2, 3], [4]], dimensions=256), 4),
    ],
)
def test_plain_requests_of_known_models_are_exact(tmp_path: Path, line: bytes, tokens: int) -> None:
    found = _read(tmp_path / "requests.jsonl", jsonl([line]))
    assert (found.tokens, found.tokens_exact) == (tokens, True)


@pytest.mark.parametrize(
    "line",
    [
        request("a", messages=[{"role": "user", "content": [TEXT, PICTURE]}]),
        request("a", messages=[{"role": "user", "content": [TEXT]}]),
        request("a", messages=[{**ASKED, "name": "Ada"}]),
        request("a", messages=[{"role": "developer", "content": "Be brief."}, ASKED]),
        request("a", messages=[{"role": "assistant", "tool_calls": []}, ASKED]),
        request("a", tools=[{"type": "function", "function": {"name": "water"}}]),
        request("a", functions=[{"name": "water"}]),
        request("a", response_format={"type": "json_object"}),
        request("a", a_parameter_of_next_year=True),
        request("a", model="o3"),
        request("a", model="gpt-5-mini"),
        request("a", model="gpt-4o-audio-preview"),
        request("a", model="nobodys-model"),
        request("a", RESPONSES),
        request("a", EMBEDDINGS, "nobodys-model"),
        request("a", messages=[{"role": "user", "content": "<|endoftext|>"}]),
        request("a", temperature="?").replace(b'"?"', b"1e999"),
    ],
)
def test_what_a_service_may_count_otherwise_is_not(tmp_path: Path, line: bytes) -> None:
    found = _read(tmp_path / "requests.jsonl", jsonl([line]))
    assert found.tokens > 0
    assert (found.tokens_exact, found.estimated) == (False, 1)


def test_one_estimated_request_makes_the_whole_an_estimate(tmp_path: Path) -> None:
    lines = [request(str(number)) for number in range(9)]
    assert _read(tmp_path / "a.jsonl", jsonl(lines)).tokens_exact
    found = _read(tmp_path / "b.jsonl", jsonl([*lines, request("x", tools=[])]))
    assert (found.prompts, found.estimated, found.tokens_exact) == (10, 1, False)


SCHEMA = AnswerSchema("moss", '{"type": "object"}')


@pytest.mark.parametrize(
    ("options", "exact"),
    [
        ({}, True),
        ({"system": "Be brief.", "temperature": None, "max_tokens": None}, True),
        ({"system": "Never say <|endoftext|>."}, False),
        ({"schema": SCHEMA}, False),
        ({"model": "o3-mini"}, False),
        ({"model": "nobodys-model"}, False),
        ({"endpoint": RESPONSES}, False),
        ({"endpoint": EMBEDDINGS}, False),
        ({"endpoint": EMBEDDINGS, "model": EMBEDDER}, True),
    ],
)
def test_prompts_are_as_exact_as_what_is_put_around_them(
    tmp_path: Path, options: dict[str, Any], exact: bool
) -> None:
    found = _read(tmp_path / "prompts.json", visual(), **options)
    assert (found.prompts, found.tokens_exact) == (4, exact)


def test_prompts_and_the_requests_made_of_them_have_the_same_tokens(tmp_path: Path) -> None:
    prompts = tmp_path / "prompts.json"
    for options in ({}, {"system": "Be brief."}, {"endpoint": EMBEDDINGS, "model": EMBEDDER}):
        made = _read(prompts, visual(), **options)
        _, requests = survey(open_prompts(prompts), RequestOptions(**options))  # type: ignore[arg-type]
        ready = _read(tmp_path / "made.jsonl", jsonl(request.line for request in requests))
        assert made.tokens_exact
        assert ready.tokens_exact
        assert made.tokens == ready.tokens


def test_messages_are_exact_when_they_are_plain_and_pictures_never(tmp_path: Path) -> None:
    plain = _read(tmp_path / "plain.json", json.dumps([{"messages": [ASKED]}]).encode())
    assert (plain.tokens, plain.tokens_exact) == (13, True)
    named = [{"messages": [{**ASKED, "name": "Ada"}]}]
    assert not _read(tmp_path / "named.json", json.dumps(named).encode()).tokens_exact
    (tmp_path / "moss.png").write_bytes(png(8, 8))
    pictured = [{"prompt": "What is it?", "images": ["moss.png"]}]
    assert not _read(tmp_path / "pictured.json", json.dumps(pictured).encode()).tokens_exact


def test_a_file_without_prompts_claims_nothing(tmp_path: Path) -> None:
    assert not _read(tmp_path / "empty.json", visual({"A": {"x": " "}})).tokens_exact
