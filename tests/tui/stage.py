"""A home with jobs that never change, for pictures that must not change either."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from tests.support.files import CHAT, answer
from wellspring_tui.answers.index import AnswerIndex
from wellspring_tui.answers.model import Place
from wellspring_tui.jobs.ledger import Ledger
from wellspring_tui.jobs.model import INDEX_NAME, WAITING, Job, Part, Step
from wellspring_tui.private import make_folder
from wellspring_tui.services.model import Batch, BatchProblem, Counts

if TYPE_CHECKING:
    from pathlib import Path

    from wellspring_tui.wellspring import Wellspring

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)

_TEXT = """## Sunlight

Vegetables want **six hours** of sun, measured in June.

- Watch the plot on three days.
- Draw the shadows on a plan.

| Hour | Sun |
| --- | --- |
| 9 | yes |
| 15 | no |
"""

_SECTIONS = {
    "Finding the Ground": ("facts_prompt", "layout_prompt", "editing_prompt"),
    "A Year of Planting": ("facts_prompt", "layout_prompt"),
}


def set_stage(door: Wellspring) -> None:
    """Fill the ledger with a job of each ending; the newest has answers to read."""
    ends = (
        ("bbbbb2", "seaside-walks", "completed", Counts(40, 38, 2), ()),
        ("ccccc3", "museum-labels", "expired", Counts(1_200, 700, 0), ()),
        ("ddddd4", "bird-names", "cancelled", Counts(300, 20, 1), ()),
        (
            "fffff5",
            "station-signs",
            "failed",
            Counts(),
            (BatchProblem("Model parameter is required.", "invalid_request", 3, "body.model"),),
        ),
    )
    # The same file, written at a time that never changes.
    ledger = Ledger(door.settings.places.ledger, NOW.timestamp)
    for hours, (job_id, name, status, counts, problems) in enumerate(ends, start=5):
        requests = counts.total or 12
        part = _add_job(ledger, job_id, name, requests, NOW - timedelta(hours=hours))
        batch = _batch(job_id, status, counts, problems)
        ledger.steps.observe(part, batch)
        _make_index(door, job_id, [f"r{number}" for number in range(requests)])
        _collect(ledger, door, job_id, None)
    _add_readable_job(ledger, door)
    ledger.close()


def _add_readable_job(ledger: Ledger, door: Wellspring) -> None:
    names = [(section, kind) for section, kinds in _SECTIONS.items() for kind in kinds]
    ids = [f"{section}.{kind}" for section, kind in names]
    part = _add_job(ledger, "kkkkk1", "garden-handbook", len(ids), NOW - timedelta(hours=3))
    ledger.steps.observe(part, _batch("kkkkk1", "completed", Counts(5, 4, 1)))
    outputs = door.settings.places.outputs("kkkkk1")
    usage = {"prompt_tokens": 120, "completion_tokens": 480, "total_tokens": 600}
    lines = [answer(own_id, _TEXT, usage=usage) for own_id in ids[:-1]]
    failure = {"message": "The prompt is too long.", "code": "context_length_exceeded"}
    lines.append(
        {
            "custom_id": ids[-1],
            "response": {"status_code": 400, "body": {"error": failure}},
            "error": None,
        }
    )
    _make_index(door, "kkkkk1", ids, names)
    output = outputs / "part-001.output.jsonl"
    output.write_text("".join(json.dumps(line) + "\n" for line in lines))
    with AnswerIndex(outputs / INDEX_NAME) as index:
        index.add_file(output, 1, lambda _done, _total: None)
    _collect(ledger, door, "kkkkk1", Decimal("0.00113"))


def _add_job(ledger: Ledger, job_id: str, name: str, requests: int, made: datetime) -> Part:
    job = Job(
        id=job_id,
        name=name,
        description=None,
        source=f"/prompts/{name}.json",
        kind="Wellspring visual prompts",
        service="openai",
        endpoint=CHAT,
        model="gpt-4o-mini",
        window="24h",
        requests=requests,
        tokens_estimated=requests * 120,
        created_at=made,
    )
    part = Part(
        id=f"{job_id}-1",
        job_id=job_id,
        number=1,
        step=Step.PLANNED,
        status=WAITING,
        token=f"{job_id}-1",
        requests=requests,
        size_bytes=requests * 700,
        sha256="0" * 64,
        endpoint=CHAT,
        model="gpt-4o-mini",
        tokens=requests * 120,
    )
    ledger.add_job(job, [part])
    return part


def _batch(
    job_id: str, status: str, counts: Counts, problems: tuple[BatchProblem, ...] = ()
) -> Batch:
    return Batch(id=f"batch_{job_id}", status=status, counts=counts, problems=problems)


def _make_index(
    door: Wellspring, job_id: str, ids: list[str], names: list[tuple[str, str]] | None = None
) -> Path:
    outputs = make_folder(door.settings.places.outputs(job_id))
    filed = names or [("Requests", own_id) for own_id in ids]
    with AnswerIndex.create(outputs / INDEX_NAME) as index:
        place = Place("part-001.jsonl", 0, 1)
        index.add_requests(
            (own_id, section, kind, place)
            for own_id, (section, kind) in zip(ids, filed, strict=True)
        )
    return outputs


def _collect(ledger: Ledger, door: Wellspring, job_id: str, cost: Decimal | None) -> None:
    """Collected as the conductor does it; without answer files the counts stay the service's."""
    (part,) = ledger.parts(job_id)
    with AnswerIndex(door.settings.places.outputs(job_id) / INDEX_NAME) as index:
        ledger.steps.collected(part, index.totals(), cost, own=index.counts_of_part(1))
