"""Ready-made batch requests, one JSON object a line, for any endpoint.

The lines are sent byte for byte as they are; those of a file in UTF-16 as the same text
in UTF-8, for services read nothing else. So every line is looked at before anything is
sent: the service refuses a whole file for one bad line, minutes after the upload.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from wellspring_tui.errors import PromptsFileError
from wellspring_tui.prompts.counted import is_its_texts
from wellspring_tui.prompts.encodings import open_utf8
from wellspring_tui.prompts.formats import schema_of_chat, schema_of_response
from wellspring_tui.prompts.model import (
    EMBEDDINGS,
    NO_SECTION,
    RESPONSES,
    Blank,
    FileKind,
    Problem,
    Request,
    RequestOptions,
)
from wellspring_tui.prompts.old_ids import split_old_ids
from wellspring_tui.prompts.tokens import PER_REQUEST, Meter
from wellspring_tui.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_LONGEST_LINE_BYTES = 64 * 1024 * 1024


class _Body(msgspec.Struct):
    model: str | None = None
    messages: msgspec.Raw = msgspec.Raw(b"")
    input: msgspec.Raw = msgspec.Raw(b"")
    prompt: msgspec.Raw = msgspec.Raw(b"")
    instructions: msgspec.Raw = msgspec.Raw(b"")
    response_format: msgspec.Raw = msgspec.Raw(b"")
    text: msgspec.Raw = msgspec.Raw(b"")
    stream: bool | None = None
    max_tokens: int | None = None
    max_completion_tokens: int | None = None
    max_output_tokens: int | None = None


class _Line(msgspec.Struct):
    custom_id: str | None = None
    method: str | None = None
    url: str | None = None
    body: _Body | None = None


_decode = msgspec.json.Decoder(_Line).decode
_decode_list = msgspec.json.Decoder(list[msgspec.Raw]).decode


@dataclass(slots=True)
class _Seen:
    """What one pass over a file has to remember to judge the next line."""

    ids: dict[str, int] = field(default_factory=dict)
    endpoint: str | None = None
    meter: Meter = field(default_factory=Meter)


@dataclass(frozen=True, slots=True)
class RequestsFile:
    """A JSONL file of batch requests."""

    path: Path

    @property
    def kind(self) -> FileKind:
        """What it was recognised as."""
        return FileKind.REQUESTS

    def read(self, options: RequestOptions) -> Iterator[Request | Problem | Blank]:  # noqa: ARG002
        """The file's own requests, untouched. `options` belong to prompts, not to these."""
        old = split_old_ids(self._ids())
        seen = _Seen()
        for number, raw in self._lines():
            if raw is None:
                yield Problem(
                    f"the line is longer than {_LONGEST_LINE_BYTES // 2**20} MiB", line=number
                )
                return
            if not raw.strip():
                yield Blank()
                continue
            yield _request(raw, number, seen, old)

    def _ids(self) -> Iterator[str]:
        for _, raw in self._lines():
            try:
                own_id = _decode(raw).custom_id if raw else None
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                continue  # the second reading names it as a problem
            if own_id:
                yield own_id

    def _lines(self) -> Iterator[tuple[int, bytes | None]]:
        """(number, line without its break); None for a line too long to be a request."""
        try:
            with open_utf8(self.path) as file:
                number = 0
                while raw := file.readline(_LONGEST_LINE_BYTES):
                    number += 1
                    if len(raw) == _LONGEST_LINE_BYTES and not raw.endswith(b"\n"):
                        yield number, None
                        return
                    yield number, raw.rstrip(b"\r\n")
        except OSError as error:
            raise PromptsFileError(
                f"reading stopped ({error.strerror})", where=one_line(str(self.path))
            ) from None


def _request(
    raw: bytes, number: int, seen: _Seen, old: dict[str, tuple[str, str]]
) -> Request | Problem:
    try:
        raw.decode()  # msgspec looks only at the texts that it keeps
        line = _decode(raw)
    except msgspec.ValidationError as error:
        what, _, key = str(error).partition(" - at `$")
        return Problem(_as_sentence(what), line=number, key=key.rstrip("`").lstrip(".") or None)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        what = "UTF-8" if isinstance(error, UnicodeDecodeError) else "JSON"
        return Problem(f"the line is not valid {what}", line=number)
    except RecursionError:
        return Problem("the line is nested too deeply", line=number)
    problem = _problem(line, number, seen)
    if problem is not None:
        return problem
    assert line.custom_id is not None
    seen.ids[line.custom_id] = number
    filed = old.get(line.custom_id, (NO_SECTION, line.custom_id))
    return _measured(raw, line.custom_id, line, *filed, meter=seen.meter)


