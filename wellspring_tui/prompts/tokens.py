"""How many tokens a text is: counted where the model's vocabulary is at hand, else about.

For the estimate words, letters, digits and scripts are counted and weighed. The weights are
fitted to what the vocabulary o200k_base makes of prompts, answers, manuals, code and JSON:
off by some 5 % on English prompts and on code, by up to 25 % on other languages. Either is
for a look before sending; afterwards the service's own usage counts.
"""

from __future__ import annotations

import string
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import msgspec

from wellspring_tui.prompts.image_tokens import image_tokens
from wellspring_tui.prompts.vocabulary import counter

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wellspring_tui.prompts.vocabulary import Counter

OfText: TypeAlias = Callable[[str], int]
"""Tokens of a text, by whatever way."""

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

_COUNTED_CHARACTERS = 1_000_000
"""So many of a file are all counted, which takes a tenth of a second; of the rest some are."""
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


def estimate_json(raw: bytes, per_image: int = _PER_IMAGE, of_text: OfText = estimate) -> int:
    """Tokens of the texts in a piece of JSON, such as `messages` or `input`; 0 for none.

    What stands around the texts counts as much as a service makes of it, not as it is written.
    """
    try:
        return estimate_value(msgspec.json.decode(raw), per_image, of_text) if raw else 0
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return of_text(raw.decode("utf-8", "replace"))


def estimate_value(value: object, per_image: int = _PER_IMAGE, of_text: OfText = estimate) -> int:
    """The same of a piece of JSON that is decoded already."""
    match value:
        case str():
            return of_text(value)
        case dict():
            return _of_object(value, per_image, of_text)
        case list() if value and all(isinstance(item, int) for item in value):
            return len(value)  # tokens already, in a request for embeddings
        case list():
            return sum(estimate_value(item, per_image, of_text) for item in value)
        case _:
            return 0


def _of_object(value: dict[str, object], per_image: int, of_text: OfText) -> int:
    match value:
        case {"content": content}:
            said = estimate_value(content, per_image, of_text)
            return PER_MESSAGE + said + estimate_value(value.get("tool_calls"), per_image, of_text)
        case {"text": str(text)}:
            return of_text(text)
        case {"image_url": _}:
            return per_image
        case _:
            return of_text(msgspec.json.encode(value).decode())


class Measured(NamedTuple):
    """Tokens, and how they were found."""

    tokens: int
    counted: bool
    """Whether each text was counted by the model's vocabulary."""


class _Gauge:
    """Counts texts, or else estimates them, and remembers whether it had to."""

    def __init__(self, count: Counter | None) -> None:
        self._count = count
        self.counted = True

    def __call__(self, text: str) -> int:
        found = None if self._count is None else self._count(text)
        if found is None:
            self.counted = False
            return estimate(text)
        return found


def measure(text: str, model: str) -> Measured:
    """Tokens of one text for a model."""
    gauge = _Gauge(counter(model))
    return Measured(gauge(text), gauge.counted)


class Meter:
    """Measures the texts of one file, one after the other, in hardly any time.

    Where the model's vocabulary is at hand, texts are counted, else estimated. Of a file all
    are counted up to a million characters. Further on, and of estimated ones, the first are
    looked at, then some of them, and every one of an unusual length; of the others the length
    tells. The sum of many is as good as if all had been looked at.
    """

    def __init__(self, *, counts: bool = True) -> None:
        self._counts = counts
        self._countable = _COUNTED_CHARACTERS
        self._seen = 0
        self._next_turn = 1
        self._turns = self._turn_size = 0
        self._least = self._most = 0.0
        """Between these a length is usual."""
        self._size = self._tokens = 0
        """Of the usual texts that were looked at."""
        self._rate = 0.0

    def text(self, text: str, model: str) -> Measured:
        """Tokens of a prompt for a model."""
        return self._measured(len(text), model, lambda of_text: of_text(text))

    def json(self, pieces: Iterable[bytes], model: str) -> Measured:
        """Tokens of the texts in pieces of one request's JSON, and of its images."""
        given = [piece for piece in pieces if piece]
        return self._measured(
            sum(map(len, given)),
            model,
            lambda of_text: sum(
                estimate_json(piece, image_tokens(model), of_text) for piece in given
            ),
        )

    def value(self, value: object, size: int, model: str) -> Measured:
        """The same of what is decoded already, and was written in `size` bytes."""
        return self._measured(
            size, model, lambda of_text: estimate_value(value, image_tokens(model), of_text)
        )

    def _measured(self, size: int, model: str, look: Callable[[OfText], int]) -> Measured:
        self._seen += 1
        count = counter(model) if self._counts else None
        of_all = count is not None and size <= self._countable
        if not of_all and self._seen < self._next_turn and self._least < size < self._most:
            return Measured(round(size * self._rate), counted=False)
        self._countable -= size
        gauge = _Gauge(count)
        tokens = look(gauge)
        self._note(size, tokens)
        return Measured(tokens, gauge.counted)

    def _note(self, size: int, tokens: int) -> None:
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
