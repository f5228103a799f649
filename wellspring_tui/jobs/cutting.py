"""Which part each request of a job goes to. Nothing is written here.

A batch takes one model, one endpoint, and only so many requests, bytes and embedding
inputs; the service's profile says how many. A part that needs more tokens than the
service's queue holds could never run, so that cuts too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from wellspring_tui.errors import PromptsFileError
from wellspring_tui.prompts.model import EMBEDDINGS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from wellspring_tui.prompts.model import Request
    from wellspring_tui.service_profiles import ServiceProfile

_ROOM_USED = 0.8
"""Tokens are estimated, and may be a quarter more: a full part must still fit the queue."""

QueueOf: TypeAlias = "Callable[[str], int | None]"
"""How many tokens of a model a service takes at once; None when nobody knows."""


def no_queue(_model: str) -> None:
    """A service of whose queue nothing is known."""


@dataclass(slots=True)
class Cut:
    """What one part holds. It grows while requests go by."""

    number: int
    endpoint: str
    model: str
    room: float
    """Tokens that it may hold."""
    requests: int = 0
    size_bytes: int = 0
    inputs: int = 0
    """Texts to embed."""
    tokens: int = 0
    """Input tokens, estimated."""


@dataclass(frozen=True, slots=True)
class Rule:
    """By what a file was cut: two services with the same rule cut it alike."""

    max_requests: int
    max_bytes: int
    max_embedding_inputs: int
    queues: tuple[tuple[str, int | None], ...]
    """What the service takes at once of each model of the file."""


def rule_for(limits: ServiceProfile, queue_of: QueueOf, models: Iterable[str]) -> Rule:
    """The rule by which a service would cut a file that asks these models."""
    return Rule(
        limits.max_requests,
        limits.max_bytes,
        limits.max_embedding_inputs,
        tuple((model, queue_of(model)) for model in sorted(models)),
    )


class Cutter:
    """Cuts a stream of requests into parts; `cuts` are all so far, by number."""

    def __init__(
        self, limits: ServiceProfile, queue_of: QueueOf = no_queue, first_number: int = 1
    ) -> None:
        self.cuts: list[Cut] = []
        self._limits = limits
        self._queue_of = queue_of
        self._first_number = first_number
        self._open: dict[tuple[str, str], Cut] = {}
        self._rooms: dict[str, float] = {}

    def place(self, request: Request) -> Cut:
        """The part that takes `request`, counted in.

        Raises PromptsFileError for a request that is too large for the service.
        """
        size = len(request.line) + 1
        key = request.endpoint, request.model
        cut = self._open.get(key)
        limits = self._limits
        if (
            cut is None
            or cut.requests >= limits.max_requests
            or cut.size_bytes + size > limits.max_bytes
            or cut.tokens + request.tokens > cut.room
            or (
                request.endpoint == EMBEDDINGS
                and cut.inputs + request.inputs > limits.max_embedding_inputs
            )
        ):
            cut = self._open[key] = self._begin(request, size)
        cut.requests += 1
        cut.size_bytes += size
        cut.inputs += request.inputs
        cut.tokens += request.tokens
        return cut

    def _begin(self, request: Request, size: int) -> Cut:
        limits = self._limits
        if size > limits.max_bytes:
            raise PromptsFileError(
                f"the request {request.custom_id} has {size - 1:,} bytes, "
                f"more than the {limits.max_bytes:,} that {limits.name} takes",
                todo="Shorten it.",
            )
        if request.model not in self._rooms:
            queue = self._queue_of(request.model)
            self._rooms[request.model] = float("inf") if queue is None else queue * _ROOM_USED
        number = self._first_number + len(self.cuts)
        cut = Cut(number, request.endpoint, request.model, self._rooms[request.model])
        self.cuts.append(cut)
        return cut
