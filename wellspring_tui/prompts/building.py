"""Making a request of a prompt: its custom_id, its body, its line."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

import msgspec

from wellspring_tui.errors import InputError
from wellspring_tui.prompts.asking import Pictured, Turns, as_input
from wellspring_tui.prompts.counted import is_its_texts
from wellspring_tui.prompts.image_tokens import image_tokens
from wellspring_tui.prompts.model import CHAT, EMBEDDINGS, RESPONSES, Request, RequestOptions
from wellspring_tui.prompts.schemas import loose_words
from wellspring_tui.prompts.tokens import PER_MESSAGE, PER_REQUEST, Measured, Meter, measure
from wellspring_tui.text import one_line

if TYPE_CHECKING:
    from wellspring_tui.prompts.asking import Asked
    from wellspring_tui.prompts.model import AnswerSchema

# 64 characters in all: two names, two dots and a number of up to six digits.
_SECTION_LENGTH, _TYPE_LENGTH = 29, 27
_NOT_WORD = re.compile(r"[^a-z0-9]+")
_HOLE = "\ue000"
# Numbers in messages are read as decimals, so that they are sent as they were written.
_encode = msgspec.json.Encoder(decimal_format="number").encode

# OpenAI's reasoning models answer 400 to `max_tokens` and to a temperature.
_REASONING = re.compile(r"^(?:ft:)?(?:o[1-9]|gpt-(?:[5-9]|[1-9]\d))(?![0-9])")
_NOT_REASONING = re.compile(r"chat-latest")


def is_reasoning(model: str) -> bool:
    """Whether `model` takes `max_completion_tokens` and no temperature."""
    return bool(_REASONING.match(model)) and not _NOT_REASONING.search(model)


def adjustments(options: RequestOptions) -> list[str]:
    """What will be put right for the model before anything is sent, as sentences."""
    said = []
    if options.schema is not None and (loose := loose_words(options.schema)):
        said.append(loose)
    if options.endpoint == EMBEDDINGS or not is_reasoning(options.model):
        return said
    if options.temperature is not None:
        said.append(f"{options.model} takes no temperature: left out.")
    if options.max_tokens is not None and options.endpoint != RESPONSES:
        said.append(f"{options.model} takes max_completion_tokens instead of max_tokens.")
    return said


def custom_id(section: str, prompt_type: str, number: int) -> str:
    """A readable id, unique by its number, at most 64 characters."""
    return f"{_id_stem(section, prompt_type)}{number:04d}"


@lru_cache(maxsize=4096)
def _id_stem(section: str, prompt_type: str) -> str:
    names = _slug(section, _SECTION_LENGTH), _slug(prompt_type, _TYPE_LENGTH)
    return "".join(f"{name}." for name in names if name)


def _slug(name: str, length: int) -> str:
    """`name` as a piece of an id: lower-case letters, digits and hyphens."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return _NOT_WORD.sub("-", plain).strip("-")[:length].rstrip("-")


