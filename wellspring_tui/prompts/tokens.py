"""How many tokens a text is, about.

OpenAI's vocabularies are not at hand offline, so words, letters, digits and scripts are
counted and weighed. The weights are fitted to what the vocabulary o200k_base makes of
prompts, answers, manuals, code and JSON: off by some 5 % on English prompts and on code,
by up to 25 % on other languages. The estimate is for a look before sending; afterwards
the service's own usage counts.
"""

from __future__ import annotations

import string
from typing import TYPE_CHECKING

import msgspec

from wellspring_tui.prompts.image_tokens import image_tokens

if TYPE_CHECKING:
    from collections.abc import Iterable

PER_MESSAGE = 4
PER_REQUEST = 3
_PER_IMAGE = image_tokens("")

_PER_WORD = 0.77
_PER_LINE = 1.05
_PER_BYTE = (
    (string.ascii_letters.encode(), 0.057),
    (string.digits.encode(), 0.68),
    (string.punctuation.encode(), 0.66),
)
# Of every other character its first UTF-8 byte counts.
_PER_FIRST_BYTE = (
    (bytes(range(0xC2, 0xCE)), 1.8),  # accented Latin: such words are split more often
    (bytes(range(0xCE, 0xD5)), 0.2),  # Greek, Cyrillic
    (bytes(range(0xD5, 0xE2)), 0.28),  # Hebrew, Arabic, the scripts of India and Thailand
    (bytes(range(0xE2, 0xE3)), 1.2),  # typographic signs
    (bytes(range(0xE3, 0xEA)), 0.72),  # Chinese, Japanese
    (bytes(range(0xEA, 0xEE)), 0.5),  # Korean
    (bytes(range(0xEE, 0xF5)), 1.7),  # emoji
)

_MEASURED_FIRST = 100
_MEASURED_EVERY = 53
"""A prime: prompt types that take turns all get theirs."""
_UNUSUAL = 8


def estimate(text: str) -> int:
    """Tokens of `text`, estimated; 0 for none."""
    raw = text.encode("utf-8", "replace")
    found = _PER_WORD * len(raw.split()) + _PER_LINE * raw.count(b"\n")
    for some, weight in _PER_BYTE if text.isascii() else (*_PER_BYTE, *_PER_FIRST_BYTE):
        found += weight * (len(raw) - len(raw.translate(None, some)))
    return round(found) or int(bool(text))


def estimate_json(raw: bytes, per_image: int = _PER_IMAGE) -> int:
    """Tokens of the texts in a piece of JSON, such as `messages` or `input`; 0 for none.

    What stands around the texts counts as much as a service makes of it, not as it is written.
    """
    try:
        return estimate_value(msgspec.json.decode(raw), per_image) if raw else 0
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return estimate(raw.decode("utf-8", "replace"))


def estimate_value(value: object, per_image: int = _PER_IMAGE) -> int:
    """The same of a piece of JSON that is decoded already."""
    match value:
        case str():
            return estimate(value)
        case dict():
            return _of_object(value, per_image)
        case list() if value and all(isinstance(item, int) for item in value):
            return len(value)  # tokens already, in a request for embeddings
        case list():
            return sum(estimate_value(item, per_image) for item in value)
        case _:
            return 0


def _of_object(value: dict[str, object], per_image: int) -> int:
    match value:
        case {"content": content}:
            said = estimate_value(content, per_image)
            return PER_MESSAGE + said + estimate_value(value.get("tool_calls"), per_image)
        case {"text": str(text)}:
            return estimate(text)
        case {"image_url": _}:
            return per_image
        case _:
            return estimate(msgspec.json.encode(value).decode())


class Meter:
    """Estimates the texts of one file, one after the other, in hardly any time.

    The first texts are looked at, then some of them, and every one of an unusual length; of
    the others the length tells. The sum of many is as good as if all had been looked at.
    """

    def __init__(self) -> None:
        self._seen = 0
        self._next_turn = 1
        self._turns = self._turn_size = 0
        self._least = self._most = 0.0
        """Between these a length is usual."""
        self._size = self._tokens = 0
        """Of the usual texts that were looked at."""
        self._rate = 0.0

    def text(self, text: str) -> int:
        """Tokens of a prompt."""
        size = len(text)
        self._seen += 1
        if self._seen < self._next_turn and self._least < size < self._most:
            return round(size * self._rate)
        return self._noted(size, estimate(text))

    def json(self, pieces: Iterable[bytes], per_image: int = _PER_IMAGE) -> int:
        """Tokens of the texts in pieces of one request's JSON, and of its images."""
        given = [piece for piece in pieces if piece]
        size = sum(map(len, given))
        self._seen += 1
        if self._seen < self._next_turn and self._least < size < self._most:
            return round(size * self._rate)
        return self._noted(size, sum(estimate_json(piece, per_image) for piece in given))

    def _noted(self, size: int, tokens: int) -> int:
        if self._seen >= self._next_turn:
            self._next_turn += 1 if self._seen < _MEASURED_FIRST else _MEASURED_EVERY
            self._turns += 1
            self._turn_size += size
            mean = self._turn_size / self._turns
            self._least, self._most = mean / _UNUSUAL, mean * _UNUSUAL
        # The unusual are looked at one by one: they have no part in what is usual.
        if self._least < size < self._most:
            self._size += size
            self._tokens += tokens
            self._rate = self._tokens / self._size
        return tokens
