"""Whatever a user names by mistake: one clear sentence, and nothing is sent."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.files import GARDEN, answer, encoded, expired, jsonl, request, visual
from wellspring_tui.errors import ExitCode, PromptsFileError
from wellspring_tui.prompts.checking import Survey, survey
from wellspring_tui.prompts.model import FileKind, Problem, RequestOptions
from wellspring_tui.prompts.opening import looks_like_prompts, open_prompts


def _by_sentence(value: object) -> str:
    """Short names for the cases of a test."""
    return value[:50] if isinstance(value, str) else ""


_LISTS = b'{"batch_prompts": {"prompt_sets": %s}}'


def checked(path: Path) -> Survey:
    """Everything that is in a prompts file."""
    found, requests = survey(open_prompts(path), RequestOptions())
    for _ in requests:
        pass
    return found


def refused(path: Path) -> str:
    """The sentence that refuses a prompts file, checked to be one and to name the file."""
    with pytest.raises(PromptsFileError) as caught:
        checked(path).raise_if_unsendable()
    sentence = str(caught.value)
    assert str(path) in sentence
    assert "\n" not in sentence
    assert caught.value.exit_code is ExitCode.INPUT
    return sentence


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "the file is empty"),
        (b" \n\t\r\n", "the file is empty"),
        (b"Dear all, here are my prompts", "this is not JSON: it starts with “Dear all"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR", "this is a binary file"),
        (visual().decode().encode("utf-32"), "the file is UTF-32"),
        (visual().decode().encode("utf-32-le"), "the file is not UTF-8 text"),
        (b'{"prompts": {}, "title": ""}', "batch_prompts is missing (keys found: prompts, title)"),
        (b'{"prompts": {}, "title": ""}', "{section: {type: prompt}}; “title” holds text."),
        (b"{}", "batch_prompts is missing (keys found: none)"),
        (b'{"batch_prompts": []}', "prompt_sets is missing or not a list"),
        (b'{"batch_prompts": {"prompt_set": []}}', "prompt_sets is missing or not a list"),
        (_LISTS % b'{"section": "A"}', "prompt_sets is missing or not a list"),
        (_LISTS % b'"A"', "prompt_sets is missing or not a list"),
        (_LISTS % b"[]", "prompt_sets is empty"),
        (visual({"A": {}}), "there are no prompts in it"),
        (visual({"A": {"x": " ", "y": "\n"}}), "there are no prompts in it: all 2 are blank"),
        (_LISTS % b'["A"]', "prompt_sets[0]: expected an object, found text"),
        (_LISTS % b'[{"section": "A"}]', "[0].research_prompts: expected an object of prompts"),
        (
            _LISTS % b'[{"section": "A", "research_prompts": ["x"]}]',
            "research_prompts: expected an object of prompts, found a list",
        ),
        (_LISTS % b'[{"research_prompts": {}}]', "[0].section: the section needs a name"),
        (visual({" ": {"x": "y"}}), "[0].section: the section needs a name, found no name"),
        (
            _LISTS % b'[{"section": 7, "research_prompts": {}}]',
            "[0].section: the section needs a name, found a number",
        ),
        (visual({"A": {" ": "x"}}), "the prompt type needs a name"),
    ],
    ids=_by_sentence,
)
def test_a_file_that_cannot_be_sent_is_refused_in_one_sentence(
    tmp_path: Path, content: bytes, said: str
) -> None:
    path = tmp_path / "prompts.json"
    path.write_bytes(content)
    assert said in refused(path)


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (None, "null"),
        (True, "true or false"),
        (12, "a number"),
        (1.5, "a number"),
        (["x"], "a list"),
        ({"text": "x"}, "an object"),
    ],
)
def test_a_prompt_that_is_not_text_is_named_by_its_key(
    tmp_path: Path, value: object, found: str
) -> None:
    path = tmp_path / "prompts.json"
    path.write_bytes(visual({"A": {"good": "x", "bad": value}}))
    sentence = refused(path)
    assert "batch_prompts.prompt_sets[0].research_prompts.bad" in sentence
    assert f"the prompt must be text, found {found}" in sentence


def test_a_prompt_type_that_is_there_twice_is_named(tmp_path: Path) -> None:
    path = tmp_path / "prompts.json"
    path.write_bytes(
        _LISTS % b'[{"section": "A", "research_prompts": {"facts": "one", "facts": "two"}}]'
    )
    assert "research_prompts.facts: this prompt type is there twice" in refused(path)


def test_of_many_problems_the_first_is_told_and_the_others_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "prompts.json"
    path.write_bytes(visual({"A": {"x": 1, "y": 2, "z": 3}}))
    assert "research_prompts.x" in refused(path)
    assert "(and 2 more problems)" in refused(path)
    assert len(checked(path).problems) == 3


def test_a_million_problems_are_counted_but_not_kept(tmp_path: Path) -> None:
    path = tmp_path / "prompts.json"
    path.write_bytes(visual({"A": {f"prompt {number}": number for number in range(1_200)}}))
    found = checked(path)
    assert found.problem_count == 1_200
    assert len(found.problems) == 1_000


def test_problems_are_counted_by_kind_however_many_there_are(tmp_path: Path) -> None:
    path = tmp_path / "requests.jsonl"
    twice = [request("a"), request("b")] * 1_500
    path.write_bytes(jsonl([*twice, b"oops", request("c", model=""), request("d", stream=True)]))
    found = checked(path)
    assert found.problem_kinds.most_common(1) == [
        ("custom_id: the custom_id “…” is already on line …", 2_998)
    ]
    assert set(found.problem_kinds) > {
        "the line is not valid JSON",
        "body.model: the request needs a model",
        "body.stream: a batch can't stream",
    }
    assert found.problem_kinds.total() == found.problem_count == 3_001


def test_kinds_of_problems_are_bounded_and_none_is_lost() -> None:
    found = Survey(Path("any.jsonl"), FileKind.REQUESTS)
    for number in range(200):
        found.add_problem(Problem(f"trouble {number % 100}", line=number))
    assert len(found.problem_kinds) == 51
    assert found.problem_kinds["…"] == 100
    assert found.problem_kinds.total() == found.problem_count == 200


def test_truncated_json_is_refused_with_its_line_and_column(tmp_path: Path) -> None:
    path = tmp_path / "prompts.json"
    path.write_bytes(visual()[:-4])
    lines = path.read_bytes().split(b"\n")
    assert f"(line {len(lines)}, column {len(lines[-1]) + 1})" in refused(path)


def test_a_file_that_only_mentions_utf_8_is_not_taken_for_another_encoding(tmp_path: Path) -> None:
    path = tmp_path / "prompts.json"
    path.write_bytes(b'{"batch_prompts": {"prompt_sets": [{"section": "On UTF-8" oops')
    assert "this is not valid JSON" in refused(path)


def test_json_after_the_end_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "prompts.json"
    path.write_bytes(visual() + visual())
    assert "this is not valid JSON: Extra data" in refused(path)


def test_bytes_that_are_no_utf_8_are_refused_with_their_line(tmp_path: Path) -> None:
    path = tmp_path / "prompts.json"
    content = visual().replace(b"Which soil?", b"Which so\xefl?")
    path.write_bytes(content)
    line = content[: content.index(b"\xef")].count(b"\n") + 1
    assert f"the file is not UTF-8 text (line {line})" in refused(path)


# -- ready-made requests -----------------------------------------------------------


def without(key: str) -> bytes:
    """A request that lacks a key."""
    line = json.loads(request("a"))
    holder, _, name = key.rpartition(".")
    del (line[holder] if holder else line)[name]
    return json.dumps(line).encode()


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (without("custom_id"), "line 2, custom_id: the request needs a custom_id"),
        (without("method"), "line 2, method: the method must be POST"),
        (without("url"), "line 2, url: the request needs a url"),
        (without("body"), "line 2, body: the request needs a body"),
        (without("body.model"), "line 2, body.model: the request needs a model"),
        (without("body.messages"), "line 2, body.messages: a chat request needs messages"),
        (request("a", messages=None), "line 2, body.messages: a chat request needs messages"),
        (request("a", messages=[]), "line 2, body.messages: a chat request needs messages"),
        (request("a", stream=True), "line 2, body.stream: a batch can't stream"),
        (request("a").replace(b"POST", b"GET"), "line 2, method: the method must be POST"),
        (request("a", "/v1/responses"), "line 2, url: the url differs from the file's first"),
        (b'{"custom_id": 7}', "line 2, custom_id: expected text, found a whole number"),
        (b'{"custom_id": "a", "body": []}', "line 2, body: expected an object, found a list"),
        (b'["a"]', "line 2: expected an object, found a list"),
        (request("a")[:-2], "line 2: the line is not valid JSON"),
        (request("a").replace(b"About", b"Ab\xffut"), "line 2: the line is not valid UTF-8"),
        (
            request("a").replace(b"[{", b"[" * 50_000 + b"{"),
            "line 2: the line is nested too deeply",
        ),
    ],
    ids=_by_sentence,
)
def test_a_bad_request_is_refused_with_its_line_and_key(
    tmp_path: Path, line: bytes, said: str
) -> None:
    path = tmp_path / "requests.jsonl"
    path.write_bytes(jsonl([request("first"), line, request("last")]))
    assert said in refused(path)
    assert checked(path).problem_count == 1
    assert checked(path).prompts == 2


def test_an_output_file_is_told_from_requests_and_what_to_do_with_it(tmp_path: Path) -> None:
    path = tmp_path / "batch_output.jsonl"
    for line in (answer("a"), expired("b")):
        path.write_bytes(encoded(line))
        assert "this is an output file of a batch" in refused(path)
        assert "`wellspring import batch_output.jsonl` reads it as a job" in refused(path)
        assert not looks_like_prompts(path)
    path.write_bytes(jsonl([request("a", response=None)]))
    assert looks_like_prompts(path)


def test_a_bad_first_line_is_still_seen_as_a_request(tmp_path: Path) -> None:
    path = tmp_path / "requests.jsonl"
    path.write_bytes(jsonl([request("first")[:-1], request("last")]))
    assert "line 1: the line is not valid JSON" in refused(path)


def test_a_custom_id_that_comes_twice_is_named_with_both_lines(tmp_path: Path) -> None:
    path = tmp_path / "requests.jsonl"
    path.write_bytes(jsonl([request("a"), b"", request("b"), request("a")]))
    assert "line 4, custom_id: the custom_id “a” is already on line 1" in refused(path)


@pytest.mark.parametrize("url", ["/v1/responses", "/v1/embeddings"])
def test_a_request_without_an_input_is_refused(tmp_path: Path, url: str) -> None:
    path = tmp_path / "requests.jsonl"
    path.write_bytes(jsonl([request("a", url, input=None)]))
    assert "line 1, body.input: the request needs an input" in refused(path)


def test_a_line_too_long_to_be_a_request_ends_the_reading(tmp_path: Path) -> None:
    path = tmp_path / "requests.jsonl"
    with path.open("wb") as file:
        file.write(request("a") + b"\n" + request("b")[:-1])
        file.write(b" " * (65 * 2**20))
    assert "line 2: the line is longer than 64 MiB" in refused(path)


# -- what is no file at all ----------------------------------------------------------


def test_a_folder_a_missing_file_and_a_pipe_are_refused(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert "this is a folder" in refused(tmp_path)
    assert "there is no such file" in refused(tmp_path / "nowhere.json")
    assert "this is not an ordinary file" in refused(pipe)


def test_a_name_that_no_file_can_have_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PromptsFileError, match="it can't be read"):
        open_prompts(tmp_path / "nul\x00.json")
    with pytest.raises(PromptsFileError, match="it can't be read"):
        open_prompts(tmp_path / ("n" * 300))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "prompts.json"
    path.write_bytes(visual())
    path.chmod(0)
    assert "you have no permission to read it" in refused(path)


_LIMITED = """
import resource, sys
from pathlib import Path
resource.setrlimit(resource.RLIMIT_AS, (600 * 2**20, 600 * 2**20))
from wellspring_tui.errors import PromptsFileError
from wellspring_tui.prompts.checking import survey
from wellspring_tui.prompts.model import RequestOptions
from wellspring_tui.prompts.opening import open_prompts
try:
    found, requests = survey(open_prompts(Path(sys.argv[1])), RequestOptions())
    sum(1 for _ in requests)
    found.raise_if_unsendable()
