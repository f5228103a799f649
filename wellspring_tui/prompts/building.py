"""Making a request of a prompt: its custom_id, its body, its line."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

import msgspec

from wellspring_tui.prompts.model import EMBEDDINGS, RESPONSES, Request, RequestOptions
from wellspring_tui.prompts.tokens import PER_MESSAGE, PER_REQUEST, estimate

# 64 characters in all: two names, two dots and a number of up to six digits.
_SECTION_LENGTH, _TYPE_LENGTH = 29, 27
_NOT_WORD = re.compile(r"[^a-z0-9]+")
_encode = msgspec.json.Encoder().encode

# OpenAI's reasoning models answer 400 to `max_tokens` and to a temperature.
_REASONING = re.compile(r"^(?:ft:)?(?:o[1-9]|gpt-(?:[5-9]|[1-9]\d))(?![0-9])")
_NOT_REASONING = re.compile(r"chat-latest")


def is_reasoning(model: str) -> bool:
    """Whether `model` takes `max_completion_tokens` and no temperature."""
    return bool(_REASONING.match(model)) and not _NOT_REASONING.search(model)


def adjustments(options: RequestOptions) -> list[str]:
    """What will be put right for the model before anything is sent, as sentences."""
    if options.endpoint == EMBEDDINGS or not is_reasoning(options.model):
        return []
    said = []
    if options.temperature is not None:
        said.append(f"{options.model} takes no temperature: left out.")
    if options.max_tokens is not None and options.endpoint != RESPONSES:
        said.append(f"{options.model} takes max_completion_tokens instead of max_tokens.")
    return said


def _slug(name: str, length: int) -> str:
    """`name` as a piece of an id: lower-case letters, digits and hyphens."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return _NOT_WORD.sub("-", plain).strip("-")[:length].rstrip("-")


def custom_id(section: str, prompt_type: str, number: int) -> str:
    """A readable id, unique by its number, at most 64 characters."""
    names = _slug(section, _SECTION_LENGTH), _slug(prompt_type, _TYPE_LENGTH)
    return ".".join(part for part in (*names, f"{number:04d}") if part)


@dataclass(frozen=True, slots=True)
class _Line:
    custom_id: str
    method: str
    url: str
    body: dict[str, object]


def build(
    section: str, prompt_type: str, text: str, number: int, options: RequestOptions
) -> Request:
    """The request that asks for `text`; `number` is its place in the job, from 1."""
    own_id = custom_id(section, prompt_type, number)
    line = _encode(_Line(own_id, "POST", options.endpoint, body(text, options)))
    messages = 1 + (options.system is not None)
    return Request(
        custom_id=own_id,
        section=section,
        prompt_type=prompt_type,
        model=options.model,
        endpoint=options.endpoint,
        line=line,
        tokens=estimate(text)
        + estimate(options.system or "")
        + PER_MESSAGE * messages
        + PER_REQUEST,
        max_output_tokens=0 if options.endpoint == EMBEDDINGS else options.max_tokens,
    )


def body(text: str, options: RequestOptions) -> dict[str, object]:
    """The body of a request to `options.endpoint`, with the parameters that its model takes."""
    reasoning = is_reasoning(options.model)
    made: dict[str, object] = {"model": options.model}
    if options.endpoint == EMBEDDINGS:
        return made | {"input": text}
    if options.temperature is not None and not reasoning:
        made["temperature"] = options.temperature
    if options.endpoint == RESPONSES:
        if options.max_tokens is not None:
            made["max_output_tokens"] = options.max_tokens
        if options.system is not None:
            made["instructions"] = options.system
        return made | {"input": text}
    if options.max_tokens is not None:
        made["max_completion_tokens" if reasoning else "max_tokens"] = options.max_tokens
    messages = [{"role": "user", "content": text}]
    if options.system is not None:
        messages.insert(0, {"role": "system", "content": options.system})
    return made | {"messages": messages}
