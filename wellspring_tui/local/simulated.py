"""Answers made up on the spot, always the same for the same request.

They look like the real ones down to the usage, pass the strict checks of the openai
package, and say plainly that they are simulated.
"""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode
from random import Random
from statistics import NormalDist
from struct import pack
from typing import TYPE_CHECKING

import msgspec

from wellspring_tui.local import models, other_endpoints, prose, refusals, structured, wire
from wellspring_tui.local.answerer import Answer
from wellspring_tui.local.tokens import embedding_inputs, prompt_tokens
from wellspring_tui.local.wire import (
    CHAT,
    COMPLETIONS,
    EDITS,
    EMBEDDINGS,
    IMAGES,
    MODERATIONS,
    RESPONSES,
    VIDEOS,
    ApiError,
)
from wellspring_tui.local.written import Written, last_prompt, seed_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wellspring_tui.local.answerer import Question
    from wellspring_tui.local.wire import JsonObject

_BELL = NormalDist()
_NORMALS = tuple(_BELL.inv_cdf((byte + 0.5) / 256) for byte in range(256))


class Simulated:
    """The answerer that asks no model."""

    at_once = 32
    trouble: ApiError | None = None
    """Never any."""
    under_way = 0

    def __init__(self) -> None:
        self._endpoints = {
            CHAT: _chat,
            RESPONSES: _response,
            EMBEDDINGS: _embeddings,
            COMPLETIONS: other_endpoints.completion,
            MODERATIONS: other_endpoints.moderation,
            IMAGES: other_endpoints.pictures,
            EDITS: other_endpoints.edited_pictures,
            VIDEOS: other_endpoints.video,
        }

    async def answer(self, question: Question) -> Answer:
        """Answer at once; parameters that a model would refuse are refused."""
        body = msgspec.json.decode(question.body)
        try:
            return Answer(200, self._endpoints[question.endpoint](body))
        except ApiError as error:
            return Answer(error.status_code, error.body)

    def dismiss(self, batch_id: str) -> None:
        """Nothing is ever waiting: answers come at once."""

    async def models(self) -> list[JsonObject]:
        """The names that get a dated snapshot; any other name is answered as well."""
        return [
            {
                "id": name,
                "object": "model",
                "created": models.RELEASED_AT[name],
                "owned_by": "wellspring-simulated",
            }
            for name in models.LISTED
        ]

    def full_name(self, model: str) -> str:
        """The dated name, as OpenAI answers with."""
        return models.snapshot(model)

    def knows_misfit(self, model: str, endpoint: str) -> bool:
        """Whether OpenAI's model of that name can't be asked at the endpoint."""
        return not models.fits(model, endpoint)

    async def close(self) -> None:
        """Nothing is held."""


def _chat(body: JsonObject) -> JsonObject:
    refusals.check_chat(body)
    model, wanted, count = str(body["model"]), body.get("response_format"), body.get("n")
    seed = seed_of(CHAT, body)
    random = Random(seed)
    about = prose.subject(last_prompt(body["messages"]))
    limit = body.get("max_completion_tokens") or body.get("max_tokens")
    written = []
    for _ in range(count if isinstance(count, int) else 1):
        text = structured.json_text(wanted, about, random) or prose.answer(about, random)
        written.append(Written(text, model=model, limit=limit, random=random))
    input_tokens = prompt_tokens(CHAT, body)
    output_tokens = sum(one.output_tokens for one in written)
    return {
        "id": f"chatcmpl-{seed.hex()[:29]}",
        "object": "chat.completion",
        "created": wire.now(),
        "model": models.snapshot(model),
        "choices": [_choice(index, one) for index, one in enumerate(written)],
        "usage": {
            "prompt_tokens": input_tokens,
            "completion_tokens": output_tokens,
            "total_tokens": input_tokens + output_tokens,
            "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
            "completion_tokens_details": {
                "reasoning_tokens": sum(one.reasoning_tokens for one in written),
                "audio_tokens": 0,
                "accepted_prediction_tokens": 0,
                "rejected_prediction_tokens": 0,
            },
        },
        "service_tier": "default",
        "system_fingerprint": "fp_wellspring",
    }


