"""Answering in real time: what can be, and finishing so what batches have left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wellspring_tui.errors import InputError
from wellspring_tui.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable

FEW_PROMPTS = 10
"""So many need not wait for a batch; more are sent at once only when somebody insists."""

_ENDPOINTS = frozenset(
    {
        "/v1/chat/completions",
        "/v1/responses",
        "/v1/embeddings",
        "/v1/completions",
        "/v1/moderations",
        "/v1/images/generations",
    }
)
"""Those that the built-in service asks."""


def has_real_time(endpoint: str) -> bool:
    """Whether requests to an endpoint can be answered in real time too."""
    return endpoint in _ENDPOINTS


def refuse_batch_only(endpoints: Iterable[str]) -> None:
    """Raises InputError for an endpoint that can only be asked in a batch."""
    for endpoint in sorted(set(endpoints) - _ENDPOINTS):
        raise InputError(
            f"{one_line(endpoint, 60)} can't be asked in real time",
            todo="Send it as a batch.",
        )
