"""Prompts files and result lines, as users and services write them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

CHAT = "/v1/chat/completions"
RESPONSES = "/v1/responses"
EMBEDDINGS = "/v1/embeddings"

SHARED = Path(__file__).parents[2].parent / "shared" / "data"
"""Real files of real batches, on the machines that have them."""

EIGHT = {
    "Finding the Ground": {"facts": "Which soil?", "map": "Draw it.", "law": "Whose is it?"},
    "People & Money": {"facts": "What does it cost?", "map": "Draw fees.", "law": "Who owes?"},
    "Water\u2028rights": {"facts": "How much rain?", "map": "Draw the “well”."},
}
"""Eight prompts in three sections, one of them with a line separator in its name."""

GARDEN = {
    "Finding the Ground": {"facts_prompt": "Which soil?", "layout_prompt": "Draw the map."},
    "People & Money": {"facts_prompt": "What does it cost?", "layout_prompt": "Draw the fee."},
}


def visual(sections: Mapping[str, Mapping[str, object]] = GARDEN, **others: object) -> bytes:
    """A Wellspring visual prompts JSON with these sections, and other keys around them."""
    sets = [{"section": name, "research_prompts": prompts} for name, prompts in sections.items()]
    whole = {"batch_prompts": {"prompt_sets": sets}, **others}
    return json.dumps(whole, ensure_ascii=False, indent=2).encode()


def request(own_id: str, url: str = CHAT, model: str = "gpt-4o-mini", **body: object) -> bytes:
    """A ready-made request without its line break; `body` adds to what its endpoint needs."""
    asked = {"messages": [{"role": "user", "content": f"About {own_id}?"}]}
    given: dict[str, object] = dict(asked) if url == CHAT else {"input": f"About {own_id}?"}
    whole = {"model": model, **given, **body}
    return json.dumps({"custom_id": own_id, "method": "POST", "url": url, "body": whole}).encode()


def jsonl(lines: Iterable[bytes]) -> bytes:
    """Lines with their breaks."""
    return b"".join(line + b"\n" for line in lines)


def answer(own_id: str, text: str = "Yes.", **body: object) -> dict[str, Any]:
    """An output line, answered, as an object."""
    chat = {
        "model": "gpt-4o-mini-2024-07-18",
        "choices": [{"index": 0, "message": {"content": text}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15},
    }
    return {
        "id": f"batch_req_{own_id}",
        "custom_id": own_id,
        "response": {"status_code": 200, "request_id": "r", "body": {**chat, **body}},
        "error": None,
    }


def expired(own_id: str) -> dict[str, Any]:
    """An error line of a request that was never run."""
    said = {"code": "batch_expired", "message": "It could not be executed in time."}
    return {"id": f"batch_req_{own_id}", "custom_id": own_id, "response": None, "error": said}


def encoded(*lines: object) -> bytes:
    """Lines of an output or error file."""
    return jsonl(json.dumps(line).encode() for line in lines)
