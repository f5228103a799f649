"""Plain JSON becomes requests, whichever of its three shapes it has."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.prompts.plain import bodies, named, problems, read, written
from tests.support.files import visual
from wellspring_tui.errors import PromptsFileError
from wellspring_tui.prompts.checking import Survey, survey
from wellspring_tui.prompts.model import NO_SECTION, FileKind, RequestOptions
from wellspring_tui.prompts.opening import looks_like_prompts, open_prompts
from wellspring_tui.prompts.plain import asks_in

if TYPE_CHECKING:
    from pathlib import Path


# -- a list of strings -------------------------------------------------------------


def test_a_list_of_strings_is_numbered_by_the_place_of_each(tmp_path: Path) -> None:
    made = read(tmp_path, ["Which soil?", "  ", "Draw “it”.\u2028Now."])
    assert named(made) == [
        ("prompt.0001", NO_SECTION, "prompt 1"),
        ("prompt.0003", NO_SECTION, "prompt 3"),
    ]
    assert bodies(made)[1] == {
        "model": "gpt-4o-mini",
        "temperature": 0.3,
        "max_tokens": 2000,
        "messages": [{"role": "user", "content": "Draw “it”.\u2028Now."}],
    }
    assert all(b"\n" not in item.line for item in made)


def test_blank_prompts_of_every_shape_are_counted(tmp_path: Path) -> None:
    for content in (
        ["a", " ", ""],
        [{"prompt": "a"}, {"prompt": ""}, {"prompt": " ", "custom_id": "x"}],
        {"A": {"x": "a", "y": " "}, "B": {"z": "\n"}},
    ):
        found, requests = survey(open_prompts(written(tmp_path, content)), RequestOptions())
        assert len(list(requests)) == 1
        assert (found.prompts, found.blank, found.problem_count) == (1, 2, 0)


# -- a mapping ---------------------------------------------------------------------


def test_a_mapping_goes_from_section_and_type_to_the_prompt(tmp_path: Path) -> None:
    made = read(tmp_path, {"The Ground": {"facts": "a", "map.s": "b"}, "Money": {"facts": "c"}})
    assert named(made) == [
        ("the-ground.facts.0001", "The Ground", "facts"),
        ("the-ground.map-s.0002", "The Ground", "map.s"),
        ("money.facts.0003", "Money", "facts"),
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'{"A": {"x": 7}}', "A.x: the prompt must be text, found a number"),
        (b'{"A": {"x": {"prompt": "y"}}}', "A.x: the prompt must be text, found an object"),
        (b'{"A": {"x": [["y"], {"z": 1}]}}', "A.x: the prompt must be text, found a list"),
        (b'{"A": {" ": "y"}}', "A. : the prompt type needs a name"),
        (b'{" ": {"x": "y"}}', " .x: the section needs a name, found no name"),
        (b'{"A": {"x": "y", "x": "z"}}', "A.x: this prompt type is there twice"),
        (b'{"A": {"x": "y"}, "A": {"x": "z"}}', "A.x: this prompt type is there twice"),
    ],
)
def test_what_is_no_prompt_in_a_mapping_is_named(tmp_path: Path, content: bytes, said: str) -> None:
    assert problems(tmp_path, content) == [said]


def test_a_mapping_of_anything_else_is_refused_in_one_sentence(tmp_path: Path) -> None:
    path = written(tmp_path, {"Ground": {"facts": "Which soil?"}, "version": 2})
    with pytest.raises(PromptsFileError) as refused:
        list(open_prompts(path).read(RequestOptions()))
    assert str(refused.value) == (
        f"{path}: the key batch_prompts is missing (keys found: Ground, version). "
        "Expected that, or {section: {type: prompt}}; “version” holds a number."
    )


def test_a_visual_prompts_file_stays_one_wherever_its_key_stands(tmp_path: Path) -> None:
    late = json.loads(visual())
    content = {"notes": {str(number): "x" * 500 for number in range(300)}, **late}
    path = written(tmp_path, content)
    assert path.stat().st_size > 128 * 1024
    assert open_prompts(path).kind is FileKind.VISUAL_PROMPTS
    assert open_prompts(written(tmp_path, {"a": 1, **late})).kind is FileKind.VISUAL_PROMPTS


# -- any of them ---------------------------------------------------------------------


@pytest.mark.parametrize("content", [b'["a", "b"', b'{"A": {"x": "y"}', b'["a"] ["b"]', b'["a",]'])
def test_broken_json_is_refused_with_its_line_and_column(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(PromptsFileError, match=r"this is not valid JSON: .* \(line 2, column"):
        list(open_prompts(written(tmp_path, b"\n" + content)).read(RequestOptions()))


@pytest.mark.parametrize(
    ("content", "likely"),
    [
        (["Which soil?"], True),
        ([{"prompt": "a"}], True),
        ([{"messages": []}], True),
        ({"A": {"x": "y"}}, True),
        (["x" * 1_000] * 200, True),
        ({"A": {str(number): "x" * 1_000 for number in range(200)}}, True),
        ([1, 2, 3], False),
        ([{"name": "x"}], False),
        ([], False),
        ([[]], False),
        ({"A": {"x": 7}}, False),
        ({"A": {}}, False),
        ({"name": "x", "files": ["y"]}, False),
        (b'["cut', False),
    ],
)
def test_a_list_of_files_knows_plain_prompts_from_other_json(
    tmp_path: Path, content: object, likely: bool
) -> None:
    assert looks_like_prompts(written(tmp_path, content)) is likely


_LIMITED = """
import resource, sys
from pathlib import Path
resource.setrlimit(resource.RLIMIT_AS, (128 * 2**20, 128 * 2**20))
from wellspring_tui.prompts.model import RequestOptions
from wellspring_tui.prompts.opening import open_prompts
options = RequestOptions(model="nobodys-model")  # whose vocabulary takes no room
print(sum(len(one.line) > 0 for one in open_prompts(Path(sys.argv[1])).read(options)))
"""


@pytest.mark.skipif(not hasattr(resource, "RLIMIT_AS"), reason="this system has no such limit")
@pytest.mark.parametrize(
    ("start", "each", "end"),
    [(b"[", b'"%d %s"', b"]"), (b'{"Only": {', b'"type %d": "%s"', b"}}")],
    ids=["list", "mapping"],
)
def test_a_large_file_is_read_in_little_memory(
    tmp_path: Path, start: bytes, each: bytes, end: bytes
) -> None:
    path = tmp_path / "large.json"
    with path.open("wb") as file:
        file.write(start + each % (0, b"x"))
        for number in range(1, 201):
            file.write(b",\n" + each % (number, b"x" * 2**20))
        file.write(end)
    command = [sys.executable, "-c", _LIMITED, str(path)]
    said = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)
    assert said.stdout == "201\n"


_NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)
_MESSAGES = st.fixed_dictionaries({"role": _NAMES, "content": _NAMES})
_PROMPTS = st.one_of(
    _NAMES,
    st.fixed_dictionaries({"prompt": _NAMES}, optional={"section": _NAMES, "type": _NAMES}),
    st.fixed_dictionaries(
        {
            "messages": st.lists(
                st.fixed_dictionaries({"role": _NAMES, "content": _NAMES}), min_size=1
            )
        }
    ),
)


@given(st.one_of(st.lists(_PROMPTS), st.dictionaries(_NAMES, st.dictionaries(_NAMES, _NAMES))))
def test_every_prompt_comes_out_once_and_the_stream_tells_what_the_whole_does(
    tmp_path_factory: pytest.TempPathFactory, data: Any
) -> None:
    path = written(tmp_path_factory.mktemp("any"), data)
    whole = list(asks_in(data))
    if isinstance(data, dict) and (not data or "batch_prompts" in data):
        return  # a visual prompts JSON, or an empty one
    found: Survey
    found, requests = survey(open_prompts(path), RequestOptions())
    ids = [item.custom_id for item in requests]
    entries = len(data) if isinstance(data, list) else sum(map(len, data.values()))
    assert len(set(ids)) == len(ids) == found.prompts
    assert all(0 < len(own_id) <= 64 for own_id in ids)
    assert found.prompts + found.blank + found.problem_count == entries == len(whole)
