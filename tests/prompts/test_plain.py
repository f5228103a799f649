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

from tests.support.files import EMBEDDINGS, RESPONSES, request, visual
from wellspring_tui.errors import PromptsFileError
from wellspring_tui.prompts.checking import Survey, survey
from wellspring_tui.prompts.model import (
    NO_SECTION,
    Blank,
    FileKind,
    Problem,
    Request,
    RequestOptions,
)
from wellspring_tui.prompts.opening import looks_like_prompts, open_prompts
from wellspring_tui.prompts.plain import asks_in

if TYPE_CHECKING:
    from pathlib import Path


def written(tmp_path: Path, content: object) -> Path:
    """A prompts file with this JSON in it, or with these bytes."""
    path = tmp_path / "prompts.json"
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return path


def read(tmp_path: Path, content: object, **options: Any) -> list[Request]:
    """The requests of a file in which all is well."""
    file = open_prompts(written(tmp_path, content))
    assert file.kind is FileKind.PLAIN_PROMPTS
    items = [item for item in file.read(RequestOptions(**options)) if not isinstance(item, Blank)]
    assert all(isinstance(item, Request) for item in items), items
    return [item for item in items if isinstance(item, Request)]


def problems(tmp_path: Path, content: object, **options: Any) -> list[str]:
    """What is wrong with a file, in its sentences."""
    items = open_prompts(written(tmp_path, content)).read(RequestOptions(**options))
    return [str(item) for item in items if isinstance(item, Problem)]


def bodies(requests: list[Request]) -> list[dict[str, Any]]:
    """What the lines ask, decoded."""
    return [json.loads(request.line)["body"] for request in requests]


def named(requests: list[Request]) -> list[tuple[str, str, str]]:
    """custom_id, section and prompt type of each."""
    return [(item.custom_id, item.section, item.prompt_type) for item in requests]


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


# -- a list of objects -------------------------------------------------------------


def test_an_object_says_where_its_answer_is_filed_and_may_bring_its_id(tmp_path: Path) -> None:
    made = read(
        tmp_path,
        [
            {"prompt": "a", "section": "The Ground", "type": "facts"},
            {"prompt": "b", "section": "The Ground"},
            {"prompt": "c", "type": "facts"},
            {"prompt": "d", "custom_id": "row/17 ü"},
            {"prompt": "e", "section": "S", "type": "t", "custom_id": "mine"},
            {"prompt": "f", "section": None, "type": "", "custom_id": None},
            "g",
        ],
    )
    assert named(made) == [
        ("the-ground.facts.0001", "The Ground", "facts"),
        ("the-ground.prompt.0002", "The Ground", "prompt 2"),
        ("facts.0003", NO_SECTION, "facts"),
        ("row/17 ü", NO_SECTION, "row/17 ü"),
        ("mine", "S", "t"),
        ("prompt.0006", NO_SECTION, "prompt 6"),
        ("prompt.0007", NO_SECTION, "prompt 7"),
    ]


def test_other_peoples_keys_never_reach_a_request(tmp_path: Path) -> None:
    secret = "not for the service"
    (made,) = read(tmp_path, [{"prompt": "a", "model": secret, "body": {"n": secret}, "x": secret}])
    assert secret.encode() not in made.line


def test_messages_are_sent_as_they_are(tmp_path: Path) -> None:
    messages = [
        {"role": "user", "name": "Ann", "content": [{"type": "text", "text": "Why? "}]},
        {"role": "assistant", "content": None, "tool_calls": [{"id": "t", "n": 123456789012345}]},
        {"role": "tool", "content": "0.10", "weight": 1.5},
    ]
    raw = json.dumps([{"messages": messages}]).replace("1.5", "1.50").encode()
    (made,) = read(tmp_path, raw)
    assert bodies([made])[0]["messages"] == messages
    assert b'"weight":1.50' in made.line


def test_the_options_system_message_goes_before_messages_that_have_none(tmp_path: Path) -> None:
    asked = {"role": "user", "content": "Why?"}
    own = [{"role": role, "content": "Be short."} for role in ("system", "developer")]
    content = [{"messages": [asked]}, *({"messages": [asked, one]} for one in own)]
    first, *others = bodies(read(tmp_path, content, system="Be kind."))
    assert first["messages"] == [{"role": "system", "content": "Be kind."}, asked]
    assert [body["messages"] for body in others] == [[asked, one] for one in own]


def test_messages_cost_what_the_same_prompt_costs(tmp_path: Path) -> None:
    text = "What grows in the shade of an old wall? " * 20
    said = [{"role": "user", "content": text}]
    alone, as_messages = read(tmp_path, [text, {"messages": said}], system="Be kind.")
    assert as_messages.tokens == pytest.approx(alone.tokens, abs=2)
    own = [{"role": "system", "content": "Be kind."}, *said]
    (bringing,) = read(tmp_path, [{"messages": own}], system="Be kind. " * 500)
    assert bringing.tokens == pytest.approx(alone.tokens, abs=2)


