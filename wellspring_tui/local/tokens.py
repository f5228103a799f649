"""About how many tokens a text is, and what a request asks with.

One estimate for two uses: the usage that answers report, and the queue that batches fill.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from wellspring_tui.local.wire import (
    COMPLETIONS,
    EDITS,
    EMBEDDINGS,
    IMAGES,
    MODERATIONS,
    RESPONSES,
    VIDEOS,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wellspring_tui.local.wire import JsonObject

CHARACTERS_PER_TOKEN = 5
"""English prompts and answers have four and a half to six, by o200k_base."""
_TOKENS_PER_PROMPT = 3
_TOKENS_PER_MESSAGE = 4
_TOKENS_PER_IMAGE = 85
_ASKED_WITH_TEXTS = {
    EMBEDDINGS: "input",
    COMPLETIONS: "prompt",
    MODERATIONS: "input",
    IMAGES: "prompt",
    EDITS: "prompt",
    VIDEOS: "prompt",
}
"""The parameter that holds one text or many, which are all of the prompt."""


def tokens(text: str) -> int:
    """About as many tokens as a tokenizer would count."""
    return -(-len(text) // CHARACTERS_PER_TOKEN)


def prompt_tokens(endpoint: str, body: JsonObject) -> int:
    """What a request asks with; a body that will be refused counts as far as it can be read."""
    if endpoint in _ASKED_WITH_TEXTS:
        return sum(map(_input_tokens, embedding_inputs(body.get(_ASKED_WITH_TEXTS[endpoint]))))
    if endpoint == RESPONSES:
        asked = _message_tokens(body.get("input")) + _message_tokens(body.get("instructions"))
        asked += _schema_tokens(body.get("text"))
    else:
        asked = _message_tokens(body.get("messages"))
        asked += _schema_tokens(body.get("response_format"))
    return asked + _TOKENS_PER_PROMPT


def embedding_inputs(given: object) -> list[object]:
    """The texts one request embeds; a list of numbers is one text, as tokens."""
    if not isinstance(given, list) or not given or isinstance(given[0], int):
        return [given]
    return given


def _input_tokens(one: object) -> int:
    if isinstance(one, str):
        return tokens(one)
    return len(one) if isinstance(one, list) else 0


def texts(content: object) -> Iterator[str]:
    """The texts in a message's content: a string, or parts of which some are text."""
    if isinstance(content, str):
        yield content
    elif isinstance(content, list):
        for part in content:
            text = part.get("text") if isinstance(part, dict) else None
            if isinstance(text, str):
                yield text


def _message_tokens(messages: object) -> int:
    if isinstance(messages, str):
        return tokens(messages)
    if not isinstance(messages, list):
        return 0
    return sum(
        _content_tokens(message.get("content")) for message in messages if isinstance(message, dict)
    )


def _schema_tokens(wanted: object) -> int:
    """A schema that the answer is asked to fit is part of what the model reads."""
    return tokens(json.dumps(wanted)) if wanted else 0


def _content_tokens(content: object) -> int:
    parts = content if isinstance(content, list) else ()
    images = sum(isinstance(part, dict) and "text" not in part for part in parts)
    text = sum(tokens(text) for text in texts(content))
    return _TOKENS_PER_MESSAGE + text + images * _TOKENS_PER_IMAGE
