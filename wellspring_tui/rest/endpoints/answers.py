"""The answers of a job: the results as one JSON, as a line for each request, or as an export."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from typing import IO, Annotated, Literal

from fastapi import APIRouter, Header, Query, Response
from fastapi.responses import StreamingResponse

from wellspring_tui.answers.exports.as_jsonl import as_line
from wellspring_tui.answers.exports.formats import FORMATS
from wellspring_tui.answers.exports.source import Source, encode
from wellspring_tui.jobs.milestones import all_collected_or_one_runs
from wellspring_tui.rest.desk import AtDesk, Desk, JobId
from wellspring_tui.rest.models import ResultsModel

router = APIRouter(tags=["answers"])

JSON_LINES = "application/x-ndjson"
_MEDIA_TYPES = {
    "json": "application/json",
    "jsonl": JSON_LINES,
    "csv": "text/csv; charset=utf-8",
    "markdown": "text/markdown; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "parquet": "application/vnd.apache.parquet",
}
_IN_MEMORY_BYTES = 1_000_000
_LOOK_SECONDS = 0.1
MOST_WAIT_SECONDS = 30.0
_CHUNK_BYTES = 256 * 1024
_TEXT = {"schema": {"type": "string"}}
_BYTES = {"schema": {"type": "string", "format": "binary"}}
_OTHERS = {
    kind.partition(";")[0]: _BYTES if name == "parquet" else _TEXT
    for name, kind in _MEDIA_TYPES.items()
    if name != "json"
}


@router.get(
    "/batch/{job_id}/results", response_model=ResultsModel, responses={200: {"content": _OTHERS}}
)
def results(
    job_id: JobId,
    desk: AtDesk,
    format: Annotated[  # noqa: A002 - the name in the address
        Literal["json", "jsonl", "csv", "markdown", "html", "parquet"] | None,
        Query(description="Without it the Accept header decides; JSON if that does not."),
    ] = None,
    accept: Annotated[str | None, Header(include_in_schema=False)] = None,
) -> Response:
    """The answers by section and prompt type, as far as they have come.

    Of a job whose batches have just ended it waits a little until they are on disk.

    As `application/x-ndjson` it streams one line a request: also those that failed or are
    missing, in the order of the views. The other formats come as files to be saved.
    """
    _let_them_come(desk, job_id)
    if format == "jsonl" or (format is None and JSON_LINES in (accept or "")):
        return _lines(desk, job_id)
    return whole_results(desk, job_id, format or "json")


def _let_them_come(desk: Desk, job_id: str) -> None:
    """Who has seen a job `completed` asks for its answers: they may not be fetched yet."""
    give_up_at = time.monotonic() + MOST_WAIT_SECONDS
    while time.monotonic() < give_up_at:
        parts = desk.door.detail(job_id).parts
        if all_collected_or_one_runs(parts) or desk.stopping.wait(_LOOK_SECONDS):
            return


def whole_results(desk: Desk, job_id: str, name: str = "json") -> Response:
    """The results in one of the formats.

    They are written aside first: whatever goes wrong is told, and never in the middle of 200.
    """
    door = desk.door
    job = door.job(job_id)
    folder = str(door.settings.places.data)
    aside = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES, dir=folder)  # noqa: SIM115
    try:
        door.write_results(job.id, aside, name)
        headers = {"content-length": str(aside.tell())}
        aside.seek(0)
    except BaseException:
        aside.close()
        raise
    if name != "json":
        # A page of answers must not run in the name of this server.
        headers["content-disposition"] = f'attachment; filename="{job.id}{FORMATS[name].suffix}"'
    return StreamingResponse(_poured(aside), media_type=_MEDIA_TYPES[name], headers=headers)


def _poured(aside: IO[bytes]) -> Iterator[bytes]:
    with aside:
        while chunk := aside.read(_CHUNK_BYTES):
            yield chunk


def _lines(desk: Desk, job_id: str) -> Response:
    job = desk.door.job(job_id)
    source = Source(desk.door.results(job.id), desk.door.about(job))
    return StreamingResponse(_encoded(source), media_type=JSON_LINES)


def _encoded(source: Source) -> Iterator[bytes]:
    gathered = bytearray()
    with source.results.index:
        for entry in source.entries():
            gathered += encode(as_line(entry)) + b"\n"
            if len(gathered) >= _CHUNK_BYTES:
                yield bytes(gathered)
                gathered.clear()
    yield bytes(gathered)
