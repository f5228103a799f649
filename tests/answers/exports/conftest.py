"""What tests of exports may ask for."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Protocol

import pytest

from tests.answers.exports.job import ABOUT, a_job
from wellspring_tui.answers.exports.formats import format_named
from wellspring_tui.answers.exports.source import Source

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from wellspring_tui.answers.results import Results


class Written(Protocol):
    """What a format makes of a job."""

    def __call__(self, name: str, *, prompts: bool = False) -> bytes:
        """All bytes of it."""
        ...


@pytest.fixture
def results(tmp_path: Path) -> Iterator[Results]:
    """Answers of every outcome."""
    made = a_job(tmp_path / "job")
    with made.index:
        yield made


@pytest.fixture
def written(results: Results) -> Written:
    """Writes that job."""

    def write(name: str, *, prompts: bool = False) -> bytes:
        file = io.BytesIO()
        format_named(name).write(Source(results, ABOUT, prompts), file)
        return file.getvalue()

    return write
