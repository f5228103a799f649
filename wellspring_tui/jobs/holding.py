"""Who carries a part, or changes a job's folders: one process at a time, and none that is dead."""

from __future__ import annotations

import errno
import os
import secrets
import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING

from wellspring_tui.errors import InputError
from wellspring_tui.jobs import rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from wellspring_tui.jobs.database import Database
    from wellspring_tui.jobs.model import Part

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


class Holds:
    """The ledger's side of it: which part is carried by whom."""

    def __init__(self, file: Database, now: Callable[[], float]) -> None:
        """`now` tells the time in seconds since 1970."""
        self._file = file
        self._now = now

    def take(self, part_id: str, holder: str, seconds: float) -> Part | None:
        """Hold a part so that no other process carries it; None while another one does.

        The hold ends with the process, or by itself after `seconds`.
        """
        now = self._now()
        with self._file.writing() as db:
            row = db.execute(
                "SELECT holder, held_until FROM parts WHERE id = :id", {"id": part_id}
            ).fetchone()
            free = row["holder"] in (None, holder) or row["held_until"] < now
            if not free and not is_gone(row["holder"]):
                return None
            held = db.execute(
                """
                UPDATE parts SET holder = :holder, held_until = :until
                WHERE id = :id RETURNING *
                """,
                {"id": part_id, "holder": holder, "until": now + seconds},
            ).fetchone()
        return rows.part(held)

    def release(self, part_id: str, holder: str) -> None:
        """Let go of a part."""
        with self._file.writing() as db:
            db.execute(
                "UPDATE parts SET holder = NULL WHERE id = :id AND holder = :holder",
                {"id": part_id, "holder": holder},
            )
