"""A text made up for a request: where its chance comes from, and where it is cut."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from wellspring_tui.local import models
from wellspring_tui.local.tokens import CHARACTERS_PER_TOKEN, texts, tokens

if TYPE_CHECKING:
    from random import Random

    from wellspring_tui.local.wire import JsonObject

_REASONING_STEP_TOKENS = 64
"""OpenAI counts reasoning tokens in multiples of 64."""


class Written:
    """One text written for a request, cut where the caller's token limit cuts it."""

    def __init__(self, text: str, *, model: str, limit: object, random: Random) -> None:
        thinking = random.randint(1, 8) * _REASONING_STEP_TOKENS if models.reasons(model) else 0
        room = limit if isinstance(limit, int) else None
        self.reasoning_tokens = thinking if room is None else min(thinking, room)
        visible = None if room is None else room - self.reasoning_tokens
        self.is_cut = visible is not None and tokens(text) > visible
        self.text = text[: (visible or 0) * CHARACTERS_PER_TOKEN] if self.is_cut else text
        self.output_tokens = self.reasoning_tokens + tokens(self.text)


def seed_of(endpoint: str, body: JsonObject) -> bytes:
    """The same for the same request, and for no other."""
    # The standard library's encoder: msgspec's refuses integers of more than 64 bits.
    canonical = json.dumps(body, sort_keys=True)
    return hashlib.blake2b(
        canonical.encode(), digest_size=16, person=endpoint[-16:].encode()
    ).digest()


def last_prompt(messages: object) -> str:
    """What the user said last; what anybody said last when the user said nothing."""
    said = [
        (message.get("role") == "user", " ".join(texts(message.get("content"))))
        for message in (messages if isinstance(messages, list) else ())
    ]
    return next((text for by_user, text in reversed(said) if by_user), said[-1][1] if said else "")
