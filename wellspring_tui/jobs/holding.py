"""Who carries a part, or changes a job's folders: one process at a time, and none that is dead."""

from __future__ import annotations

import errno
import os
import secrets
import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING

from wellspring_tui.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LOCK_NAME = "job.lock"
"""In the folder of a job's input files."""


@contextmanager
def alone(inputs: Path, job_id: str) -> Iterator[None]:
    """Inside, no other process makes, deletes or sends the job again whose folder this is.

    A killed process holds nothing. Raises InputError while another one is at it, OSError
    when there is no such folder.
    """
    from filelock import FileLock, Timeout

    if not inputs.is_dir():  # the lock would make it
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(inputs))
    try:
        with FileLock(inputs / LOCK_NAME, timeout=0, mode=0o600):
            yield
    except Timeout:
        raise InputError(f"another process is at work on the job {job_id} just now") from None


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