def test_messages_are_put_into_the_shape_of_responses(tmp_path: Path) -> None:
    link = "https://example.org/a.png"
    content = [
        {
            "messages": [
                {
                    "role": "user",
                    "content": [
                        {"type": "text", "text": "What is it?"},
                        {"type": "image_url", "image_url": {"url": link, "detail": "low"}},
                        {"type": "input_text", "text": "And this?"},
                    ],
                },
                {"role": "assistant", "content": [{"type": "text", "text": "A wall."}]},
                {"role": "user", "content": "Sure?", "name": None},
            ]
        },
        {"messages": [{"role": "system", "content": "Be short."}]},
    ]
    first, second = bodies(read(tmp_path, content, endpoint=RESPONSES, system="Be kind."))
    assert first["input"] == [
        {
            "role": "user",
            "content": [
                {"type": "input_text", "text": "What is it?"},
                {"type": "input_image", "image_url": link, "detail": "low"},
                {"type": "input_text", "text": "And this?"},
            ],
        },
        {"role": "assistant", "content": [{"type": "output_text", "text": "A wall."}]},
        {"role": "user", "content": "Sure?"},
    ]
    assert (first["instructions"], first["max_output_tokens"]) == ("Be kind.", 2000)
    assert "messages" not in first
    assert "instructions" not in second


@pytest.mark.parametrize(
    ("item", "endpoint", "said"),
    [
        (
            {"messages": [{"role": "user", "content": "a"}, {"role": "tool", "content": "b"}]},
            RESPONSES,
            "[0].messages[1]: /v1/responses takes it only if it is made of texts and images",
        ),
        (
            {"messages": [{"role": "user", "content": [{"type": "input_audio"}]}]},
            RESPONSES,
            "[0].messages[0]: /v1/responses takes it only if it is made of texts and images",
        ),
        (
            {"messages": [{"role": "assistant", "content": "a", "tool_calls": [{}]}]},
            RESPONSES,
            "[0].messages[0]: /v1/responses takes it only if it is made of texts and images",
        ),
        (
            {"messages": [{"role": "user", "content": "a"}]},
            EMBEDDINGS,
            "[0].messages: /v1/embeddings takes a prompt, no messages",
        ),
        (
            {"prompt": "a", "image": "https://example.org/a.png"},
            EMBEDDINGS,
            "[0]: /v1/embeddings takes no images",
        ),
    ],
)
def test_what_an_endpoint_cannot_be_asked_is_refused(
    tmp_path: Path, item: object, endpoint: str, said: str
) -> None:
    assert problems(tmp_path, [item], endpoint=endpoint) == [said]


def test_prompts_can_be_embedded(tmp_path: Path) -> None:
    made = read(tmp_path, ["a", {"prompt": "b"}], endpoint=EMBEDDINGS, model="ada", system="no")
    assert bodies(made) == [{"model": "ada", "input": "a"}, {"model": "ada", "input": "b"}]


@pytest.mark.parametrize(
    ("item", "said"),
    [
        (7, "[1]: expected text or an object with a prompt, found a number"),
        (None, "[1]: expected text or an object with a prompt, found null"),
        (["a"], "[1]: expected text or an object with a prompt, found a list"),
        ({}, "[1]: expected a prompt or messages (keys found: none)"),
        (
            {"text": "a", "id": 1},
            "[1]: expected a prompt or messages (keys found: text, id)",
        ),
        (
            json.loads(request("a")),
            "[1]: expected a prompt or messages; ready-made requests stand one a line, in JSONL",
        ),
        ({"prompt": 7}, "[1].prompt: the prompt must be text, found a number"),
        ({"prompt": ["a"]}, "[1].prompt: the prompt must be text, found a list"),
        (
            {"prompt": "a", "messages": [{"role": "user"}]},
            "[1]: expected a prompt or messages, found both",
        ),
        ({"messages": "a"}, "[1].messages: expected a list of messages, found text"),
        ({"messages": []}, "[1].messages: expected a list of messages, found an empty one"),
        ({"messages": ["a"]}, "[1].messages[0]: expected an object, found text"),
        (
            {"messages": [{"role": "user", "content": "a"}, {"content": "b"}]},
            "[1].messages[1].role: a message needs a role, found none",
        ),
        (
            {"messages": [{"role": 7}]},
            "[1].messages[0].role: a message needs a role, found a number",
        ),
        ({"prompt": "a", "section": 7}, "[1].section: expected text, found a number"),
        ({"prompt": "a", "type": []}, "[1].type: expected text, found a list"),
        ({"prompt": "a", "custom_id": 7}, "[1].custom_id: expected text, found a number"),
        (
            {"prompt": "a", "custom_id": "x" * 65},
            "[1].custom_id: a custom_id has at most 64 characters, this one 65",
        ),
        (
            {"prompt": "a", "custom_id": "first"},
            "[1].custom_id: the custom_id “first” is already that of “[0]”",
        ),
    ],
)
def test_what_cannot_be_sent_is_named_by_its_key(tmp_path: Path, item: object, said: str) -> None:
    content = [{"prompt": "good", "custom_id": "first"}, item, "good"]
    assert problems(tmp_path, content) == [said]


def test_an_id_of_64_characters_is_kept(tmp_path: Path) -> None:
    own_id = "ü" * 64
    assert read(tmp_path, [{"prompt": "a", "custom_id": own_id}])[0].custom_id == own_id


def test_an_id_that_looks_like_one_of_ours_is_not_given_twice(tmp_path: Path) -> None:
    content = [{"prompt": "a", "custom_id": "prompt.0002"}, "b"]
    assert problems(tmp_path, content) == [
        "[1].custom_id: the custom_id “prompt.0002” is already that of “[0]”"
    ]


def test_a_key_that_is_there_twice_is_named(tmp_path: Path) -> None:
    content = b'[{"prompt": "one", "prompt": "two", "x": 1, "x": 2}]'
    assert problems(tmp_path, content) == ["[0].prompt: this key is there twice"]


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