def _choice(index: int, written: Written) -> JsonObject:
    return {
        "index": index,
        "message": {
            "role": "assistant",
            "content": written.text,
            "refusal": None,
            "annotations": [],
        },
        "logprobs": None,
        "finish_reason": "length" if written.is_cut else "stop",
    }


def _response(body: JsonObject) -> JsonObject:
    refusals.check_responses(body)
    model, given, limit = str(body["model"]), body["input"], body.get("max_output_tokens")
    settings = body.get("text")
    wanted = settings.get("format") if isinstance(settings, dict) else None
    seed = seed_of(RESPONSES, body)
    random = Random(seed)
    about = prose.subject(given if isinstance(given, str) else last_prompt(given))
    text = structured.json_text(wanted, about, random) or prose.answer(about, random)
    written = Written(text, model=model, limit=limit, random=random)
    instructions = body.get("instructions")
    input_tokens = prompt_tokens(RESPONSES, body)
    status = "incomplete" if written.is_cut else "completed"
    now = wire.now()
    reasons = models.reasons(model)
    return {
        "id": f"resp_{seed.hex()}",
        "object": "response",
        "created_at": now,
        "status": status,
        "background": False,
        "completed_at": None if written.is_cut else now,
        "error": None,
        "incomplete_details": {"reason": "max_output_tokens"} if written.is_cut else None,
        "instructions": instructions if isinstance(instructions, str) else None,
        "max_output_tokens": limit,
        "model": models.snapshot(model),
        "output": list(_items(seed.hex(), written, status, reasons=reasons)),
        "parallel_tool_calls": True,
        "previous_response_id": None,
        "reasoning": {"effort": "medium" if reasons else None, "summary": None},
        "service_tier": "default",
        "store": False,
        "temperature": 1.0 if body.get("temperature") is None else body["temperature"],
        "text": {"format": {"type": "text"}},
        "tool_choice": "auto",
        "tools": [],
        "top_p": 1.0 if body.get("top_p") is None else body["top_p"],
        "truncation": "disabled",
        "usage": {
            "input_tokens": input_tokens,
            "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
            "output_tokens": written.output_tokens,
            "output_tokens_details": {"reasoning_tokens": written.reasoning_tokens},
            "total_tokens": input_tokens + written.output_tokens,
        },
        "user": None,
        "metadata": {},
    }


def _items(name: str, written: Written, status: str, *, reasons: bool) -> Iterator[JsonObject]:
    if reasons:
        yield {"id": f"rs_{name}", "type": "reasoning", "summary": []}
    if not written.text:
        return  # the limit was used up by reasoning: a response without a message
    yield {
        "id": f"msg_{name}",
        "type": "message",
        "status": status,
        "role": "assistant",
        "content": [
            {"type": "output_text", "text": written.text, "annotations": [], "logprobs": []}
        ],
    }


def _embeddings(body: JsonObject) -> JsonObject:
    refusals.check_embeddings(body)
    model, given, wanted = str(body["model"]), body["input"], body.get("dimensions")
    size = wanted if isinstance(wanted, int) else models.embedding_size(model)
    as_base64 = body.get("encoding_format") == "base64"
    used = prompt_tokens(EMBEDDINGS, body)
    return {
        "object": "list",
        "data": [
            {
                "object": "embedding",
                "index": index,
                "embedding": _encoded(vector) if as_base64 else vector,
            }
            for index, vector in enumerate(
                _vector(model, one, size) for one in embedding_inputs(given)
            )
        ],
        "model": model,
        "usage": {"prompt_tokens": used, "total_tokens": used},
    }


def _vector(model: str, text: object, size: int) -> list[float]:
    """A unit vector that only this model and text have."""
    drawn = hashlib.shake_256(json.dumps([model, text]).encode()).digest(size)
    length = sum([_NORMALS[byte] ** 2 for byte in drawn]) ** 0.5
    # At most 256 different numbers: rounding those beats rounding thousands of entries.
    entries = [round(normal / length, 8) for normal in _NORMALS]
    return [entries[byte] for byte in drawn]


def _encoded(vector: list[float]) -> str:
    return b64encode(pack(f"<{len(vector)}f", *vector)).decode()
