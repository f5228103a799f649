"""A processor that does not wait for batches."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from tests.support.files import visual
from tests.support.model_server import ModelServer
from tests.support.provider import KEY, LINE_COST_USD, files_with
from wellspring_tui import WellspringBatchProcessor

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_a_script_is_answered_in_real_time_with_a_key_of_its_own(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "garden.json").write_bytes(visual())
    with ModelServer(tmp_path, "--key", KEY) as upstream:
        monkeypatch.setenv("OPENAI_BASE_URL", f"{upstream.url}/v1")
        with WellspringBatchProcessor(KEY, home=home, service="openai", now=True) as processor:
            results = processor.run_complete_batch_workflow("garden.json")
            (job,) = processor.wellspring.jobs()
        assert len(upstream.asked()) == 4
    assert results["total_results"] == 4
    assert job.way == "openai in real time"
    assert job.cost == 4 * Decimal(LINE_COST_USD)
    assert files_with(KEY, home) == []
