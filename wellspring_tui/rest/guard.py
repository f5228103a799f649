"""In front of everything: who comes in, how much they bring, and one line in the log for each."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from typing import TYPE_CHECKING

from wellspring_tui.rest import limits
from wellspring_tui.rest.entrance import header
from wellspring_tui.rest.journal import place_of
from wellspring_tui.rest.problems import RefusalError, answer, apology
from wellspring_tui.rest.sessions import SIGN_IN
from wellspring_tui.text import one_line

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from wellspring_tui.rest.entrance import Entrance

_log = logging.getLogger(__name__)

_FORM = "application/x-www-form-urlencoded"
_BURST = 40
_PER_SECOND = 10.0
_POLICY_VIOLATION = 1008

_ALWAYS = {
    b"x-content-type-options": b"nosniff",
    # With “no-referrer” a browser would send the sign-in form as of no page at all.
    b"referrer-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    b"cross-origin-opener-policy": b"same-origin",
    b"x-frame-options": b"DENY",
}
_UNLESS_SET = {
    b"cache-control": b"no-store",
    b"content-security-policy": b"default-src 'none'; frame-ancestors 'none'",
}


class Guard:
    """The ASGI application around the API's own."""

    def __init__(self, app: ASGIApp, entrance: Entrance) -> None:
        self._app = app
        self._entrance = entrance
        self._buckets = limits.Buckets(_BURST, _PER_SECOND)
        self._under_way = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._websocket(scope, receive, send)
        elif scope["type"] == "http":
            await self._http(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = self._entrance.refusal(scope)
        if refusal is not None:
            _note(scope, "WEBSOCKET", refusal.status)
            await send({"type": "websocket.close", "code": _POLICY_VIOLATION})
            return
        _note(scope, "WEBSOCKET", 101)
        try:
            await self._app(scope, receive, send)
        except Exception as error:
            _log.error("%s failed: %s", _asked(scope), place_of(error))
            raise

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        began = time.monotonic()
        sent = _Sent(send)
        self._under_way += 1
        try:
            await self._let_in(scope, receive, sent)
        except Exception as error:
            # A defect of ours: the client hears that it is one, the log where it arose.
            _log.error("%s failed: %s", _asked(scope), place_of(error))
            if sent.status is None:
                await apology()(scope, receive, sent)
            elif not sent.whole:
                raise  # the answer is cut off, and must be seen to be
        finally:
            self._under_way -= 1
            milliseconds = round(1000 * (time.monotonic() - began))
            _note(scope, scope["method"], sent.status or 0, f"{milliseconds} ms")

    async def _let_in(self, scope: Scope, receive: Receive, send: _Sent) -> None:
        scope.setdefault("state", {})["authorised"] = self._entrance.is_authorised(scope)
        try:
            self._refuse(scope)
            body = await _body(scope, receive)
        except RefusalError as refusal:
            await answer(refusal)(scope, receive, send)
            return
        if body is None:
            return  # nobody is there to hear an answer, and half a request must not be done
        await self._app(scope, _replayed(body, receive), send)

    def _refuse(self, scope: Scope) -> None:
        """Raises RefusalError for what is not let in."""
        if _ends_in_doubt(scope):
            raise RefusalError(
                400,
                "framing",
                "It is not clear where the request ends",
                "It has a Transfer-Encoding, which may not stand beside a Content-Length, "
                "nor in HTTP/1.0.",
                headers={"connection": "close"},
            )
        refusal = self._entrance.refusal(scope)
        if refusal is not None:
            raise refusal
        if self._under_way > limits.MOST_REQUESTS:
            raise RefusalError(
                503,
                "too-many",
                "Too many requests are under way",
                f"The server does {limits.MOST_REQUESTS} at once.",
                "Try again in a moment.",
                {"retry-after": "1"},
            )
        if scope["method"] in ("GET", "HEAD", "OPTIONS"):
            return
        wait = self._buckets.wait_seconds((scope.get("client") or ("",))[0])
        if wait:
            raise RefusalError(
                429,
                "too-often",
                "Too many requests in a short time",
                f"A client may send {_PER_SECOND:g} changes a second.",
                "Wait as long as Retry-After says.",
                {"retry-after": str(math.ceil(wait))},
            )


def _ends_in_doubt(scope: Scope) -> bool:
    """Whether a proxy in front might see the request end elsewhere (RFC 9112, 6.1)."""
    names = {name for name, _ in scope["headers"]}
    if b"transfer-encoding" not in names:
        return False
    return b"content-length" in names or scope["http_version"] == "1.0"


async def _body(scope: Scope, receive: Receive) -> bytes | None:
    """The whole body; None when the client went away before it was whole.

    Raises RefusalError for one that is too large, too slow or no JSON.
    """
    told = header(scope, b"content-length")
    if told.isdigit() and (len(told) > 12 or int(told) > limits.LARGEST_BODY_BYTES):
        raise _too_large()
    body = bytearray()
    try:
        async with asyncio.timeout(limits.BODY_SECONDS):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    return None
                body += message.get("body", b"")
                if len(body) > limits.LARGEST_BODY_BYTES:
                    raise _too_large()
                if not message.get("more_body", False):
                    break
    except TimeoutError:
        raise RefusalError(
            408,
            "too-slow",
            "The request came too slowly",
            f"Its body was not here after {limits.BODY_SECONDS:g} s.",
            headers={"connection": "close"},
        ) from None
    kind = header(scope, b"content-type").partition(";")[0].strip().casefold()
    wanted = _FORM if scope["path"] == SIGN_IN else "application/json"
    if body and kind != wanted:
        raise RefusalError(
            415,
            "media-type",
            "The body is of another kind",
            f"This address takes {wanted}.",
            f"Send “Content-Type: {wanted}”.",
        )
    return bytes(body)


def _too_large() -> RefusalError:
    return RefusalError(
        413,
        "too-large",
        "The request is too large",
        f"A body may have {limits.LARGEST_BODY_BYTES:,} bytes.",
        "Prompts are read from files: name one below a root.",
        {"connection": "close"},
    )


def _replayed(body: bytes, receive: Receive) -> Receive:
    """What the application receives: the body at once, then whatever comes."""
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def next_message() -> Message:
        return waiting.pop() if waiting else await receive()

    return next_message


class _Sent:
    """Sends, adds the headers that every answer has, and remembers the status."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.status: int | None = None
        self.whole = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            given = [(name.lower(), value) for name, value in message.get("headers", ())]
            names = {name for name, _ in given}
            added = [*_ALWAYS.items(), *_UNLESS_SET.items()]
            message["headers"] = given + [one for one in added if one[0] not in names]
        await self._send(message)
        self.whole = message["type"] == "http.response.body" and not message.get("more_body")


def _asked(scope: Scope) -> str:
    """What was asked for, without its query: that may hold a token."""
    return f"{one_line(scope.get('method', ''), 20)} {one_line(scope['path'], 200)}"


def _note(scope: Scope, method: str, status: int, more: str = "") -> None:
    client = (scope.get("client") or ("-",))[0]
    path = one_line(scope["path"], 200)
    _log.info("%s %s %s %d %s", client, one_line(method, 20), path, status, more)
