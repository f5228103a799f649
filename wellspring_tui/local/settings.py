"""What the built-in service was told when it was started."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

HOST = "127.0.0.1"
DEFAULT_PORT = 8089
DEFAULT_PACE_SECONDS = 10.0
WINDOW_SECONDS = 86_400
"""OpenAI knows one completion window, `24h`."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Where the service keeps its things and how it behaves."""

    data: Path
    port: int = DEFAULT_PORT
    pace_seconds: float = DEFAULT_PACE_SECONDS
    window_seconds: float = WINDOW_SECONDS
    leased: bool = False
    enqueued_tokens: int | None = None
    """Prompt tokens that the unfinished batches of one model may have together."""
    creations_per_hour: int | None = None

    @property
    def database(self) -> Path:
        return self.data / "service.sqlite"

    @property
    def files(self) -> Path:
        """Finished files, named by their ids."""
        return self.data / "files"

    @property
    def batches(self) -> Path:
        """One folder for each unfinished batch."""
        return self.data / "batches"

    @property
    def lock(self) -> Path:
        return self.data / "service.lock"

    @property
    def announcement(self) -> Path:
        """Says who runs here and where, as long as somebody does."""
        return self.data / "service.json"

    @property
    def log(self) -> Path:
        return self.data / "service.log"
