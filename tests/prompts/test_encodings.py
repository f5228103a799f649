"""Prompts files as editors and spreadsheets on any system save them."""

from __future__ import annotations

import codecs
import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.files import jsonl, request, visual
from wellspring_tui.errors import PromptsFileError
from wellspring_tui.prompts.encodings import open_utf8
from wellspring_tui.prompts.model import FileKind, Problem, Request, RequestOptions
from wellspring_tui.prompts.opening import looks_like_prompts, open_prompts

if TYPE_CHECKING:
    from pathlib import Path

ENCODINGS = {
    "utf-8-sig": codecs.BOM_UTF8,
    "utf-16-le": codecs.BOM_UTF16_LE,
    "utf-16-be": codecs.BOM_UTF16_BE,
    "utf-16-le without mark": b"",
    "utf-16-be without mark": b"",
}
KINDS = {
    FileKind.VISUAL_PROMPTS: visual({"Über 花园": {"🌻": "Which soil? " * 20_000, "b": "“Why”?"}}),
    FileKind.PLAIN_PROMPTS: json.dumps(["Ü" * 70_000, "🌻\u2028"], ensure_ascii=False).encode(),
    FileKind.REQUESTS: jsonl(
        [request("ü", user="花园" * 9_000), request("b").replace(b"About", "Über 🌻".encode())]
    ),
    FileKind.ROWS: ("place;text\nNürnberg;“花园”\n" + "Gate;🌻 soil\n" * 9_000).encode(),
}
TEMPLATES = {FileKind.ROWS: "About {place}: {text}"}


def saved(path: Path, content: bytes, encoding: str) -> Path:
    """A file with this text in another encoding."""
    codec = encoding.split(maxsplit=1)[0].removesuffix("-sig")
    path.write_bytes(ENCODINGS[encoding] + content.decode().encode(codec))
    return path


def lines(path: Path, template: str | None = None) -> list[bytes]:
    """The requests that become of a file."""
    items = list(open_prompts(path).read(RequestOptions(template=template)))
    assert all(isinstance(item, Request) for item in items), items
    return [item.line for item in items if isinstance(item, Request)]


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_file_of_every_kind_gives_the_same_requests_in_every_encoding(
    tmp_path: Path, kind: FileKind, encoding: str
) -> None:
    plain = tmp_path / "plain"
    plain.write_bytes(KINDS[kind])
    other = saved(tmp_path / "other", KINDS[kind], encoding)
    assert open_prompts(other).kind is open_prompts(plain).kind is kind
    template = TEMPLATES.get(kind)
    assert lines(other, template) == lines(plain, template)
    assert looks_like_prompts(other)


def test_the_lines_of_ready_made_requests_are_the_same_text_in_utf_8(tmp_path: Path) -> None:
    spaced = request("ü").decode().replace("About", "Ü\u2028ber 🌻 \\u00e9").encode() + b" \r"
    path = saved(tmp_path / "requests.jsonl", jsonl([spaced, request("b")]), "utf-16-le")
    assert lines(path) == [spaced.rstrip(b"\r"), request("b")]


@given(st.text(st.characters(exclude_categories=["Cs"])), st.sampled_from(sorted(ENCODINGS)))
def test_any_text_is_read_back_piece_by_piece(
    tmp_path_factory: pytest.TempPathFactory, text: str, encoding: str
) -> None:
    text = f"{{}}{text}".replace("\x00", "")
    path = saved(tmp_path_factory.mktemp("any") / "text", text.encode(), encoding)
    with open_utf8(path) as file:
        assert b"".join(iter(lambda: file.read(3), b"")) == text.encode()


@pytest.mark.parametrize(
    ("kind", "line"), [(FileKind.VISUAL_PROMPTS, 4), (FileKind.REQUESTS, 2)], ids=["json", "jsonl"]
)
@pytest.mark.parametrize(
    "broken",
    [b"\x00\xd8x\x00", b"\x00\xdc", b"\x00\xd8"],
    ids=["half a pair", "the other half", "two halves"],
)
def test_broken_utf_16_is_refused_with_its_line(
    tmp_path: Path, kind: FileKind, line: int, broken: bytes
) -> None:
    text = KINDS[kind].decode().encode("utf-16-le")
    at = [place for place in range(0, len(text), 2) if text[place : place + 2] == b"\n\x00"]
    cut = at[line - 2] + 2
    path = tmp_path / "prompts"
    path.write_bytes(codecs.BOM_UTF16_LE + text[:cut] + broken + text[cut:])
    with pytest.raises(PromptsFileError) as refused:
        list(open_prompts(path).read(RequestOptions()))
    assert str(refused.value) == (
        f"{path}: the file is not valid UTF-16 (line {line}). Save it as UTF-8 and try again."
    )
    assert not looks_like_prompts(path) or cut > 64 * 1024


def test_utf_16_that_ends_within_a_character_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "prompts.json"
    path.write_bytes('["a",\n"b"]'.encode("utf-16") + b"\n")
    with pytest.raises(PromptsFileError, match=r"not valid UTF-16 \(line 2\)"):
        list(open_prompts(path).read(RequestOptions()))


def test_broken_utf_8_in_plain_json_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "prompts.json"
    path.write_bytes(codecs.BOM_UTF8 + b"[\n" + b'"' + b"x" * 70_000 + b'",\n"\xff"]')
    with pytest.raises(PromptsFileError, match=r"not UTF-8 text \(line 3\)"):
        list(open_prompts(path).read(RequestOptions()))


def test_a_line_of_requests_that_is_broken_leaves_the_others(tmp_path: Path) -> None:
    path = tmp_path / "requests.jsonl"
    path.write_bytes(codecs.BOM_UTF8 + jsonl([request("a"), request("b") + b"\xff", request("c")]))
    items = list(open_prompts(path).read(RequestOptions()))
    assert [str(item) for item in items if isinstance(item, Problem)] == [
        "line 2: the line is not valid UTF-8"
    ]
    assert sum(isinstance(item, Request) for item in items) == 2
