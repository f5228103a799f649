"""What the built-in service was told when it was started."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from wellspring_tui.local.scenarios import Scenario, of_batch

if TYPE_CHECKING:
    from pathlib import Path

    from wellspring_tui.local.provider import Provider

HOST = "127.0.0.1"
DEFAULT_PORT = 8089
DEFAULT_PACE_SECONDS = 10.0
WINDOW_SECONDS = 86_400
"""OpenAI knows one completion window, `24h`."""
LINE_SECONDS = 600.0


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
    scenario: str | None = None
    """What happens to batches that say nothing themselves."""
    model_server: str | None = None
    """The URL of the server that answers; None for simulated answers."""
    answerer: str = "simulated"
    """Who answers, as the service tells it of itself: `model NAME`, `model server URL`."""
    model_name: str | None = None
    """What the server's only model is called; None when the lines say it."""
    model_server_key: str | None = field(default=None, repr=False)
    line_seconds: float = LINE_SECONDS
    """How long the model server may take for one answer."""
    provider: Provider | None = None
    """Who answers for money, in the place of a model server."""

    @property
    def obeys_metadata(self) -> bool:
        """Whether a batch's metadata may hold a scenario."""
        return self.model_server is None and self.provider is None

    def scenario_of(self, metadata: str | None) -> Scenario:
        """What is to happen to a batch created with this metadata, JSON text."""
        return of_batch(metadata if self.obeys_metadata else None, self.scenario)

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
