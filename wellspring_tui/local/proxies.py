"""The proxy in front of a server that is not on this machine.

It is found as most programs find it: by the variables HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and
NO_PROXY, in capitals or not, or else by what is set in macOS or Windows.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Proxy:
    """Whom to ask instead of the server; shown without user and password."""

    host: str
    port: int
    variable: str
    """The variable that names it."""
    is_secure: bool = False
    """Whether it is spoken to by TLS itself."""
    credentials: bytes | None = field(default=None, repr=False)
    """What it wants to hear as Proxy-Authorization."""

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        """What a request to the proxy itself tells besides."""
        return [(b"proxy-authorization", self.credentials)] if self.credentials else []

    def __str__(self) -> str:
        return f"the proxy {with_port(self.host, self.port)}"


def with_port(host: str, port: int) -> str:
    """Both as an address has them: `[::1]:80`."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def proxy_for(scheme: str, host: str, port: int) -> Proxy | None:
    """The proxy for a server; None when it is asked directly, as this machine always is.

    Raises ValueError, with a sentence, for an address that is none.
    """
    if _is_loopback(host):
        return None
    # Takes as long to import as half of what else is imported: only who needs it pays.
    from urllib.request import getproxies, proxy_bypass

    proxies = getproxies()
    kind = scheme if proxies.get(scheme) else "all"
    address = proxies.get(kind)
    if not address or proxy_bypass(with_port(host, port)):
        return None
    return _read(address, f"{kind.upper()}_PROXY")


def named_in(environment: Mapping[str, str]) -> str:
    """All that an environment says of proxies, passwords included."""
    named = (item for item in environment.items() if item[0].lower().endswith("_proxy"))
    return "\n".join(f"{name}={value}" for name, value in sorted(named))


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _read(address: str, variable: str) -> Proxy:
    try:
        url = urlsplit(address if "://" in address else f"http://{address}")
        host, port = url.hostname, url.port
    except ValueError:
        host, port = None, None
    if not host:
        raise ValueError(f"{variable} does not hold the address of a proxy")
    if url.scheme not in _PORTS:
        raise ValueError(f"{variable} names a proxy of the kind {url.scheme}://, not http://")
    credentials = None
    if url.username is not None:
        pair = f"{unquote(url.username)}:{unquote(url.password or '')}"
        credentials = b"Basic " + b64encode(pair.encode())
    is_secure = url.scheme == "https"
    return Proxy(host, port or _PORTS[url.scheme], variable, is_secure, credentials)
