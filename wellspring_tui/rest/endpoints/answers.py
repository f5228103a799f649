"""The answers of a job: the results as one JSON, or as a line for each request."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from typing import IO, Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, Header, Query, Response
from fastapi.responses import StreamingResponse

from wellspring_tui.answers.model import Answer, State
from wellspring_tui.answers.results import Results
from wellspring_tui.rest.desk import AtDesk, Desk, JobId
from wellspring_tui.rest.models import ResultsModel

router = APIRouter(tags=["answers"])

JSON_LINES = "application/x-ndjson"
_IN_MEMORY_BYTES = 1_000_000
_CHUNK_BYTES = 256 * 1024

_encode = msgspec.json.Encoder(decimal_format="string").encode


@router.get(
    "/batch/{job_id}/results",
    response_model=ResultsModel,
    responses={200: {"content": {JSON_LINES: {"schema": {"type": "string"}}}}},
)
def results(
    job_id: JobId,
    desk: AtDesk,
    format: Annotated[  # noqa: A002 - the name in the address
        Literal["json", "jsonl"] | None,
        Query(description="Without it the Accept header decides; JSON if that does not."),
    ] = None,
    accept: Annotated[str | None, Header(include_in_schema=False)] = None,
) -> Response:
    """The answers by section and prompt type, as far as they have come.

    As `application/x-ndjson` it streams one line a request: also those that failed or are
    missing, in the order of the views.
    """
    if format == "jsonl" or (format is None and JSON_LINES in (accept or "")):
        return _lines(desk, job_id)
    return whole_results(desk, job_id)


def whole_results(desk: Desk, job_id: str) -> Response:
    """The results as one JSON.

    They are written aside first: whatever goes wrong is told, and never in the middle of 200.
    """
    door = desk.door
    job = door.job(job_id)
    found = door.results(job.id)
    folder = str(door.settings.places.data)
    aside = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES, dir=folder)  # noqa: SIM115
    try:
        with found.index:
            found.write_json(aside, door.about(job))
        size = aside.tell()
        aside.seek(0)
    except BaseException:
        aside.close()
        raise
    return StreamingResponse(
        _poured(aside), media_type="application/json", headers={"content-length": str(size)}
    )


def _poured(aside: IO[bytes]) -> Iterator[bytes]:
    with aside:
        while chunk := aside.read(_CHUNK_BYTES):
            yield chunk


def _lines(desk: Desk, job_id: str) -> Response:
    found = desk.door.results(desk.door.job(job_id).id)
    return StreamingResponse(_encoded(found), media_type=JSON_LINES)


def _encoded(found: Results) -> Iterator[bytes]:
    gathered = bytearray()
    with found.index:
        for answer in found.index.answers():
            gathered += _encode(_line(found, answer)) + b"\n"
            if len(gathered) >= _CHUNK_BYTES:
                yield bytes(gathered)
                gathered.clear()
    yield bytes(gathered)


def _line(found: Results, answer: Answer) -> dict[str, Any]:
    about = {
        "custom_id": answer.custom_id,
        "section": answer.section,
        "prompt_type": answer.prompt_type,
        "state": answer.state.value,
    }
    if answer.state is State.ANSWERED:
        return {**about, **found.entry(answer)}
    return {**about, "status_code": answer.status_code, "reason": answer.reason}
