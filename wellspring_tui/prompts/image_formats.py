"""Which kind of image some bytes are, and how large it is, out of its first bytes.

The name of a file may say anything; services go by the content, as this does.
"""

from __future__ import annotations

from typing import NamedTuple

_PNG, _JPEG, _GIFS = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", (b"GIF87a", b"GIF89a")
_JPEG_BARE = frozenset({0x01, *range(0xD0, 0xD9)})
"""Markers that nothing belongs to."""
_JPEG_SIZES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""Markers of what tells width and height."""


class Format(NamedTuple):
    """A kind of image that services read."""

    media_type: str
    width: int
    """In pixels; 0 where the image does not tell."""
    height: int


def format_of(raw: bytes) -> Format | None:
    """The format of an image; None for one that OpenAI does not take, or for no image.

    It takes PNG, JPEG, WebP and GIF (OpenAI's guide to images and vision).
    """
    if raw.startswith(_PNG):
        return Format("image/png", _number(raw[16:20]), _number(raw[20:24]))
    if raw.startswith(_JPEG):
        return Format("image/jpeg", *_jpeg_size(raw))
    if raw.startswith(_GIFS):
        return Format("image/gif", _little(raw[6:8]), _little(raw[8:10]))
    if raw[:4] == b"RIFF" and raw[8:12] == b"WEBP":
        return Format("image/webp", *_webp_size(raw))
    return None


def _jpeg_size(raw: bytes) -> tuple[int, int]:
    at = 2
    while at + 9 <= len(raw) and raw[at] == 0xFF:
        marker = raw[at + 1]
        if marker in _JPEG_SIZES:
            return _number(raw[at + 7 : at + 9]), _number(raw[at + 5 : at + 7])
        if marker == 0xFF:  # padding
            at += 1
        elif marker in _JPEG_BARE:
            at += 2
        else:
            at += 2 + _number(raw[at + 2 : at + 4])
    return 0, 0


def _webp_size(raw: bytes) -> tuple[int, int]:
    match raw[12:16]:
        case b"VP8X":
            return _little(raw[24:27]) + 1, _little(raw[27:30]) + 1
        case b"VP8L":
            both = _little(raw[21:25])
            return (both & 0x3FFF) + 1, (both >> 14 & 0x3FFF) + 1
        case b"VP8 ":
            return _little(raw[26:28]) & 0x3FFF, _little(raw[28:30]) & 0x3FFF
    return 0, 0


def _number(raw: bytes) -> int:
    return int.from_bytes(raw, "big")


def _little(raw: bytes) -> int:
    return int.from_bytes(raw, "little")
