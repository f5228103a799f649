"""What a model's endpoint refuses with 400, in OpenAI's words.

In a batch these refusals belong to single lines: validation lets them pass, and they come
back in the error file.
"""

from __future__ import annotations

from wellspring_tui.local import models
from wellspring_tui.local.wire import (
    ApiError,
    JsonObject,
    missing_parameter,
    out_of_range,
    wrong_type,
    wrong_value,
)

_CHAT_ROLES = ("system", "assistant", "user", "function", "tool", "developer")
_MAX_CHOICES = 128
_MAX_EMBEDDING_INPUTS = 2_048
_MAX_PICTURES = 10


def check_chat(body: JsonObject) -> None:
    """Raise what the chat completions endpoint would answer."""
    model = check_model(body)
    _check_messages(body.get("messages"))
    _check_whole_number(body, "max_tokens", 1)
    _check_whole_number(body, "max_completion_tokens", 1)
    _check_whole_number(body, "n", 1, _MAX_CHOICES)
    _check_number(body, "temperature", 2)
    _check_number(body, "top_p", 1)
    if not models.reasons(model):
        return
    if body.get("max_tokens") is not None:
        raise ApiError(
            400,
            "Unsupported parameter: 'max_tokens' is not supported with this model. "
            "Use 'max_completion_tokens' instead.",
            param="max_tokens",
            code="unsupported_parameter",
        )
    for name in ("temperature", "top_p"):
        value = body.get(name)
        if value not in (None, 1):
            raise ApiError(
                400,
                f"Unsupported value: '{name}' does not support {value} with this model. "
                "Only the default (1) value is supported.",
                param=name,
                code="unsupported_value",
            )


def check_responses(body: JsonObject) -> None:
    """Raise what the responses endpoint would answer."""
    model = check_model(body)
    given = body.get("input")
    if given is None:
        raise missing_parameter("input")
    if not isinstance(given, str | list):
        raise wrong_type("input", "a string or an array", given)
    for index, item in enumerate(given if isinstance(given, list) else ()):
        if not isinstance(item, dict):
            raise wrong_type(f"input[{index}]", "an object", item)
    _check_whole_number(body, "max_output_tokens", 16)
    _check_number(body, "temperature", 2)
    _check_number(body, "top_p", 1)
    for name in ("temperature", "top_p"):
        if models.reasons(model) and body.get(name) is not None:
            raise ApiError(
                400,
                f"Unsupported parameter: '{name}' is not supported with this model.",
                param=name,
            )


def check_embeddings(body: JsonObject) -> None:
    """Raise what the embeddings endpoint would answer."""
    model = check_model(body)
    _check_embedding_input(body.get("input"))
    _check_whole_number(body, "dimensions", 1, models.embedding_size(model))
    if body.get("dimensions") is not None and not models.size_is_free(model):
        raise ApiError(400, "This model does not support specifying dimensions.")
    encoding = body.get("encoding_format")
    if encoding not in (None, "float", "base64"):
        raise wrong_value("encoding_format", str(encoding), ["float", "base64"])


def check_completions(body: JsonObject) -> None:
    """Raise what the completions endpoint would answer."""
    check_model(body)
    _check_texts(body, "prompt")
    _check_whole_number(body, "max_tokens", 1)
    _check_whole_number(body, "n", 1, _MAX_CHOICES)
    _check_number(body, "temperature", 2)
    _check_number(body, "top_p", 1)


def check_moderations(body: JsonObject) -> None:
    """Raise what the moderations endpoint would answer; the model is the caller's choice."""
    _check_texts(body, "input")


def check_pictures(body: JsonObject) -> None:
    """Raise what the images endpoint would answer."""
    check_model(body)
    prompt = body.get("prompt")
    if prompt is None:
        raise missing_parameter("prompt")
    if not isinstance(prompt, str):
        raise wrong_type("prompt", "a string", prompt)
    _check_whole_number(body, "n", 1, _MAX_PICTURES)


