"""Answers from a model server: any program that speaks OpenAI's protocol, asked over HTTP.

What passes is tried again: a refusal for want of room, an outage, an error of the server's
own. Room and outages are waited for as long as the batch may take; its deadline ends that.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec

from wellspring_tui.local.answerer import Answer
from wellspring_tui.local.connections import (
    Connections,
    Headers,
    ProxyError,
    Reply,
    UnreachableError,
    UnreadableError,
)
from wellspring_tui.local.level import CEILING, Level
from wellspring_tui.local.turns import Turns
from wellspring_tui.local.wire import ApiError

if TYPE_CHECKING:
    from wellspring_tui.local.answerer import Question
    from wellspring_tui.local.provider import Provider
    from wellspring_tui.local.wire import JsonObject

_TRIES = 4
"""How often a request is asked that the server fails at; the last failure is its answer."""
_SLOW_TRIES = 2
"""How often one is asked that takes too long: it will again, most likely."""
_FIRST_WAIT_SECONDS = 0.5
_LONGEST_WAIT_SECONDS = 10.0
_LONGEST_HOLD_SECONDS = 600.0
"""A server that wants to be left alone for longer is asked again all the same."""
_LIST_SECONDS = 10.0
_ERROR_CHARACTERS = 2_000
_KEY_SECONDS = 15.0
"""How long a provider that refuses the key is left alone: the account may come back."""
_UNAUTHORIZED = 401
_LONG_KEY = 12
"""What is shorter is a stand-in for a server that wants no key."""

_BUSY = frozenset({429, 503, 529})
# OpenAI's error guide: these come with 429 too, and waiting does not help.
_SPENT = frozenset(
    {
        "insufficient_quota",
        "billing_hard_limit_reached",
        "credit_balance_exhausted",
        "organization_spend_limit_exceeded",
        "project_spend_limit_exceeded",
    }
)
_PASSING = frozenset({408, 409, 500, 502, 504})
_FIRST_ERROR = 300

_log = logging.getLogger(__name__)
_objects = msgspec.json.Decoder(dict[str, msgspec.Raw])


@dataclass(frozen=True, slots=True)
class _Again:
    """Ask once more, after a while, unless the tries are used up: then `answer` is the answer."""

    answer: Answer
    tries: int | None
    """How often it may be asked in all; None as long as the batch may take."""
    wait_seconds: float | None = None
    """What the server asked for; None leaves it to the number of tries."""
    holds_all: bool = False
    """Whether no request of any batch is asked until then."""


class ModelServer:
    """The answerer that asks a model server."""

    at_once = CEILING

    def __init__(
        self,
        url: str,
        key: str | None,
        line_seconds: float,
        model_name: str | None = None,
        *,
        provider: Provider | None = None,
    ) -> None:
        """`line_seconds` is how long the server may take for one answer.

        `model_name` is the name of its only model, which answers whatever name is asked for.
        The server of a `provider` takes money: with a key that it refuses lines wait, for
        they have cost nothing and another key may do.
        """
        self.trouble: ApiError | None = None
        self._host = urlsplit(url).hostname
        self._key = key
        self._is_provider = provider is not None
        self._model_name = model_name
        self._line_seconds = line_seconds
        headers: Headers = [(b"accept", b"application/json"), (b"user-agent", b"wellspring")]
        if key:
            headers.append((b"authorization", b"Bearer " + key.encode()))
        if provider is not None:
            headers += provider.headers
        self._connections = Connections(url, headers, is_base=self._is_provider)
        self._level = Level()
        self._turns = Turns(self._level)

    @property
    def under_way(self) -> int:
        """How many requests the server is answering."""
        return self._connections.under_way

    async def answer(self, question: Question) -> Answer:
        """Ask until there is an answer, or until asking again makes no sense."""
        tries = 0
        while True:
            await self._turns.take(question.batch_id)
            try:
                outcome = await self._ask(question)
            finally:
                self._turns.give_back(question.batch_id)
            if isinstance(outcome, Answer):
                return outcome
            tries += 1
            # Who waits for an answer can ask again; a batch can't.
            if question.batch_id is None or tries == outcome.tries:
                return outcome.answer
            await self._wait(outcome, tries)

    async def _wait(self, again: _Again, tries: int) -> None:
        seconds = again.wait_seconds
        if seconds is None:
            longest = min(_LONGEST_WAIT_SECONDS, _FIRST_WAIT_SECONDS * 2 ** min(tries - 1, 10))
            seconds = longest * random.uniform(0.5, 1)
        if again.holds_all:
            self._turns.hold(seconds)
        else:
            await asyncio.sleep(seconds)

    async def _ask(self, question: Question) -> Answer | _Again:
        asked_at = time.monotonic()
        was_full = self._turns.somebody_waits
        try:
            async with asyncio.timeout(self._line_seconds):
                reply = await self._connections.ask("POST", question.endpoint, question.body)
        except TimeoutError:
            self._level.missed(asked_at=asked_at, now=time.monotonic())
            return _Again(_failure(408, "Request timed out.", "request_timeout"), _SLOW_TRIES)
        except UnreachableError as error:
            self._level.missed(asked_at=asked_at, now=time.monotonic())
            code = "proxy_failed" if isinstance(error, ProxyError) else "model_server_unreachable"
            self._note_trouble(ApiError(502, f"{self._host} can't be asked ({error})", code=code))
            sentence = f"The model server can't be asked: {error}."
            return _Again(_failure(502, sentence, code), None, holds_all=True)
        except UnreadableError as error:
            sentence = f"The model server was asked, but {error}."
            return _Again(_failure(502, sentence, "model_server_unreadable"), _TRIES)
        now = time.monotonic()
        if self._is_provider and reply.status_code == _UNAUTHORIZED:
            return self._locked_out(self._without_key(reply), asked_at=asked_at, now=now)
        self._note_presence()
        if reply.status_code >= _FIRST_ERROR:
            reply = self._without_key(reply)
        if reply.status_code in _BUSY:
            return self._busy(reply, asked_at=asked_at, now=now)
        self._level.answered(asked_at=asked_at, now=now, was_full=was_full)
        return _judged(reply)

    def _busy(self, reply: Reply, *, asked_at: float, now: float) -> Answer | _Again:
        answer = Answer(reply.status_code, _error_body(reply))
        if _code(reply) in _SPENT:
            return answer
        self._level.refused(asked_at=asked_at, now=now)
        seconds = _retry_after(reply)
        return _Again(answer, None, seconds, holds_all=seconds is not None)

    def _locked_out(self, reply: Reply, *, asked_at: float, now: float) -> _Again:
        self._level.refused(asked_at=asked_at, now=now)
        body = msgspec.json.decode(msgspec.json.encode(_error_body(reply)))
        said = f"{self._host} refuses the API key ({body['error'].get('message')})"
        self._note_trouble(ApiError(_UNAUTHORIZED, said, code="invalid_api_key"))
        answer = Answer(reply.status_code, body)
        return _Again(answer, None, _KEY_SECONDS, holds_all=True)

    def _without_key(self, reply: Reply) -> Reply:
        """The same: servers repeat a key that they refuse, and answers are kept on disk."""
        key = (self._key or "").encode()
        if len(key) < _LONG_KEY:
            return reply
        return replace(reply, body=reply.body.replace(key, b"[key]"))

    def _note_trouble(self, trouble: ApiError) -> None:
        if self.trouble is None:
            _log.warning("%s: waiting", trouble)
        self.trouble = trouble

    def _note_presence(self) -> None:
        if self.trouble is not None:
            _log.warning("%s answers again", self._host)
        self.trouble = None

    def dismiss(self, batch_id: str) -> None:
        """Begin no more of a batch's requests; those under way go on."""
        self._turns.dismiss(batch_id)

    async def models(self) -> list[JsonObject]:
        """The models that the server lists. Raises ApiError."""
        try:
            async with asyncio.timeout(_LIST_SECONDS):
                reply = await self._connections.ask("GET", "/v1/models")
            return msgspec.json.decode(reply.body, type=_ModelsPage).data
        except TimeoutError:
            why = "it takes too long"
        except (UnreachableError, UnreadableError, ValueError) as error:
            why = str(error)
        raise ApiError(
            502, f"The model server does not list its models: {why}.", kind="server_error"
        )

    def full_name(self, model: str) -> str:
        """The name that the lines use, unless one model answers them all."""
        return self._model_name or model

    def knows_misfit(self, model: str, endpoint: str) -> bool:
        """Never: the server says so itself, line by line."""
        del model, endpoint
        return False

    async def close(self) -> None:
        """Close idle connections."""
        await self._connections.close()


