"""Whatever goes wrong on the line: one batch a part, every answer, and the same as ever."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.faults.conftest import through
from tests.support.carried import OPTIONS, Answers, Verdict, judged
from tests.support.faults import KILLS, POSSIBLE, Fault, Script
from tests.support.homes import carry

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from wellspring_tui.services.client import Service
    from wellspring_tui.settings import Settings

_PARTS = 3
_FIRST: Mapping[str, Mapping[str, Sequence[Fault]]] = {
    "files": {"upload": [Fault.ANSWER_LOST]},
    "batch": {"batches": [Fault.LISTING_LATE]},
}
"""What it takes to make a call that an undisturbed job does not make."""


@pytest.mark.parametrize(
    ("asks", "fault"),
    [
        (asks, fault)
        for asks in ("upload", "files", "create", "batches", "batch", "file", "content")
        for fault in sorted(POSSIBLE[asks] - KILLS)
    ],
)
def test_a_job_comes_through(
    settings: Settings,
    service_url: str,
    remote: Service,
    prompts_path: Path,
    undisturbed: Answers,
    asks: str,
    fault: Fault,
) -> None:
    faults: dict[str, Sequence[Fault]] = {asks: [fault], **_FIRST.get(asks, {})}
    script = Script(**faults)
    with through(settings, service_url, script) as (line, wellspring):
        job = wellspring.submit(prompts_path, OPTIONS)
        carry(wellspring, job.id)
        assert script.over
        assert judged(wellspring, remote, job.id, undisturbed) == Verdict()
        # What has been done is not done again, however unsure it was.
        assert line.reached["upload"] == _PARTS
        assert line.reached["create"] == _PARTS + (fault is Fault.FILE_NOT_FOUND)
