"""What a request asks when it is more than one text: images beside it, or several messages.

Chat completions and responses write these in different shapes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from wellspring_tui.prompts.json_stream import kind_of
from wellspring_tui.prompts.model import EMBEDDINGS, RESPONSES, Problem

if TYPE_CHECKING:
    from wellspring_tui.prompts.images import Image

_SYSTEM_ROLES = ("system", "developer")
_RESPONSES_ROLES = (*_SYSTEM_ROLES, "user", "assistant")


@dataclass(frozen=True, slots=True)
class Pictured:
    """A prompt and the images beside it; with these the text may be empty."""

    text: str
    images: tuple[Image, ...]

    def content(self, endpoint: str) -> list[dict[str, object]]:
        """The content of a chat message, or the input of a response."""
        if endpoint == RESPONSES:
            parts: list[dict[str, object]] = [
                {"type": "input_image", "image_url": image.url, "detail": "auto"}
                for image in self.images
            ]
            if self.text:
                parts.insert(0, {"type": "input_text", "text": self.text})
            return [{"role": "user", "content": parts}]
        parts = [{"type": "image_url", "image_url": {"url": image.url}} for image in self.images]
        return [{"type": "text", "text": self.text}, *parts] if self.text else parts


@dataclass(frozen=True, slots=True)
class Turns:
    """Messages as the user wrote them."""

    messages: list[dict[str, Any]]

    @property
    def bring_system(self) -> bool:
        """Whether they hold a system message of their own."""
        return any(message["role"] in _SYSTEM_ROLES for message in self.messages)


Asked: TypeAlias = str | Pictured | Turns


def turns(value: object, key: str) -> Turns | Problem:
    """The messages in a JSON value; `key` is where it stands."""
    if not isinstance(value, list):
        return Problem(f"expected a list of messages, found {kind_of(value)}", key=key)
    if not value:
        return Problem("expected a list of messages, found an empty one", key=key)
    for at, message in enumerate(value):
        if not isinstance(message, dict):
            return Problem(f"expected an object, found {kind_of(message)}", key=f"{key}[{at}]")
        role = message.get("role")
        if not isinstance(role, str) or not role:
            found = "none" if role is None or role == "" else kind_of(role)
            return Problem(f"a message needs a role, found {found}", key=f"{key}[{at}].role")
    return Turns(value)


def misfit(asked: Asked, endpoint: str, key: str) -> Problem | None:
    """Why an endpoint can't be asked this."""
    match asked:
        case Pictured() if endpoint == EMBEDDINGS:
            return Problem(f"{EMBEDDINGS} takes no images", key=key)
        case Turns() if endpoint == EMBEDDINGS:
            return Problem(f"{EMBEDDINGS} takes a prompt, no messages", key=f"{key}.messages")
        case Turns(messages) if endpoint == RESPONSES:
            for at, message in enumerate(messages):
                if as_input(message) is None:
                    return Problem(
                        f"{RESPONSES} takes it only if it is made of texts and images",
                        key=f"{key}.messages[{at}]",
                    )
    return None


def as_input(message: dict[str, Any]) -> dict[str, Any] | None:
    """A chat message as an input of a response; None when it holds more than texts and images."""
    content = message.get("content")
    others = {name for name, value in message.items() if value is not None} - {"role", "content"}
    if message["role"] not in _RESPONSES_ROLES or others:
        return None
    if isinstance(content, str):
        return {"role": message["role"], "content": content}
    if not isinstance(content, list):
        return None
    # What a model said before is written otherwise than what it is told.
    text_type = "output_text" if message["role"] == "assistant" else "input_text"
    parts = [_as_input_part(part, text_type) for part in content]
    return None if None in parts else {"role": message["role"], "content": parts}


def _as_input_part(part: Any, text_type: str) -> dict[str, Any] | None:
    match part:
        case {"type": "text", "text": str(text)}:
            return {"type": text_type, "text": text}
        case {"type": "image_url", "image_url": {"url": str(url), **rest}}:
            return {"type": "input_image", "image_url": url, "detail": rest.get("detail", "auto")}
        case {"type": "input_text" | "input_image" | "output_text"}:
            return {**part}
    return None
