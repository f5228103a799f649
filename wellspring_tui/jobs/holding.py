"""Who carries a part: one process at a time, and none that is dead."""

from __future__ import annotations

import os
import secrets
import socket


def new_holder() -> str:
    """A name for one conductor: `host:pid:random`."""
    return f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"


def is_gone(holder: str) -> bool:
    """Whether the process behind a holder's name is known to have ended.

    Of another host, or where the system does not tell, nothing is known: then the hold
    runs out by itself.
    """
    host, _, rest = holder.rpartition(":")[0].rpartition(":")
    if os.name != "posix" or host != socket.gethostname() or not rest.isdecimal():
        return False
    try:
        os.kill(int(rest), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False  # it lives, and is somebody else's
    return False
