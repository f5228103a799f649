"""The two ways to a service: its batches, or its real-time endpoint.

A channel is what the ledger's parts go through: a service by its own name, or, with words
behind that, the built-in service in front of it, which is paid the real-time price.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

from wellspring_tui.service_profiles import IN_REAL_TIME, ServiceProfile

if TYPE_CHECKING:
    from pathlib import Path

    from wellspring_tui.places import Places
    from wellspring_tui.settings import Settings

_SETTLE_SECONDS = 1.0
_BACKOFF_SECONDS = 1.0


def real_time_channel(service: str) -> str:
    """The channel to a service's real-time endpoint: `openai in real time`."""
    return f"{service}{IN_REAL_TIME}"


def service_of(channel: str) -> str:
    """The service that a channel leads to."""
    return channel.removesuffix(IN_REAL_TIME)


def profile_of(settings: Settings, channel: str) -> ServiceProfile:
    """The profile of what a channel leads through. Raises SettingsError."""
    service = settings.profile(service_of(channel))
    if service_of(channel) == channel:
        return service
    usual = ServiceProfile(channel)
    return replace(
        service,
        name=channel,
        answers_for=service.name,
        base_url=None,
        # Without an address nothing can be asked there, in no way.
        base_url_variable=None if service.base_url else service.base_url_variable,
        # Its batches are those of the built-in service, which takes what OpenAI does.
        max_requests=min(service.max_requests, usual.max_requests),
        max_bytes=min(service.max_bytes, usual.max_bytes),
        waits_for_files=usual.waits_for_files,
        enqueued_tokens=None,
        settle_seconds=_SETTLE_SECONDS,
        backoff_seconds=min(_BACKOFF_SECONDS, service.backoff_seconds),
    )


def folder_of(places: Places, service: ServiceProfile) -> Path:
    """Where the built-in service in front of a service keeps its things."""
    kind = "".join(letter for letter in service.name if letter.isalnum() or letter in "-_")
    # Another address is another provider: nothing of the one may be answered by the other.
    digest = hashlib.sha256(f"{service.name}\0{service.base_url}".encode()).hexdigest()
    return places.data / "real-time" / f"{kind[:40]}-{digest[:10]}"
