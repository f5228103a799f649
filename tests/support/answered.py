"""Jobs that are over, with answers of every kind on disk, made without a service."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from tests.support.files import answer, encoded, jsonl, request
from tests.support.jobs import batch, job, part
from wellspring_tui.answers.index import AnswerIndex
from wellspring_tui.answers.model import Place
from wellspring_tui.jobs.model import INDEX_NAME
from wellspring_tui.private import make_folder
from wellspring_tui.services.model import Counts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wellspring_tui.answers.model import RequestRow
    from wellspring_tui.jobs.model import Job
    from wellspring_tui.wellspring import Wellspring


@dataclass(frozen=True, slots=True)
class Told:
    """What came of one request."""

    text: str | None = "Yes."
    """The answer; None when it failed."""
    finish: str = "stop"
    missing: bool = False
    asked: str = ""
    """The prompt, when it matters."""
    schema: bytes | None = None
    """What the answer is asked to fit."""


YES = Told()
FAILED = Told(None)
MISSING = Told(missing=True)
CUT_OFF = Told("It goes on and", "length")
REFUSED = Told("I won't say.", "content_filter")
OFF_SCHEMA = Told('{"plant":7}', schema=b'{"properties": {"plant": {"type": "string"}}}')


def ended_job(
    door: Wellspring,
    sections: Mapping[str, Sequence[Told]],
    job_id: str = "aaaaa1",
    *,
    ended: bool = True,
    **about: Any,
) -> Job:
    """A collected job; the requests of section `S` are called `S 0`, `S 1` and so on.

    Not `ended` it still waits for what is missing.
    """
    named = [
        (f"{name} {number}", name, told)
        for name, all_told in sections.items()
        for number, told in enumerate(all_told)
    ]
    planned = replace(part(job_id), requests=len(named))
    given = {"name": "handbook", "requests": len(named), **about}
    door.ledger.add_job(job(job_id, **given), [planned])
    asked = [
        request(own_id, messages=[{"role": "user", "content": told.asked or f"Tell {own_id}."}])
        for own_id, _, told in named
    ]
    inputs = make_folder(door.settings.places.inputs(job_id))
    (inputs / "part-001.jsonl").write_bytes(jsonl(asked))
    lines = [_line(own_id, told) for own_id, _, told in named if not told.missing]
    failed = sum(told.text is None for _, _, told in named)
    counts = Counts(len(named), len(lines) - failed, failed)
    door.ledger.steps.observe(planned, batch(f"batch_{job_id}", "completed", counts=counts))
    outputs = make_folder(door.settings.places.outputs(job_id))
    output = outputs / "part-001.output.jsonl"
    output.write_bytes(encoded(*lines))
    with AnswerIndex.create(outputs / INDEX_NAME) as index:
        index.add_requests(_requests(named, asked))
        index.add_file(output, 1, lambda _done, _total: None)
        if ended:
            door.ledger.steps.collected(planned, index.totals(), None, own=index.counts_of_part(1))
    return door.job(job_id)


def _requests(named: list[tuple[str, str, Told]], asked: list[bytes]) -> list[RequestRow]:
    rows: list[RequestRow] = []
    offset = 0
    for (own_id, section, told), line in zip(named, asked, strict=True):
        length = len(line) + 1
        place = Place("part-001.jsonl", offset, length)
        rows.append((own_id, section, f"prompt {own_id}", place, told.schema))
        offset += length
    return rows


def _line(own_id: str, told: Told) -> dict[str, Any]:
    if told.text is None:
        said = {"error": {"message": f"{own_id} is too long.", "code": "too_long"}}
        return {"custom_id": own_id, "response": {"status_code": 400, "body": said}, "error": None}
    choice = {"index": 0, "message": {"content": told.text}, "finish_reason": told.finish}
    return json.loads(json.dumps(answer(own_id, choices=[choice])))  # type: ignore[no-any-return]
