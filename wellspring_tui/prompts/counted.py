"""Which requests are exactly as many tokens as their texts, with so many around each message.

A chat of plain messages is, for the models of which OpenAI says so ("How to count tokens
with tiktoken", in its cookbook), and so are the usage figures of real batches; texts to
embed are nothing but their texts. Everything else is counted by each service in its own way:
images, tools, formats of answers, what a reasoning model is told besides.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from wellspring_tui.prompts.model import CHAT, EMBEDDINGS
from wellspring_tui.prompts.vocabulary import base_model

if TYPE_CHECKING:
    from collections.abc import Mapping

_CHAT_MODELS = re.compile(r"(?:gpt-4o(?:-mini)?|gpt-4|gpt-3\.5-turbo)(?:-\d{4}(?:-\d\d-\d\d)?)?")
_EMBEDDING_MODELS = re.compile(r"text-embedding-(?:3-small|3-large|ada-002)")
_CHAT_ROLES = ("system", "user", "assistant")

# Whatever says how it is to be answered, and adds nothing to what is asked.
_BESIDE_CHAT = {
    *("model", "messages", "stream", "temperature", "top_p", "n", "seed", "stop", "user", "store"),
    *("max_tokens", "max_completion_tokens", "presence_penalty", "frequency_penalty"),
    *("logprobs", "top_logprobs", "logit_bias", "metadata", "service_tier"),
    *("safety_identifier", "prompt_cache_key"),
}
_BESIDE_EMBEDDINGS = {"model", "input", "dimensions", "encoding_format", "user"}


def is_its_texts(endpoint: str, body: Mapping[str, Any]) -> bool:
    """Whether the tokens of a request follow from its texts; False when in doubt."""
    match body:
        case {"model": str(model), "messages": list(messages)} if endpoint == CHAT:
            known = _CHAT_MODELS.fullmatch(base_model(model)) is not None
            return known and _keys(body) <= _BESIDE_CHAT and all(map(_is_plain, messages))
        case {"model": str(model), "input": str() | list()} if endpoint == EMBEDDINGS:
            known = _EMBEDDING_MODELS.fullmatch(model) is not None
            return known and _keys(body) <= _BESIDE_EMBEDDINGS
    return False


def _is_plain(message: object) -> bool:
    match message:
        case {"role": str(role), "content": str(), **others}:
            return role in _CHAT_ROLES and not _keys(others)
    return False


def _keys(of: Mapping[Any, Any]) -> set[Any]:
    """Those that say something."""
    return {key for key, value in of.items() if value is not None}
