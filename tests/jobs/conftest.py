"""One built-in service that all jobs of these tests are sent to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from tests.support.homes import sent_to, stop_builtin
from tests.support.jobs import NOON
from wellspring_tui.jobs.ledger import Ledger
from wellspring_tui.services.builtin import BuiltinService
from wellspring_tui.services.client import Service

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from wellspring_tui.settings import Settings


@dataclass(slots=True)
class Clock:
    """Goes on when it is told to."""

    now: datetime = NOON

    def seconds(self) -> float:
        """Since 1970."""
        return self.now.timestamp()

    def go_on(self, seconds: float) -> None:
        """Let that much time pass."""
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a ledger lies."""
    return tmp_path / "home" / "ledger.sqlite"


@pytest.fixture
def ledger(path: Path) -> Iterator[Ledger]:
    """A new ledger."""
    opened = Ledger(path)
    yield opened
    opened.close()


@pytest.fixture
def clock() -> Clock:
    """A clock that stands still."""
    return Clock()


@pytest.fixture
def timed(path: Path, clock: Clock) -> Iterator[Ledger]:
    """A new ledger that goes by that clock."""
    opened = Ledger(path, clock.seconds)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def service_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where a built-in service runs that is as fast as it can be."""
    home = tmp_path_factory.mktemp("shared-home")
    builtin = BuiltinService(home / "local", pace_seconds=0.0)
    yield builtin.base_url()
    builtin.release()
    stop_builtin(home)


@pytest.fixture
def remote(service_url: str) -> Iterator[Service]:
    """A connection of the test's own to that service, to look at what it holds."""
    service = Service(service_url, "built-in")
    yield service
    service.close()


@pytest.fixture
def settings(settings: Settings, service_url: str) -> Settings:
    """Settings by which jobs go to that service."""
    return sent_to(settings, service_url)
