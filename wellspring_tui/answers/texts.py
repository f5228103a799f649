"""The texts of one request and its answer, out of their JSON lines."""

from __future__ import annotations

from typing import Any

import msgspec

from wellspring_tui.answers.lines import decode_line, read_body
from wellspring_tui.asked import text_of_body, text_of_content


def response_text(line: bytes) -> str:
    """The answer in an output line, whatever endpoint it came from; "" when there is none."""
    return text_of_response(decode_line(line))


def prompt_text(line: bytes) -> str:
    """What an input line asks, with its system text before it."""
    return text_of_request(decode_line(line))


def text_of_response(raw: object) -> str:
    """The same of an output line that is decoded already."""
    body = read_body(raw.get("response")) if isinstance(raw, dict) else None
    if body is None:
        return ""
    if isinstance(body.get("choices"), list):
        texts = [_of_choice(choice) for choice in body["choices"] if isinstance(choice, dict)]
        return "\n\n".join(text for text in texts if text)
    if isinstance(body.get("output"), list):
        return _of_output(body["output"])
    if isinstance(body.get("data"), list):
        return _of_vectors(body["data"])
    return msgspec.json.format(msgspec.json.encode(body), indent=2).decode()


def text_of_request(raw: object) -> str:
    """The same of an input line that is decoded already."""
    return text_of_body(raw.get("body")) if isinstance(raw, dict) else ""


def usage_in(raw: object) -> dict[str, Any]:
    """The `usage` of an output line, decoded, as the service wrote it; {} when there is none."""
    body = read_body(raw.get("response")) if isinstance(raw, dict) else None
    usage = body.get("usage") if body else None
    return usage if isinstance(usage, dict) else {}


def _of_choice(choice: dict[str, Any]) -> str:
    message = choice.get("message")
    if not isinstance(message, dict):
        return text_of_content(choice.get("text"))
    if message.get("refusal"):
        return text_of_content(message["refusal"])
    text = text_of_content(message.get("content"))
    calls = message.get("tool_calls")
    if not calls:
        return text
    shown = msgspec.json.format(msgspec.json.encode(calls), indent=2).decode()
    return f"{text}\n\n{shown}" if text else shown


def _of_output(items: list[Any]) -> str:
    """All text parts of all message items: the first item is often the reasoning."""
    parts = [
        part
        for item in items
        if isinstance(item, dict) and isinstance(item.get("content"), list)
        for part in item["content"]
        if isinstance(part, dict) and part.get("type") in ("output_text", "refusal")
    ]
    if parts:
        return "".join(text_of_content(part.get("text") or part.get("refusal")) for part in parts)
    calls = [item for item in items if isinstance(item, dict) and item.get("type") != "reasoning"]
    return msgspec.json.format(msgspec.json.encode(calls), indent=2).decode() if calls else ""


def _of_vectors(rows: list[Any]) -> str:
    vectors = [row.get("embedding") for row in rows if isinstance(row, dict)]
    if not any(vectors):
        return msgspec.json.format(msgspec.json.encode(rows), indent=2).decode()
    lines = []
    for vector in vectors:
        if isinstance(vector, list):
            numbers = [number for number in vector[:6] if isinstance(number, int | float)]
            start = ", ".join(f"{number:.4f}" for number in numbers)
            lines.append(f"{len(vector):,} numbers: {start}, …")
        else:
            lines.append(f"{len(str(vector)):,} characters of base64")
    return "\n".join(lines)
