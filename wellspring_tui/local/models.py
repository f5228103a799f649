"""What the service knows about model names."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from wellspring_tui.local.wire import (
    CHAT,
    COMPLETIONS,
    EDITS,
    EMBEDDINGS,
    IMAGES,
    MODERATIONS,
    RESPONSES,
    VIDEOS,
)

DEFAULT_MODERATOR = "omni-moderation-latest"
"""Who moderates when the request names no model."""

_SNAPSHOTS = {
    "gpt-3.5-turbo": "gpt-3.5-turbo-0125",
    "gpt-4-turbo": "gpt-4-turbo-2024-04-09",
    "gpt-4o": "gpt-4o-2024-08-06",
    "gpt-4o-mini": "gpt-4o-mini-2024-07-18",
    "gpt-4.1": "gpt-4.1-2025-04-14",
    "gpt-4.1-mini": "gpt-4.1-mini-2025-04-14",
    "gpt-4.1-nano": "gpt-4.1-nano-2025-04-14",
    "gpt-5": "gpt-5-2025-08-07",
    "gpt-5-mini": "gpt-5-mini-2025-08-07",
    "gpt-5-nano": "gpt-5-nano-2025-08-07",
    "o1": "o1-2024-12-17",
    "o3": "o3-2025-04-16",
    "o3-mini": "o3-mini-2025-01-31",
    "o4-mini": "o4-mini-2025-04-16",
}
_UNDATED_RELEASES = {
    "gpt-3.5-turbo": "2024-01-25",
    "text-embedding-3-small": "2024-01-25",
    "text-embedding-3-large": "2024-01-25",
    "text-embedding-ada-002": "2022-12-15",
}
_EMBEDDING_SIZES = {"text-embedding-3-large": 3072}
_DEFAULT_EMBEDDING_SIZE = 1536

_DATE = re.compile(r"\d{4}-\d\d-\d\d$")
_REASONING = re.compile(r"(o[134]|gpt-[5-9])(?![a-z0-9])")
_KINDS: tuple[tuple[re.Pattern[str], frozenset[str]], ...] = (
    (re.compile(r"(whisper|tts|dall-e)-"), frozenset()),
    (re.compile(r"sora-"), frozenset({VIDEOS})),
    (re.compile(r"gpt-.*(realtime|audio|transcribe|tts)"), frozenset()),
    (re.compile(r"gpt-image-"), frozenset({IMAGES, EDITS})),
    (re.compile(r"text-embedding-"), frozenset({EMBEDDINGS})),
    (re.compile(r"(omni|text)-moderation-"), frozenset({MODERATIONS})),
    (re.compile(r"gpt-3\.5-turbo-instruct|(davinci|babbage)-002"), frozenset({COMPLETIONS})),
    (re.compile(r"gpt-|chatgpt-|o[134](?![a-z0-9])"), frozenset({CHAT, RESPONSES})),
)
"""Where the models of a kind can be asked in batches; the first pattern that fits counts."""


def _released_at(name: str) -> int:
    date = _DATE.search(_SNAPSHOTS.get(name, ""))
    day = date[0] if date else _UNDATED_RELEASES[name]
    return int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp())


LISTED = tuple(dict.fromkeys((*_SNAPSHOTS, *_UNDATED_RELEASES)))
RELEASED_AT = {name: _released_at(name) for name in LISTED}


def snapshot(model: str) -> str:
    """The dated name OpenAI answers with; a name nobody knows stays as it is."""
    return _SNAPSHOTS.get(model, model)


def reasons(model: str) -> bool:
    """Whether the model thinks before it answers, and so refuses sampling parameters."""
    return bool(_REASONING.match(model)) and "-chat" not in model


def embedding_size(model: str) -> int:
    return _EMBEDDING_SIZES.get(model, _DEFAULT_EMBEDDING_SIZE)


def size_is_free(model: str) -> bool:
    """Whether `dimensions` may be asked for; OpenAI's guide: text-embedding-3 and later."""
    return model != "text-embedding-ada-002"


def fits(model: str, endpoint: str) -> bool:
    """False for a model known to be of another kind than the endpoint."""
    endpoints = next((endpoints for name, endpoints in _KINDS if name.match(model)), None)
    return endpoints is None or endpoint in endpoints
