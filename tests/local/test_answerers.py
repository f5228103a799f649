"""No batch has answers of two: whoever begins one answers all of it, or leaves the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.local.conftest import request_line
from tests.support.model_server import ModelServer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.local.conftest import LocalService


def test_a_batch_is_not_finished_by_somebody_else(
    start: Callable[..., LocalService], tmp_path: Path
) -> None:
    first = start("--pace", "0")
    begun = first.submit(map(request_line, range(4)), scenario="stall:600")
    halfway = first.until(
        begun, lambda now: now.request_counts is not None and now.request_counts.completed == 2
    )
    first.kill()

    with ModelServer(tmp_path) as server:
        second = start("--model-server", server.url)
        left = second.until_ended(second.openai.batches.retrieve(halfway.id))
        new = second.until_ended(second.submit(map(request_line, range(4))))

    assert left.status == "cancelled"
    assert left.errors is not None
    assert left.errors.data is not None
    assert left.errors.data[0].code == "answerer_changed"
    assert f"simulated. This service answers now with: model server {server.url}" in str(
        left.errors.data[0].message
    )
    assert len(second.lines(left.output_file_id)) == 2
    unanswered = second.lines(left.error_file_id)
    assert [line["error"]["code"] for line in unanswered] == ["batch_cancelled"] * 2
    assert new.status == "completed"


def test_with_the_same_answerer_it_goes_on(start: Callable[..., LocalService]) -> None:
    first = start("--pace", "0")
    begun = first.submit(map(request_line, range(4)), scenario="stall:1")
    first.until(begun, lambda now: now.status == "in_progress")
    first.kill()

    second = start("--pace", "0")

    assert second.until_ended(second.openai.batches.retrieve(begun.id)).status == "completed"