except PromptsFileError as error:
    print(error)
"""


@pytest.mark.skipif(not hasattr(resource, "RLIMIT_AS"), reason="this system has no such limit")
@pytest.mark.parametrize("start", [b"", b"{", b'{"a": "x"' + b" " * 70_000], ids=len)
def test_a_huge_disk_image_is_turned_away_in_little_memory(tmp_path: Path, start: bytes) -> None:
    path = tmp_path / "disk.img"
    with path.open("wb") as file:
        file.write(start)
        file.truncate(3 * 2**30)
    command = [sys.executable, "-c", _LIMITED, str(path)]
    said = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)
    assert said.stdout.startswith(str(path))
    assert "not" in said.stdout


@pytest.mark.skipif(not hasattr(resource, "RLIMIT_AS"), reason="this system has no such limit")
@pytest.mark.parametrize(
    "shape",
    [
        b"%s",
        b'["fine", %s]',
        b'[{"prompt": "fine", "own": %s}]',
        b'{"a section": {"a type": %s}}',
        b'{"batch_prompts": %s}',
        b'{"batch_prompts": {"prompt_sets": [{"section": "a", "research_prompts": %s}]}}',
    ],
)
@pytest.mark.parametrize("opening", [b"[", b'{"a":'])
def test_json_nested_without_end_is_turned_away_in_little_memory(
    tmp_path: Path, shape: bytes, opening: bytes
) -> None:
    path = tmp_path / "prompts.json"
    path.write_bytes(shape % (opening * 100_000))
    command = [sys.executable, "-c", _LIMITED, str(path)]
    said = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)
    assert "its JSON is nested more than 100 levels deep" in said.stdout


def test_hostile_names_are_shown_without_control_sequences(tmp_path: Path) -> None:
    path = tmp_path / "prompts.json"
    path.write_bytes(b'{"\\u001b]52;c;ZXZpbA==\\u0007key": 1}')
    assert "\x1b" not in refused(path)
    assert "ZXZpbA" not in refused(path)


def test_the_sample_of_these_tests_is_itself_fine(tmp_path: Path) -> None:
    path = tmp_path / "prompts.json"
    path.write_bytes(visual())
    assert checked(path).prompts == sum(len(prompts) for prompts in GARDEN.values())
