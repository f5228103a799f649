"""What a request asks, as a text for people: images in it are named, not spelt out."""

from __future__ import annotations

import re

from wellspring_tui import figures

_LINK_SHOWN = 200
_DATA_URL = re.compile(r"data:(?:image/)?([\w.+-]*)[^,]*,", re.IGNORECASE)


def text_of_body(body: object) -> str:
    """What the body of a request asks, with its system text before it."""
    if not isinstance(body, dict):
        return ""
    if isinstance(body.get("messages"), list):
        return _of_messages([item for item in body["messages"] if isinstance(item, dict)])
    asked = body.get("input", body.get("prompt"))
    items = [item for item in asked if isinstance(item, dict)] if isinstance(asked, list) else []
    is_talk = any("role" in item for item in items)
    text = _of_messages(items) if is_talk else text_of_content(asked)
    instructions = body.get("instructions")
    return f"[instructions]\n{instructions}\n\n{text}" if instructions else text


def text_of_content(content: object) -> str:
    """Text of a `content`: a string, or a list of parts of which the texts are joined."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "\n".join(_of_part(part) for part in content if isinstance(part, str | dict))
    return ""


def _of_messages(messages: list[dict[str, object]]) -> str:
    if len(messages) == 1:
        return text_of_content(messages[0].get("content"))
    return "\n\n".join(
        f"[{item.get('role') or item.get('type', '?')}]\n{text_of_content(item.get('content'))}"
        for item in messages
    )


def _of_part(part: str | dict[str, object]) -> str:
    if isinstance(part, str):
        return part
    match part:
        case {"text": str(text)} if text:
            return text
        case {"image_url": {"url": str(url)}} | {"image_url": str(url)}:
            return f"[image: {_of_url(url)}]"
        case {"type": "input_image", "file_id": str(file_id)}:
            return f"[image: {file_id}]"
    return f"[{part.get('type')}]"


def _of_url(url: str) -> str:
    """A link as it is; of an image that goes along its kind and size."""
    inline = _DATA_URL.match(url, 0, 100)
    if inline is None:
        return url if len(url) <= _LINK_SHOWN else f"{url[:_LINK_SHOWN]}…"
    base64_length = len(url) - inline.end() - url.count("=", -2)
    kind = inline[1].removesuffix("+xml").upper()
    return ", ".join(filter(None, (kind, figures.size(base64_length * 3 // 4))))
