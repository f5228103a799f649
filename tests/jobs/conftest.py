"""One built-in service that all jobs of these tests are sent to."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.support.homes import stop_builtin
from wellspring_tui.services.builtin import BuiltinService
from wellspring_tui.services.client import Service

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wellspring_tui.settings import Settings


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


def sent_to(settings: Settings, url: str | None, **limits: float) -> Settings:
    """The same settings with jobs going to `url`, within other limits.

    None sends them to a built-in service of the home's own.
    """
    profile = replace(settings.profile("local"), base_url=url, **limits)  # type: ignore[arg-type]
    return replace(settings, services={**settings.services, "local": profile})
