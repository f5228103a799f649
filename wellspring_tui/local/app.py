"""The service's addresses, and what all its answers have in common."""

from __future__ import annotations

import hmac
import logging
import os
from typing import TYPE_CHECKING

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Route

from wellspring_tui.local.batches import Batches
from wellspring_tui.local.files import Files
from wellspring_tui.local.realtime import Realtime
from wellspring_tui.local.wire import ENDPOINTS, ApiError, JsonObject, new_request_id

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from wellspring_tui.local.engine import Engine
    from wellspring_tui.local.leases import Leases
    from wellspring_tui.local.settings import Settings
    from wellspring_tui.local.store import Store

_log = logging.getLogger(__name__)

_LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "[::1]"})
_PREFIX = "/wellspring/"
"""What is no part of the Batch API; open to everybody unless there is a password."""
_HEALTH = "/wellspring/health"


def build(
    settings: Settings,
    store: Store,
    engine: Engine,
    leases: Leases,
    *,
    password: str | None = None,
    proxies: str | None = None,
) -> ASGIApp:
    """The service as one ASGI application; with a `password` it is for who knows it.

    `proxies` stands for those between it and its provider.
    """
    files = Files(settings, store)
    batches = Batches(settings, store, engine)
    realtime = Realtime(engine)

    async def health(request: Request) -> JsonObject:
        del request
        return {
            "status": "ok",
            "pid": os.getpid(),
            "unfinished_batches": len(store.unfinished()),
            "key_refused": engine.trouble is not None and engine.trouble.status_code == 401,
        }

    async def trouble(request: Request) -> JsonObject:
        del request
        body = engine.trouble.body if engine.trouble is not None else {"error": None}
        return {**body, "proxies": proxies, "under_way": engine.under_way}

    routes = [
        Route("/v1/files", _json(files.create), methods=["POST"]),
        Route("/v1/files", _json(files.page), methods=["GET"]),
        Route("/v1/files/{file_id}", _json(files.retrieve), methods=["GET"]),
        Route("/v1/files/{file_id}", _json(files.delete), methods=["DELETE"]),
        Route("/v1/files/{file_id}/content", files.content, methods=["GET"]),
        Route("/v1/batches", _json(batches.create), methods=["POST"]),
        Route("/v1/batches", _json(batches.page), methods=["GET"]),
        Route("/v1/batches/{batch_id}", _json(batches.retrieve), methods=["GET"]),
        Route("/v1/batches/{batch_id}/cancel", _json(batches.cancel), methods=["POST"]),
        Route("/v1/models", _json(realtime.models), methods=["GET"]),
        Route("/v1/models/{model}", _json(realtime.model), methods=["GET"]),
        *(Route(endpoint, realtime.answer, methods=["POST"]) for endpoint in ENDPOINTS),
        Route("/wellspring/health", _json(health), methods=["GET"]),
        Route("/wellspring/trouble", _json(trouble), methods=["GET"]),
    ]
    app = Starlette(
        routes=routes,
        exception_handlers={
            ApiError: _refuse,
            HTTPException: _refuse_address,
            Exception: _apologise,
        },
    )
    app.router.redirect_slashes = False
    return _Door(app, leases, password)


def _json(
    handler: Callable[[Request], Awaitable[JsonObject]],
) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        return _answer(200, await handler(request))

    return answer


def _answer(status_code: int, body: JsonObject) -> Response:
    return Response(msgspec.json.encode(body), status_code, media_type="application/json")


def _refuse(request: Request, error: Exception) -> Response:
    del request
    assert isinstance(error, ApiError)
    response = _answer(error.status_code, error.body)
    if error.retry_after_seconds is not None:
        response.headers["retry-after"] = str(error.retry_after_seconds)
    return response


def _refuse_address(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    method, path = request.method, request.url.path
    if error.status_code == 405:
        refusal = ApiError(405, f"Not allowed to {method} on {path}.", code="method_not_supported")
    else:
        refusal = ApiError(error.status_code, f"Invalid URL ({method} {path})", code="unknown_url")
    response = _answer(refusal.status_code, refusal.body)
    response.headers.update(error.headers or {})
    return response


def _apologise(request: Request, error: Exception) -> Response:
    _log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    sorry = ApiError(
        500, "The server had an error while processing your request.", kind="server_error"
    )
    return _answer(500, sorry.body)


class _Door:
    """In front of everything: the request's id, who may come in, and the leases."""

    def __init__(self, app: ASGIApp, leases: Leases, password: str | None) -> None:
        self._app = app
        self._leases = leases
        self._password = password

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = new_request_id().encode()

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), (b"x-request-id", request_id)]
            await send(message)

        refusal = _refusal(scope, self._password)
        if refusal is not None:
            response = _answer(refusal.status_code, refusal.body)
            await response(scope, receive, send_with_id)
        elif scope["path"] == "/wellspring/lease" and scope["method"] == "GET":
            await self._leases.hold(scope, receive, send_with_id)
        else:
            await self._app(scope, receive, send_with_id)


def _refusal(scope: Scope, password: str | None) -> ApiError | None:
    headers = dict(scope["headers"])
    host = headers.get(b"host", b"").decode("latin-1")
    # A web page that names itself after this address (DNS rebinding) sends its own name.
    if host.rpartition(":")[0] not in _LOOPBACK_NAMES and host not in _LOOPBACK_NAMES:
        return ApiError(421, f"This service answers on 127.0.0.1 only, not as '{host}'.")
    if scope["path"] == _HEALTH or (password is None and scope["path"].startswith(_PREFIX)):
        return None
    scheme, _, token = headers.get(b"authorization", b"").strip().partition(b" ")
    if scheme.lower() != b"bearer" or not token.strip():
        return ApiError(401, "Missing bearer or basic authentication in header")
    if password is not None and not hmac.compare_digest(token.strip(), password.encode()):
        return ApiError(401, "This service answers with another key.", code="another_key")
    return None
