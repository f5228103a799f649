"""How many tokens a text is, about.

Four characters of English are one token, give or take a fifth; a CJK character
is about 0.7 of one. The estimate is for a look before sending; afterwards the
service's own usage counts.
"""

from __future__ import annotations

PER_MESSAGE = 4
PER_REQUEST = 3


def estimate(text: str) -> int:
    """Tokens of `text`, estimated; 0 for none."""
    if text.isascii():
        return -(-len(text) // 4)
    # A CJK character takes three bytes, two more than a letter: half the surplus counts them.
    wide = (len(text.encode("utf-8", "replace")) - len(text)) // 2
    return -(-(len(text) - wide) // 4) + int(wide * 0.7)


def estimate_json(raw: bytes) -> int:
    """Tokens of the texts in a piece of JSON, estimated from its bytes; 0 for none."""
    return -(-len(raw) // 4)