def check_edits(body: JsonObject) -> None:
    """Raise what the endpoint for edited pictures would answer, besides the above."""
    images = body.get("images")
    if images is None:
        raise missing_parameter("images")
    if not isinstance(images, list):
        raise wrong_type("images", "an array", images)


def check_videos(body: JsonObject) -> None:
    """Raise what the videos endpoint would answer."""
    check_model(body)
    prompt = body.get("prompt")
    if prompt is None:
        raise missing_parameter("prompt")
    if not isinstance(prompt, str):
        raise wrong_type("prompt", "a string", prompt)
    reference = body.get("input_reference")
    if reference is not None and not isinstance(reference, dict):
        raise wrong_type("input_reference", "an object", reference)


def _check_texts(body: JsonObject, name: str) -> None:
    value = body.get(name)
    if value is None:
        raise missing_parameter(name)
    if not isinstance(value, str | list):
        raise wrong_type(name, "a string or an array", value)
    if not value:
        raise ApiError(400, f"Invalid '{name}': {name} cannot be empty.", param=name)


def check_model(body: JsonObject) -> str:
    model = body.get("model")
    if not isinstance(model, str) or not model:
        raise ApiError(400, "you must provide a model parameter")
    return model


def _check_messages(messages: object) -> None:
    if messages is None:
        raise missing_parameter("messages")
    if not isinstance(messages, list):
        raise wrong_type("messages", "an array of objects", messages)
    if not messages:
        raise ApiError(
            400,
            "Invalid 'messages': empty array. Expected an array with minimum length 1, "
            "but got an empty array instead.",
            param="messages",
            code="empty_array",
        )
    for index, message in enumerate(messages):
        _check_message(f"messages[{index}]", message)


def _check_message(name: str, message: object) -> None:
    if not isinstance(message, dict):
        raise wrong_type(name, "an object", message)
    role, content = message.get("role"), message.get("content")
    if role is None:
        raise missing_parameter(f"{name}.role")
    if role not in _CHAT_ROLES:
        raise wrong_value(f"{name}.role", str(role), _CHAT_ROLES)
    if content is None:
        if role in ("assistant", "function"):
            return
        raise missing_parameter(f"{name}.content")
    if not isinstance(content, str | list):
        raise wrong_type(f"{name}.content", "a string or an array", content)
    for index, part in enumerate(content if isinstance(content, list) else ()):
        if not isinstance(part, dict):
            raise wrong_type(f"{name}.content[{index}]", "an object", part)


def _check_whole_number(
    body: JsonObject, name: str, minimum: int, maximum: int = 2**31 - 1
) -> None:
    value = body.get(name)
    if value is None:
        return
    if not isinstance(value, int) or isinstance(value, bool):
        raise wrong_type(name, "an integer", value)
    if not minimum <= value <= maximum:
        raise out_of_range(name, value, minimum, maximum)


def _check_number(body: JsonObject, name: str, maximum: int) -> None:
    value = body.get(name)
    if value is None:
        return
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise wrong_type(name, "a decimal", value)
    if not 0 <= value <= maximum:
        raise out_of_range(name, float(value), 0, maximum)


def _check_embedding_input(given: object) -> None:
    if given is None:
        raise missing_parameter("input")
    if not isinstance(given, str | list):
        raise wrong_type("input", "a string or an array", given)
    if not given or (isinstance(given, list) and "" in given):
        raise ApiError(400, "Invalid 'input': input cannot be empty.", param="input")
    if isinstance(given, str) or _is_tokens(given):
        return
    if len(given) > _MAX_EMBEDDING_INPUTS:
        raise ApiError(
            400,
            f"Invalid 'input': array too long. Expected an array with maximum length "
            f"{_MAX_EMBEDDING_INPUTS}, but got an array with length {len(given)} instead.",
            param="input",
            code="array_above_max_length",
        )
    for index, item in enumerate(given):
        if not isinstance(item, str) and not (isinstance(item, list) and _is_tokens(item)):
            raise wrong_type(f"input[{index}]", "a string or an array of integers", item)


def _is_tokens(given: list[object]) -> bool:
    return bool(given) and all(isinstance(token, int) for token in given)
