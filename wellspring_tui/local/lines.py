"""The requests of a validated input file, as they are read while it is answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator
    from pathlib import Path

_SHUFFLED_LINES = 256
"""Answers come in another order than the requests, as they do on OpenAI's service."""
_SHUFFLED_BYTES = 8_000_000


class _Request(msgspec.Struct):
    custom_id: str
    body: msgspec.Raw


@dataclass(frozen=True, slots=True)
class Line:
    """One request; `number` counts the lines of the file from 1."""

    number: int
    custom_id: str
    body: bytes


def lines(path: Path) -> Iterator[Line]:
    """The requests in the order of the file."""
    decoder = msgspec.json.Decoder(_Request)
    with path.open("rb") as file:
        for number, raw in enumerate(file, start=1):
            if raw.strip():
                request = decoder.decode(raw)
                yield Line(number, request.custom_id, bytes(request.body))


def shuffled(path: Path, order: random.Random) -> Iterator[Line]:
    """The requests in another order, as far as that takes little memory."""
    rest = lines(path)
    while window := _window(rest):
        order.shuffle(window)
        yield from window


def _window(rest: Iterator[Line]) -> list[Line]:
    window = []
    size_bytes = 0
    for line in rest:
        window.append(line)
        size_bytes += len(line.body)
        if len(window) == _SHUFFLED_LINES or size_bytes >= _SHUFFLED_BYTES:
            break
    return window
