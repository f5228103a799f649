"""Who answers a request: the seam between carrying batches and making answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import msgspec

    from wellspring_tui.local.wire import ApiError, JsonObject


@dataclass(frozen=True, slots=True)
class Question:
    """One request: of a batch, or asked directly."""

    endpoint: str
    """`/v1/…`"""
    body: bytes
    """A JSON object, as its sender wrote it."""
    batch_id: str | None = None
    """None when somebody waits for the answer."""
    line: int = 0
    """Its place in the batch's input file, counted from 1."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP status code and the body that goes with it; an error body when it is not 200."""

    status_code: int
    body: JsonObject | msgspec.Raw


class Answerer(Protocol):
    """Answers one request at a time, many of them at once, all in one event loop."""

    at_once: int
    """How many requests of a batch it is worth giving it at once."""
    trouble: ApiError | None
    """What keeps it from answering now; it tries again by itself."""

    @property
    def under_way(self) -> int:
        """How many requests somebody else is answering for it just now."""

    async def answer(self, question: Question) -> Answer:
        """Answer a request.

        What goes wrong is an answer too, with its status code: nothing is raised.
        """

    def dismiss(self, batch_id: str) -> None:
        """Begin no more of a batch's requests; those under way go on."""

    async def models(self) -> list[JsonObject]:
        """The models it knows, as `/v1/models` lists them. Raises ApiError."""

    def full_name(self, model: str) -> str:
        """The name by which a batch calls the model that its lines name."""

    def knows_misfit(self, model: str, endpoint: str) -> bool:
        """Whether the model is known to be of another kind than the endpoint."""

    async def close(self) -> None:
        """Let go of connections; nothing is asked any more."""
