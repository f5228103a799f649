"""Completions, moderations and pictures, made up."""

from __future__ import annotations

import zlib
from base64 import b64encode
from random import Random
from struct import pack
from typing import TYPE_CHECKING

from wellspring_tui.local import models, prose, refusals, wire
from wellspring_tui.local.tokens import embedding_inputs, prompt_tokens
from wellspring_tui.local.wire import COMPLETIONS, IMAGES, MODERATIONS, VIDEOS
from wellspring_tui.local.written import Written, seed_of

if TYPE_CHECKING:
    from wellspring_tui.local.wire import JsonObject

_PICTURE_SIDE = 64
_PICTURE_TOKENS = 1_056
"""OpenAI's guide: a square picture of medium quality."""
_VIDEO_SECONDS, _VIDEO_SIZE = 4, "720x1280"
_VIDEO_LIFE_SECONDS = 86_400
"""OpenAI's guide: what a batch made can be fetched for a day."""
_CATEGORIES = (
    "harassment",
    "harassment/threatening",
    "hate",
    "hate/threatening",
    "illicit",
    "illicit/violent",
    "self-harm",
    "self-harm/instructions",
    "self-harm/intent",
    "sexual",
    "sexual/minors",
    "violence",
    "violence/graphic",
)


def completion(body: JsonObject) -> JsonObject:
    """A text that continues each prompt."""
    refusals.check_completions(body)
    model, count, limit = str(body["model"]), body.get("n"), body.get("max_tokens")
    seed = seed_of(COMPLETIONS, body)
    random = Random(seed)
    written = [
        Written(
            prose.answer(prose.subject(prompt if isinstance(prompt, str) else ""), random),
            model=model,
            limit=limit,
            random=random,
        )
        for prompt in embedding_inputs(body["prompt"])
        for _ in range(count if isinstance(count, int) else 1)
    ]
    input_tokens = prompt_tokens(COMPLETIONS, body)
    output_tokens = sum(one.output_tokens for one in written)
    return {
        "id": f"cmpl-{seed.hex()[:29]}",
        "object": "text_completion",
        "created": wire.now(),
        "model": model,
        "choices": [
            {
                "text": one.text,
                "index": index,
                "logprobs": None,
                "finish_reason": "length" if one.is_cut else "stop",
            }
            for index, one in enumerate(written)
        ],
        "usage": {
            "prompt_tokens": input_tokens,
            "completion_tokens": output_tokens,
            "total_tokens": input_tokens + output_tokens,
        },
    }


def moderation(body: JsonObject) -> JsonObject:
    """Finds nothing to object to, with scores that say how little."""
    refusals.check_moderations(body)
    seed = seed_of(MODERATIONS, body)
    random = Random(seed)
    return {
        "id": f"modr-{seed.hex()}",
        "model": body.get("model") or models.DEFAULT_MODERATOR,
        "results": [_harmless(random) for _ in _moderated(body["input"])],
    }


def _moderated(given: object) -> list[object]:
    """What gets a verdict each: texts do; text and pictures as parts are one thing together."""
    if isinstance(given, list) and all(isinstance(one, str) for one in given):
        return given
    return [given]


def _harmless(random: Random) -> JsonObject:
    return {
        "flagged": False,
        "categories": dict.fromkeys(_CATEGORIES, False),
        "category_scores": {name: round(random.random() / 10_000, 8) for name in _CATEGORIES},
        "category_applied_input_types": {name: ["text"] for name in _CATEGORIES},
    }


def edited_pictures(body: JsonObject) -> JsonObject:
    """The same as for new pictures, for those in the body of a JSON request."""
    refusals.check_edits(body)
    return pictures(body)


def video(body: JsonObject) -> JsonObject:
    """A video that is done; in a batch nothing else is told of one, and there is none to fetch."""
    refusals.check_videos(body)
    now, seed = wire.now(), seed_of(VIDEOS, body)
    return {
        "id": f"video_{seed.hex()}",
        "object": "video",
        "status": "completed",
        "progress": 100,
        "model": body["model"],
        "prompt": body["prompt"],
        "seconds": str(body.get("seconds") or _VIDEO_SECONDS),
        "size": str(body.get("size") or _VIDEO_SIZE),
        "created_at": now,
        "completed_at": now,
        "expires_at": now + _VIDEO_LIFE_SECONDS,
        "remixed_from_video_id": None,
        "error": None,
    }


def pictures(body: JsonObject) -> JsonObject:
    """Plain pictures of one colour, small, as PNG."""
    refusals.check_pictures(body)
    random = Random(seed_of(IMAGES, body))
    wanted = body.get("n")
    count = wanted if isinstance(wanted, int) else 1
    input_tokens, output_tokens = prompt_tokens(IMAGES, body), count * _PICTURE_TOKENS
    return {
        "created": wire.now(),
        "background": "opaque",
        "data": [{"b64_json": b64encode(_png(random.randbytes(3))).decode()} for _ in range(count)],
        "output_format": "png",
        "quality": "medium",
        "size": "1024x1024",
        "usage": {
            "input_tokens": input_tokens,
            "input_tokens_details": {"image_tokens": 0, "text_tokens": input_tokens},
            "output_tokens": output_tokens,
            "total_tokens": input_tokens + output_tokens,
        },
    }


def _png(colour: bytes) -> bytes:
    rows = (b"\0" + colour * _PICTURE_SIDE) * _PICTURE_SIDE
    header = pack(">IIBBBBB", _PICTURE_SIDE, _PICTURE_SIDE, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        pack(">I", len(data)) + name + data + pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )
