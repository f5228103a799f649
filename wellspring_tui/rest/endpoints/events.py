"""A job's progress as it happens, as server-sent events."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Header, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from wellspring_tui.jobs.model import JobDetail
from wellspring_tui.rest.desk import AtDesk, Desk, JobId
from wellspring_tui.rest.shapes import of_event, of_job

router = APIRouter(tags=["jobs"])

MEDIA_TYPE = "text/event-stream"
_LOOK_SECONDS = 0.5
HEARTBEAT_SECONDS = 15.0
_COME_BACK_MILLISECONDS = 2_000
_EVENT = {
    "type": "object",
    "properties": {
        "id": {"type": "string", "description": "Of a timeline event: what to come back with."},
        "event": {"type": "string", "enum": ["timeline", "job", "end"]},
        "data": {"type": "string", "description": "JSON: an EventModel, or a JobModel."},
    },
    "required": ["event", "data"],
}


@router.get(
    "/batch/{job_id}/events",
    response_class=StreamingResponse,
    responses={
        200: {"content": {MEDIA_TYPE: {"schema": _EVENT}}},
        204: {"description": "The job is over and all of it was sent: do not come back."},
    },
)
async def events(
    job_id: JobId,
    desk: AtDesk,
    last_event_id: Annotated[
        str | None, Header(max_length=30, description="The id of the last event that was heard.")
    ] = None,
) -> Response:
    """Follow a job until it is over: `timeline` for each event, `job` when it looks different.

    A client that comes back with `Last-Event-ID` gets what it missed. The last event is
    `end`; comments are sent in between so that the connection is seen to live.
    """
    first = await run_in_threadpool(desk.door.detail, job_id)
    seen = _number(last_event_id)
    if first.job.collected and first.events and seen == first.events[-1].id:
        return Response(status_code=204)  # a browser would ask again for ever
    stream = _Stream(desk, first, seen)
    return StreamingResponse(
        stream.run(), media_type=MEDIA_TYPE, headers={"x-accel-buffering": "no"}
    )


class _Stream:
    """One client that follows one job."""

    def __init__(self, desk: Desk, first: JobDetail, seen: int) -> None:
        self._desk = desk
        self._now = first
        latest = max((event.id for event in first.events), default=0)
        # An id that this ledger has not given yet is of another one: start anew.
        self._seen = seen if seen <= latest else 0
        self._shown = ""

    async def run(self) -> AsyncIterator[str]:
        yield f"retry: {_COME_BACK_MILLISECONDS}\n\n"
        quiet_since = time.monotonic()
        while True:
            for text in self._news():
                quiet_since = time.monotonic()
                yield text
            if self._now.job.collected:
                yield _event("end", of_job(self._now.job, self._desk.discretion))
                return
            if self._desk.stopping.is_set():
                return
            if time.monotonic() - quiet_since >= HEARTBEAT_SECONDS:
                quiet_since = time.monotonic()
                yield ": still here\n\n"
            await asyncio.sleep(_LOOK_SECONDS)
            self._now = await run_in_threadpool(self._desk.door.detail, self._now.job.id)

    def _news(self) -> list[str]:
        fresh = [event for event in self._now.events if event.id > self._seen]
        told = [
            _event("timeline", of_event(event, self._desk.discretion), event.id) for event in fresh
        ]
        if fresh:
            self._seen = fresh[-1].id
        job = _event("job", of_job(self._now.job, self._desk.discretion))
        if job != self._shown:
            self._shown = job
            told.append(job)
        return told


def _event(kind: str, what: BaseModel, number: int | None = None) -> str:
    # JSON holds no line break of its own, so one data line is enough.
    head = f"id: {number}\n" if number is not None else ""
    return f"{head}event: {kind}\ndata: {what.model_dump_json()}\n\n"


def _number(text: str | None) -> int:
    return int(text) if text is not None and text.isascii() and text.isdigit() else 0
