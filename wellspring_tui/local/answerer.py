"""Who answers a request: the seam between carrying batches and making answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from wellspring_tui.local.wire import JsonObject


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP status code and the body that goes with it; an error body when it is not 200."""

    status_code: int
    body: JsonObject


class Answerer(Protocol):
    """Answers one request at a time, many of them at once."""

    async def answer(self, endpoint: str, body: JsonObject) -> Answer:
        """Answer the request `body` to `endpoint` ("/v1/…").

        What goes wrong is an answer too, with its status code: nothing is raised.
        """
