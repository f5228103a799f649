"""What a prompts file holds, and what becomes of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

import msgspec

from wellspring_tui.errors import InputError
from wellspring_tui.prompts.life import life_seconds

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CHAT = "/v1/chat/completions"
RESPONSES = "/v1/responses"
EMBEDDINGS = "/v1/embeddings"

NO_SECTION = "Requests"
"""The section of requests that name none."""


_HALF_A_CHARACTER = re.compile("[\ud800-\udfff]")
_OWN_TO_A_LINE = re.compile(r"(?<=“)[^”]*(?=”)|(?<=line )[\d,]+")


class FileKind(StrEnum):
    """The kinds of prompts file, recognised by their content."""

    VISUAL_PROMPTS = "Wellspring visual prompts"
    PLAIN_PROMPTS = "plain JSON prompts"
    REQUESTS = "batch requests"
    ROWS = "table rows"


@dataclass(frozen=True, slots=True)
class AnswerSchema:
    """The JSON Schema that every answer is asked to fit, and is checked against."""

    name: str
    """What the service calls it: up to 64 letters, digits, `_` and `-`."""
    text: str
    """The schema itself, as JSON."""
    strict: bool = True
    """Whether the service is to keep strictly to it, which not every schema allows."""
    description: str | None = None
    source: str | None = None
    """The file that it was read from."""


@dataclass(frozen=True, slots=True)
class RequestOptions:
    """What is put around every prompt to make a request of it.

    A ready-made request file brings all of this itself; only `window` and
    `output_expires_after` apply to it.
    """

    model: str = "gpt-4o-mini"
    temperature: float | None = 0.3
    max_tokens: int | None = 2000
    system: str | None = None
    endpoint: str = CHAT
    window: str = "24h"
    template: str | None = None
    """The prompt of every row of a table, with the names of its columns in braces."""
    schema: AnswerSchema | None = None
    output_expires_after: str | None = None
    """For how long a service is asked to keep the answers' files, as in `30d`; None: not asked.

    It goes with the batch, as the window does.
    """

    def __post_init__(self) -> None:
        """Raises InputError for what no service takes."""
        if self.temperature is not None and not _is_number(self.temperature, 0, 2):
            raise InputError("expected a number from 0 to 2", where="temperature")
        if self.max_tokens is not None and not _is_count(self.max_tokens):
            raise InputError("expected a count from 1", where="max tokens")
        life_seconds(self.output_expires_after)
        if not self.endpoint.startswith("/"):
            raise InputError("expected a path such as /v1/chat/completions", where="endpoint")
        texts = {"model": self.model, "system": self.system or "", "template": self.template or ""}
        for where, text in texts.items():
            if not _is_text(text):
                raise InputError("it is not valid UTF-8 text", where=where)
        if not self.model.strip():
            raise InputError("expected the name of a model", where="model")
        if self.template is not None:
            from wellspring_tui.prompts.template import read_template

            read_template(self.template)


def _is_number(value: object, least: float, most: float) -> bool:
    return isinstance(value, int | float) and least <= value <= most


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def _is_text(value: object) -> bool:
    return isinstance(value, str) and _HALF_A_CHARACTER.search(value) is None


class Request(msgspec.Struct, frozen=True, gc=False):
    """One line of a batch input file, and where its answer is filed.

    Large jobs make one for every line, so it is a struct that the collector need not track.
    """

    custom_id: str
    section: str
    prompt_type: str
    model: str
    endpoint: str
    line: bytes
    """The JSON, without a line break."""
    tokens: int
    """Input tokens, counted or estimated."""
    max_output_tokens: int | None
    inputs: int = 1
    """How many texts it embeds; 1 for every other endpoint."""
    row: bytes = b""
    """A JSON object of its own columns, when a row of a table made it."""
    schema: bytes | None = None
    """The JSON Schema that its answer is asked to fit; None when any text will do."""
    exact: bool = False
    """Whether its tokens are those that its service will count."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that keeps a prompts file from being sent."""

    what: str
    line: int | None = None
    """The line in a JSONL file or a table, from 1."""
    key: str | None = None

    @property
    def kind(self) -> str:
        """What kind of problem it is: the sentence without what differs from line to line."""
        what = _OWN_TO_A_LINE.sub("…", self.what)
        # In a file of one JSON the key says where, in JSONL it says which part of the line.
        return f"{self.key}: {what}" if self.line is not None and self.key else what

    def __str__(self) -> str:
        place = f"line {self.line}" if self.line is not None else ""
        where = ", ".join(part for part in (place, self.key or "") if part)
        return f"{where}: {self.what}" if where else self.what


@dataclass(frozen=True, slots=True)
class Blank:
    """A prompt without text: left out, and counted."""


class PromptsFile(Protocol):
    """A file that has been recognised and can be read, as often as wanted, as a stream."""

    @property
    def path(self) -> Path:
        """Where it lies."""
        ...

    @property
    def kind(self) -> FileKind:
        """What it was recognised as."""
        ...

    def read(self, options: RequestOptions) -> Iterator[Request | Problem | Blank]:
        """Everything in the file, in its order. Raises PromptsFileError where reading ends."""
        ...