class RequestBuilder:
    """Makes requests of prompts, all with the same options."""

    def __init__(self, options: RequestOptions) -> None:
        self._options = options
        self._model = options.model
        self._endpoint = options.endpoint
        self._max_output = 0 if options.endpoint == EMBEDDINGS else options.max_tokens
        self._meter = Meter()
        self._schema = None if options.schema is None else options.schema.text.encode()
        # Lines differ in their id, which is the first text in them, and in their prompt,
        # which is the last. What is around these is encoded once.
        line = _encode(
            {
                "custom_id": _HOLE,
                "method": "POST",
                "url": options.endpoint,
                "body": body(_HOLE, options),
            }
        )
        self._start, _, rest = line.partition(_encode(_HOLE))
        self._middle, _, self._end = rest.rpartition(_encode(_HOLE))

    def build(self, section: str, prompt_type: str, text: str, number: int) -> Request:
        """The request that asks for `text`; `number` is its place in the job, from 1."""
        return self.ask(custom_id(section, prompt_type, number), section, prompt_type, text)

    def ask(
        self, own_id: str, section: str, prompt_type: str, asked: Asked, *, row: bytes = b""
    ) -> Request:
        """The request of that custom_id that asks for what its endpoint can be asked.

        It may be made of a table's row.
        """
        match asked:
            case str():
                line = self._line(own_id, asked)
                tokens, counted = self._meter.text(asked, self._model)
                tokens += self._around.tokens
                exact = counted and self._around.counted
            case Pictured():
                line = self._line(own_id, asked.content(self._endpoint))
                tokens = self._around.tokens + self._meter.text(asked.text, self._model).tokens
                tokens += sum(
                    image_tokens(self._model, image.width, image.height) for image in asked.images
                )
                exact = False
            case Turns():
                made = body(asked, self._options)
                line = _encode(
                    {"custom_id": own_id, "method": "POST", "url": self._endpoint, "body": made}
                )
                tokens, counted = self._tokens_of(asked, len(line))
                exact = counted and is_its_texts(self._endpoint, made)
        return Request(
            own_id,
            section,
            prompt_type,
            self._model,
            self._endpoint,
            line,
            tokens,
            self._max_output,
            row=row,
            schema=self._schema,
            exact=exact,
        )

    def _line(self, own_id: str, content: object) -> bytes:
        return b"".join((self._start, _encode(own_id), self._middle, _encode(content), self._end))

    def _tokens_of(self, asked: Turns, size: int) -> Measured:
        tokens, counted = self._meter.value(asked.messages, size, self._model)
        tokens += PER_REQUEST + self._schema_tokens
        if asked.bring_system:
            return Measured(tokens, counted)
        return Measured(tokens + self._system.tokens, counted and self._system.counted)

    @cached_property
    def _around(self) -> Measured:
        """What is around each prompt; counted if nothing in it counts in a way of its own."""
        plain = is_its_texts(self._endpoint, body("", self._options))
        if self._endpoint == EMBEDDINGS:
            return Measured(0, plain)
        tokens = PER_MESSAGE + PER_REQUEST + self._system.tokens + self._schema_tokens
        return Measured(tokens, plain and self._system.counted)

    @cached_property
    def _system(self) -> Measured:
        system = self._options.system
        if system is None:
            return Measured(0, counted=True)
        tokens, counted = measure(system, self._model)
        return Measured(tokens + PER_MESSAGE, counted)

    @cached_property
    def _schema_tokens(self) -> int:
        schema = self._options.schema
        return 0 if schema is None else measure(schema.text, self._model).tokens


def body(asked: Asked, options: RequestOptions) -> dict[str, object]:
    """The body of a request to `options.endpoint`, with the parameters that its model takes.

    Raises InputError for a schema where no answer can be asked to fit one.
    """
    _refuse_useless_schema(options)
    if isinstance(asked, Turns):
        return _body_of_turns(asked, options)
    content = asked.content(options.endpoint) if isinstance(asked, Pictured) else asked
    reasoning = is_reasoning(options.model)
    made: dict[str, object] = {"model": options.model}
    if options.endpoint == EMBEDDINGS:
        return made | {"input": content}
    if options.temperature is not None and not reasoning:
        made["temperature"] = options.temperature
    if options.endpoint == RESPONSES:
        return made | _own_to_responses(options) | {"input": content}
    if options.max_tokens is not None:
        made["max_completion_tokens" if reasoning else "max_tokens"] = options.max_tokens
    if options.schema is not None:
        wanted = {"type": "json_schema", "json_schema": _named(options.schema)}
        made["response_format"] = wanted
    messages: list[dict[str, object]] = [{"role": "user", "content": content}]
    if options.system is not None:
        messages.insert(0, {"role": "system", "content": options.system})
    return made | {"messages": messages}


def _own_to_responses(options: RequestOptions) -> dict[str, object]:
    made: dict[str, object] = {}
    if options.max_tokens is not None:
        made["max_output_tokens"] = options.max_tokens
    if options.system is not None:
        made["instructions"] = options.system
    if options.schema is not None:
        made["text"] = {"format": {"type": "json_schema", **_named(options.schema)}}
    return made


def _body_of_turns(asked: Turns, options: RequestOptions) -> dict[str, object]:
    """The same for messages: they are sent as they are, a system message goes before all."""
    system = None if asked.bring_system else options.system
    made = body("", replace(options, system=system))
    if options.endpoint == RESPONSES:
        return made | {"input": [as_input(message) for message in asked.messages]}
    before = [{"role": "system", "content": system}] if system is not None else []
    return made | {"messages": [*before, *asked.messages]}


def _refuse_useless_schema(options: RequestOptions) -> None:
    if options.schema is not None and options.endpoint not in (CHAT, RESPONSES):
        raise InputError(
            f"answers of {one_line(options.endpoint, 40)} can't be asked to fit a schema",
            where="schema",
            todo=f"Leave it out, or use {CHAT} or {RESPONSES}.",
        )


def _named(schema: AnswerSchema) -> dict[str, object]:
    """A schema as both endpoints take it."""
    about = {"name": schema.name, "description": schema.description}
    told = {key: value for key, value in about.items() if value is not None}
    return {**told, "strict": schema.strict, "schema": msgspec.json.decode(schema.text)}
