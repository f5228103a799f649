"""The socket of a server, and the address a person finds it at."""

from __future__ import annotations

import errno
import ipaddress
import os
import socket

from wellspring_tui.errors import InputError
from wellspring_tui.text import one_line

_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - recognised, not chosen


def listen(host: str, port: int) -> socket.socket:
    """A socket bound to `host`, to its first IPv4 address if it has several; 0 takes a free port.

    Raises InputError for a port that is taken, and for a host that is not of this machine.
    """
    family, address = _address(host)
    # asyncio sends small answers without delay only on a socket that names its protocol.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    if os.name == "posix":  # elsewhere it would let two servers share a port
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6:
        listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    try:
        listening.bind((address, port))
    except OSError as error:
        listening.close()
        if error.errno == errno.EADDRINUSE:
            raise InputError(
                f"port {port} is taken",
                todo="Choose another with --port or PORT, or 0 for a free one.",
            ) from None
        raise InputError(
            f"port {port} of {address} can't be used ({error.strerror})",
            todo="Choose others with --host and --port.",
        ) from None
    return listening


def is_loopback(listening: socket.socket) -> bool:
    """Whether only this machine can reach it."""
    return ipaddress.ip_address(listening.getsockname()[0]).is_loopback


def url_of(listening: socket.socket) -> str:
    """Where a browser on this machine finds it."""
    address, port = listening.getsockname()[:2]
    name = _EVERYWHERE.get(address, address)
    return f"http://{f'[{name}]' if ':' in name else name}:{port}"


def _address(host: str) -> tuple[socket.AddressFamily, str]:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise InputError(
            f"there is no address “{one_line(host, 60)}”",
            where="--host",
            todo="Give it an address of this machine, such as 127.0.0.1.",
        ) from None
    family, *_, address = min(found, key=lambda one: one[0] != socket.AF_INET)
    return family, str(address[0])
