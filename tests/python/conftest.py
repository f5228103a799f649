"""Processors in a home of their own, on one built-in service."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.homes import stop_builtin
from wellspring_tui import WellspringBatchProcessor
from wellspring_tui.services.builtin import BuiltinService
from wellspring_tui.services.client import Service

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from wellspring_tui.services.model import Batch


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


def configure(home: Path, url: str, **others: float) -> None:
    """Let jobs of the service `local` in that home go to `url`."""
    given = {"backoff_seconds": 0.02, "settle_seconds": 1.0, **others}
    home.mkdir(exist_ok=True)
    lines = [f"base_url = {json.dumps(url)}", *(f"{name} = {v}" for name, v in given.items())]
    (home / "config.toml").write_text("[services.local]\n" + "\n".join(lines) + "\n")


@pytest.fixture(autouse=True)
def _set_up(home: Path, service_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A home in which nothing has to be said, as it is for a script."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WELLSPRING_HOME", str(home))
    monkeypatch.setenv("WELLSPRING_SERVICE", "local")
    configure(home, service_url)


@pytest.fixture
def make(request: pytest.FixtureRequest) -> Callable[..., WellspringBatchProcessor]:
    """Makes processors that are closed at the end of the test."""

    def made(*given: Any, **named: Any) -> WellspringBatchProcessor:
        processor = WellspringBatchProcessor(*given, **named)
        request.addfinalizer(processor.close)
        return processor

    return made


@pytest.fixture
def processor(make: Callable[..., WellspringBatchProcessor]) -> WellspringBatchProcessor:
    """A processor as the settings have it."""
    return make()


def uploaded(processor: WellspringBatchProcessor, prompts_path: Path) -> str:
    """Everything up to the upload."""
    tasks = processor.format_prompts_for_batch_api(
        processor.load_visual_batch_prompts(prompts_path)
    )
    return processor.upload_batch_file(processor.create_batch_file(tasks))


def batches_of(remote: Service, file_id: str) -> list[Batch]:
    """All batches that were ever created of a file."""
    return [batch for batch in remote.batches() if batch.input_file_id == file_id]


def headings(results: dict[str, Any]) -> dict[str, list[str]]:
    """Sections and the prompt types answered in them."""
    return {name: list(types) for name, types in results["results_by_section"].items()}
