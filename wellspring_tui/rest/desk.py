"""What every endpoint needs, in one place."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Path
from starlette.requests import HTTPConnection

from wellspring_tui.rest.carrying import Carrying
from wellspring_tui.rest.discretion import Discretion
from wellspring_tui.rest.roots import Roots
from wellspring_tui.rest.webhooks import Seal
from wellspring_tui.wellspring import Wellspring


@dataclass(frozen=True, slots=True)
class Desk:
    """The door and what stands beside it while the server runs."""

    door: Wellspring
    carrying: Carrying
    roots: Roots
    discretion: Discretion
    seal: Seal | None = None
    """Checks webhooks; None without a secret."""
    stopping: threading.Event = field(default_factory=threading.Event)
    """Set when the server stops: whoever waits answers with what there is."""


def _desk(connection: HTTPConnection) -> Desk:
    desk: Desk = connection.app.state.desk
    return desk


AtDesk = Annotated[Desk, Depends(_desk)]
JobId = Annotated[
    str,
    Path(
        max_length=200,
        description="A job's id, or the id of one of its batches.",
        examples=["k3x9pq"],
    ),
]