class _ModelsPage(msgspec.Struct):
    data: list[dict[str, object]]


def _judged(reply: Reply) -> Answer | _Again:
    if 200 <= reply.status_code < 300:
        body = _json_object(reply.body)
        if body is not None:
            return Answer(200, body)
        sentence = "The model server's answer is not a JSON object."
        return _Again(_failure(502, sentence, "model_server_unreadable"), _TRIES)
    answer = Answer(reply.status_code, _error_body(reply))
    if reply.status_code in _PASSING:
        return _Again(answer, _TRIES, _retry_after(reply))
    return answer


def _json_object(raw: bytes) -> msgspec.Raw | None:
    """The bytes as one line of JSON, numbers and escapes as they came; None for anything else."""
    try:
        raw.decode()
        _objects.decode(raw)
        return msgspec.Raw(msgspec.json.format(raw, indent=-1) if b"\n" in raw else raw)
    except (ValueError, RecursionError):
        return None


def _error_body(reply: Reply) -> JsonObject | msgspec.Raw:
    """The server's error in OpenAI's shape, which many send, and others nearly."""
    body = _json_object(reply.body)
    known = {} if body is None else msgspec.json.decode(body)
    if body is not None and isinstance(known.get("error"), dict):
        return body
    said = known.get("message") or known.get("detail") or known.get("error")
    if not isinstance(said, str):
        said = reply.body.decode("utf-8", "replace").strip()
    status = reply.status_code
    return ApiError(
        status,
        said[:_ERROR_CHARACTERS] or f"The model server answered {status}.",
        kind="server_error" if status >= 500 else "invalid_request_error",
    ).body


def _code(reply: Reply) -> object:
    body = _json_object(reply.body)
    error = None if body is None else msgspec.json.decode(body).get("error")
    return error.get("code") if isinstance(error, dict) else None


def _retry_after(reply: Reply) -> float | None:
    """How long the server wants to be left alone: seconds or a date, by RFC 9110."""
    said = reply.header(b"retry-after")
    if said is None:
        return None
    try:
        seconds = float(said)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(said).timestamp() - time.time()
        except ValueError:
            return None
    return min(max(seconds, 0.0), _LONGEST_HOLD_SECONDS) if seconds == seconds else None  # noqa: PLR0124


def _failure(status_code: int, message: str, code: str) -> Answer:
    return Answer(status_code, ApiError(status_code, message, code=code, kind="server_error").body)