def read_sent(raw: bytes) -> Request | None:
    """The request in a line that a service has had before; None when it can't be read.

    No rule is checked, for the service has judged it, and its section is left empty.
    """
    try:
        line = _decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    if not line.custom_id or line.body is None:
        return None
    return _measured(raw, line.custom_id, line, "", "", meter=Meter(counts=False))


def _measured(
    raw: bytes, own_id: str, line: _Line, section: str, prompt_type: str, *, meter: Meter
) -> Request:
    """A readable line as a request, with what decides into which batch it fits."""
    body = line.body or _Body()
    texts = (body.messages, body.input, body.prompt, body.instructions)
    limits = (body.max_completion_tokens, body.max_tokens, body.max_output_tokens)
    endpoint = line.url or ""
    wanted = schema_of_chat(bytes(body.response_format)) or schema_of_response(bytes(body.text))
    found = meter.json((*map(bytes, texts), wanted or b""), body.model or "")
    return Request(
        custom_id=own_id,
        section=section,
        prompt_type=prompt_type,
        model=body.model or "",
        endpoint=endpoint,
        line=raw,
        tokens=found.tokens + (0 if endpoint == EMBEDDINGS else PER_REQUEST),
        max_output_tokens=0 if endpoint == EMBEDDINGS else _first(limits),
        inputs=_inputs(bytes(body.input)) if endpoint == EMBEDDINGS else 1,
        schema=wanted,
        exact=found.counted and is_its_texts(endpoint, _whole_body(raw)),
    )


def _whole_body(raw: bytes) -> dict[str, Any]:
    """All that a readable line asks with; nothing when it holds what no number can be."""
    try:
        whole: dict[str, Any] = msgspec.json.decode(raw)["body"]
    except (msgspec.DecodeError, RecursionError):  # `1e999`: what is not kept is only skipped
        return {}
    return whole


def _problem(line: _Line, number: int, seen: _Seen) -> Problem | None:
    """The first thing that a service would refuse this line for."""
    if not line.custom_id:
        return Problem("the request needs a custom_id", line=number, key="custom_id")
    if (first := seen.ids.get(line.custom_id)) is not None:
        return Problem(
            f"the custom_id “{one_line(line.custom_id, 40)}” is already on line {first}",
            line=number,
            key="custom_id",
        )
    if not line.url:
        return Problem("the request needs a url", line=number, key="url")
    if line.method != "POST":
        return Problem("the method must be POST", line=number, key="method")
    seen.endpoint = seen.endpoint or line.url
    if line.url != seen.endpoint:
        return Problem(
            f"the url differs from the file's first, {one_line(seen.endpoint, 40)}; "
            "a batch has one endpoint",
            line=number,
            key="url",
        )
    return _body_problem(line.body, line.url, number)


def _body_problem(body: _Body | None, endpoint: str, number: int) -> Problem | None:
    if body is None:
        return Problem("the request needs a body", line=number, key="body")
    if not body.model:
        return Problem("the request needs a model", line=number, key="body.model")
    if body.stream:
        return Problem("a batch can't stream", line=number, key="body.stream")
    if endpoint.endswith("/chat/completions") and _is_empty(body.messages):
        return Problem("a chat request needs messages", line=number, key="body.messages")
    # A response may be asked for with a stored prompt instead (OpenAI's API reference).
    asked = body.input if endpoint == EMBEDDINGS or _is_empty(body.prompt) else body.prompt
    if endpoint in (EMBEDDINGS, RESPONSES) and _is_empty(asked):
        return Problem("the request needs an input", line=number, key="body.input")
    return None


def _is_empty(raw: msgspec.Raw) -> bool:
    return bytes(raw) in (b"", b"null", b"[]", b'""')


def _as_sentence(what: str) -> str:
    """msgspec's `Expected `str`, got `int`` in a user's words."""
    what = what.replace(" | null", "")
    names = {"str": "text", "int": "a whole number", "bool": "true or false", "object": "an object"}
    for name, word in (
        *names.items(),
        ("array", "a list"),
        ("null", "null"),
        ("float", "a number"),
    ):
        what = what.replace(f"`{name}`", word)
    return what.replace("Expected", "expected").replace("got", "found")


def _inputs(raw: bytes) -> int:
    """How many texts an embeddings request holds: a list of texts or of token lists, or one."""
    if not raw.lstrip().startswith(b"["):
        return 1
    items = _decode_list(raw)
    return len(items) if items and bytes(items[0])[:1] in (b'"', b"[") else 1


def _first(values: tuple[int | None, ...]) -> int | None:
    return next((value for value in values if value is not None), None)
