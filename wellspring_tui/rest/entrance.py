"""Who is let in: the right Host, no foreign web page, and the token where one is wanted."""

from __future__ import annotations

import ipaddress
import socket
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from wellspring_tui.rest.problems import RefusalError
from wellspring_tui.rest.sessions import cookie_name
from wellspring_tui.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.types import Scope

    from wellspring_tui.rest.sessions import Sessions

_LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "[::1]"})
_SAFE_METHODS = frozenset({"GET", "HEAD"})


class Entrance:
    """Looks at a request before anything of it is done."""

    def __init__(self, sessions: Sessions, names: Iterable[str], public: Iterable[str]) -> None:
        """`names` are those it is known by elsewhere; `public` the paths that need no token."""
        self.sessions = sessions
        self._names = frozenset(name.casefold() for name in names)
        self._public = frozenset(public)
        own = socket.gethostname().casefold()
        self._own_names = frozenset({own, f"{own}.local"})

    def refusal(self, scope: Scope) -> RefusalError | None:
        """Why a request is not let in; None when it is."""
        host = header(scope, b"host")
        if not self._is_ours(host, scope):
            return RefusalError(
                421,
                "host",
                "The Host header names another server",
                f"This server does not answer as “{one_line(host, 100)}”.",
                "Use the address it printed, or start it with --allow-host NAME.",
            )
        if self._is_foreign(host, scope):
            return RefusalError(
                403,
                "origin",
                "Web pages of elsewhere are refused",
                "The request comes from a page that this server did not make.",
                "Ask from a program, or from this server's own pages.",
            )
        if scope["path"] in self._public or self.is_authorised(scope):
            return None
        return RefusalError(
            401,
            "token",
            "The token is missing or wrong",
            "This server wants its token with every request.",
            "Send “Authorization: Bearer …”; the token is in WELLSPRING_TOKEN, or in the file "
            "that was named when the server started.",
            {"www-authenticate": 'Bearer realm="wellspring"'},
        )

    def is_authorised(self, scope: Scope) -> bool:
        """Whether the token is shown, or none is wanted; a browser's session may only look."""
        if not self.sessions.wanted:
            return True
        scheme, _, token = header(scope, b"authorization").partition(" ")
        if scheme.casefold() == "bearer":
            return self.sessions.is_token(token.strip())
        looks = scope["type"] == "websocket" or scope["method"] in _SAFE_METHODS
        return looks and self.sessions.is_open(session_of(scope))

    def _is_ours(self, host: str, scope: Scope) -> bool:
        """Whether the Host names the address that the connection came to (DNS rebinding)."""
        name, port = _split(host.casefold())
        if port and not (port.isascii() and port.isdigit()):
            return False
        if name in self._names:
            return True
        address, own_port = (scope.get("server") or ("", None))[:2]
        if (port or "80") != str(own_port):
            return False
        return name in _names_of(address) | self._own_names

    def _is_foreign(self, host: str, scope: Scope) -> bool:
        """Whether a web page made elsewhere asks."""
        origin = header(scope, b"origin")
        if origin or scope["type"] == "websocket":
            return not self._is_same(origin, host)
        site = header(scope, b"sec-fetch-site")
        opens_page = (
            scope["method"] in _SAFE_METHODS
            and header(scope, b"sec-fetch-mode") == "navigate"
            and header(scope, b"sec-fetch-dest") == "document"
        )
        return site in ("cross-site", "same-site") and not opens_page

    def _is_same(self, origin: str, host: str) -> bool:
        try:
            parts = urlsplit(origin)
        except ValueError:
            return False
        if parts.scheme not in ("http", "https"):
            return False
        netloc = parts.netloc.casefold()
        return netloc == host.casefold() or _split(netloc)[0] in self._names


def header(scope: Scope, name: bytes) -> str:
    """A header's value; all of them in one when it was sent several times."""
    return ", ".join(value.decode("latin-1") for key, value in scope["headers"] if key == name)


def session_of(scope: Scope) -> str:
    """The session that a browser names, if it does."""
    try:
        found = SimpleCookie(header(scope, b"cookie")).get(cookie_name(scope))
    except CookieError:
        return ""
    return found.value if found is not None else ""


def _split(host: str) -> tuple[str, str]:
    """Name and port of a Host header; the port may be empty."""
    if host.startswith("["):
        name, bracket, rest = host.partition("]")
        return name + bracket, rest.removeprefix(":")
    name, _, port = host.partition(":")
    return name.removesuffix("."), port


def _names_of(address: str) -> frozenset[str]:
    """What an address of this machine may be called."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return frozenset()
    if found.is_loopback:
        return _LOOPBACK_NAMES | {str(found)}
    return frozenset({f"[{found}]" if found.version == 6 else str(found)})
