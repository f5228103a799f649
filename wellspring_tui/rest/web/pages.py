"""The dashboard's page and how a browser signs in; nothing on it is of elsewhere."""

from __future__ import annotations

import os
from dataclasses import dataclass
from html import escape
from importlib.util import find_spec
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Annotated
from urllib.parse import parse_qs

from fastapi import APIRouter, Query, Request, Response, WebSocket
from fastapi.responses import HTMLResponse, RedirectResponse, StreamingResponse
from starlette.staticfiles import StaticFiles

from wellspring_tui.rest.problems import http_refusal
from wellspring_tui.rest.sessions import DASHBOARD, SESSION_SECONDS, SIGN_IN, Sessions, cookie_name
from wellspring_tui.rest.web.tabs import Tabs

if TYPE_CHECKING:
    from starlette.types import Scope

STATIC = f"{DASHBOARD}/static"
SCRIPT = f"{DASHBOARD}/page.js"
SOCKET = f"{DASHBOARD}/ws"

router = APIRouter(include_in_schema=False)

_HERE = Path(__file__).parent
_LONGEST_FORM = 2_000
_FORM_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
# xterm.js writes styles of its own; everything else comes from files of this server.
_PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self'; "
    "img-src 'self' data:; connect-src 'self' $socket; base-uri 'none'; frame-ancestors 'none'"
)


@dataclass(frozen=True, slots=True)
class Front:
    """What the pages need."""

    sessions: Sessions
    tabs: Tabs


class StaticAssets(StaticFiles):
    """textual-serve's script, styles and fonts."""

    def __init__(self) -> None:
        # Found without being imported: its own server would come along.
        found = find_spec("textual_serve")
        assert found is not None
        assert found.submodule_search_locations
        super().__init__(directory=Path(found.submodule_search_locations[0]) / "static")

    def file_response(
        self,
        full_path: str | os.PathLike[str],
        stat_result: os.stat_result,
        scope: Scope,
        status_code: int = 200,
    ) -> Response:
        """A file that a browser may keep for a day."""
        response = super().file_response(full_path, stat_result, scope, status_code)
        response.headers["cache-control"] = "private, max-age=86400"
        return response


@router.get(DASHBOARD)
def dashboard(request: Request, token: Annotated[str, Query(max_length=500)] = "") -> Response:
    """The terminal, for a browser that has signed in; the form for every other."""
    front: Front = request.app.state.front
    if token:
        return _signed_in(request, front.sessions.sign_in(token))
    if not request.state.authorised:
        return _form(401)
    if request.url.query:  # textual.js would take orders from it
        return RedirectResponse(DASHBOARD, 303)
    if front.tabs.full:
        return _page("full.html", 503, _FORM_POLICY)
    scheme = "wss" if _is_encrypted(request) else "ws"
    socket = f"{scheme}://{request.headers['host']}{SOCKET}"
    policy = Template(_PAGE_POLICY).substitute(socket=socket)
    return _page("dashboard.html", 200, policy, static=STATIC, script=SCRIPT, socket=socket)


@router.get(SCRIPT)
def script() -> Response:
    """What textual.js leaves to do."""
    return Response((_HERE / "page.js").read_bytes(), media_type="text/javascript")


@router.post(SIGN_IN)
async def sign_in(request: Request) -> Response:
    """What the form sends."""
    body = (await request.body())[:_LONGEST_FORM].decode("ascii", "replace")
    (token,) = parse_qs(body).get("token", [""])[:1]
    front: Front = request.app.state.front
    return _signed_in(request, front.sessions.sign_in(token.strip()))


@router.get("/download/{key}")
def download(key: str, request: Request) -> Response:
    """A file that a dashboard hands to its browser."""
    front: Front = request.app.state.front
    found = front.tabs.downloads.take(key)
    if found is None:
        raise http_refusal(404, "GET", "/download")
    headers = {"content-disposition": found.disposition}
    return StreamingResponse(found.content(), 200, headers, "application/octet-stream")


@router.websocket(SOCKET)
async def terminal(socket: WebSocket, width: int = 80, height: int = 24) -> None:
    """The terminal's line; the guard has looked at the cookie and the page it comes from."""
    front: Front = socket.app.state.front
    await front.tabs.serve(socket, width, height)


def _signed_in(request: Request, session: str | None) -> Response:
    if session is None:
        return _form(401, "That did not sign you in: the link was used, or the token is wrong.")
    response = RedirectResponse(DASHBOARD, 303)
    response.set_cookie(
        cookie_name(request.scope),
        session,
        max_age=SESSION_SECONDS,
        httponly=True,
        samesite="strict",
        secure=_is_encrypted(request),
    )
    return response


def _form(status: int, said: str = "") -> Response:
    return _page("sign-in.html", status, _FORM_POLICY, action=SIGN_IN, said=escape(said))


def _page(name: str, status: int, policy: str, **values: str) -> Response:
    html = Template((_HERE / name).read_text(encoding="utf-8")).substitute(values)
    return HTMLResponse(html, status, {"content-security-policy": policy})


def _is_encrypted(request: Request) -> bool:
    """Whether the browser came over TLS, through a proxy: it matters to its own page only."""
    return request.headers.get("x-forwarded-proto") == "https"
