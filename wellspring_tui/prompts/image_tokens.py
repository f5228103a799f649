"""How many tokens an image is, about, for the model that is asked.

The rules are those of OpenAI's guide to images and vision, for the detail that it takes
when none is named. Models of which it says nothing are counted like GPT-4o.
"""

from __future__ import annotations

import math
import re
from functools import lru_cache

_USUAL_PIXELS = 1024
"""Of either side, where nobody knows: an image behind a URL is not fetched."""

_NAME = r"(?:ft:)?"
_BY_TILES = (
    (re.compile(_NAME + "gpt-4o-mini"), 2_833, 5_667),
    (re.compile(_NAME + r"gpt-5(?:\.1)?(?:-chat-latest|-\d{4}.*)?$"), 70, 140),
    (re.compile(r"o[13](?!-mini)"), 75, 150),
)
"""Tokens for the whole and for each square of 512 pixels."""
_GPT_4O = 85, 170
_SQUARE_PIXELS, _SHORT_SIDE_PIXELS, _LONG_SIDE_PIXELS = 512, 768, 2048

_BY_PATCHES = (
    (re.compile(_NAME + r"gpt-(?:4\.1|5(?:\.\d+)?)-mini"), 1.62, 1_536),
    (re.compile(_NAME + r"gpt-(?:4\.1|5(?:\.\d+)?)-nano"), 2.46, 1_536),
    (re.compile("o4-mini"), 1.72, 1_536),
    (re.compile(_NAME + r"gpt-(?:5\.[2-9]|[6-9])"), 1.2, 2_500),
)
"""Tokens for each patch of 32 pixels, and how many patches there may be."""
_PATCH_PIXELS = 32


@lru_cache(maxsize=1024)
def image_tokens(model: str, width: int = 0, height: int = 0) -> int:
    """Tokens of an image of so many pixels, estimated; of a usual one where they are 0."""
    if not width or not height:
        width = height = _USUAL_PIXELS
    for name, per_patch, most in _BY_PATCHES:
        if name.match(model):
            return math.ceil(min(_pieces(width, height, _PATCH_PIXELS), most) * per_patch)
    whole, each = next((rest for name, *rest in _BY_TILES if name.match(model)), _GPT_4O)
    scale = min(1.0, _LONG_SIDE_PIXELS / max(width, height))
    scale = min(scale, _SHORT_SIDE_PIXELS / min(width, height))
    return whole + each * _pieces(width * scale, height * scale, _SQUARE_PIXELS)


def _pieces(width: float, height: float, size: int) -> int:
    # What scaling left behind the point is not a piece more.
    return math.ceil(round(width / size, 6)) * math.ceil(round(height / size, 6))
