"""What every test may ask for."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest

from tests.support.files import visual
from tests.support.homes import stop_builtin
from wellspring_tui import log
from wellspring_tui.settings import Settings, load_settings
from wellspring_tui.wellspring import Wellspring

if TYPE_CHECKING:
    from collections.abc import Iterator

# No test asserts on a time, hypothesis by itself does.
hypothesis.settings.register_profile("wellspring", deadline=None)
hypothesis.settings.load_profile("wellspring")

# Hundreds of processes are started, and without kept bytecode each of them would spend
# half its life on compiling what it imports.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

_OURS = (
    *("OPENAI_", "WELLSPRING_", "BATCH_", "LOG_LEVEL", "PORT"),
    *("AZURE_OPENAI_", "DASHSCOPE_", "GROQ_", "LITELLM_", "NEBIUS_", "OGX_", "SILICONFLOW_"),
    "TOGETHER_",
)


@pytest.fixture(autouse=True)
def _no_ambient_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody's real key or settings reach a test."""
    for name in list(os.environ):
        if name.startswith(_OURS):
            monkeypatch.delenv(name)
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")


@pytest.fixture(autouse=True)
def _processes_without_tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    """No process spends its time on loading a vocabulary; a test in this one has the extra."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent / "support" / "without_tokens"))


@pytest.fixture(autouse=True)
def _no_log_of_another_test() -> Iterator[None]:
    """What a test prepared is written no longer when it is over."""
    yield
    log.stop()


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """An empty home; a built-in service that was started in it is stopped afterwards."""
    path = tmp_path / "home"
    yield path
    stop_builtin(path)


@pytest.fixture
def settings(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings for the built-in service, as fast as it can be."""
    monkeypatch.chdir(tmp_path)  # no `.env` of the developer's
    return replace(load_settings(home=home, service="local"), pace_seconds=0.0)


@pytest.fixture
def wellspring(settings: Settings) -> Iterator[Wellspring]:
    """Wellspring in that home."""
    with Wellspring(settings) as opened:
        yield opened


@pytest.fixture
def prompts_path(tmp_path: Path) -> Path:
    """A prompts file of two sections with two prompts each."""
    path = tmp_path / "garden.json"
    path.write_bytes(visual())
    return path
