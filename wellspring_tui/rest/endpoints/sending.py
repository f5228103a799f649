"""Looking at a prompts file, sending it, and waiting for its answers if asked to."""

from __future__ import annotations

import asyncio
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool

from wellspring_tui.errors import PromptsFileError, WellspringError
from wellspring_tui.jobs.model import Job
from wellspring_tui.rest.checked import CheckedModel, of_checked
from wellspring_tui.rest.desk import AtDesk, Desk
from wellspring_tui.rest.endpoints.answers import whole_results
from wellspring_tui.rest.incoming import copied
from wellspring_tui.rest.models import Processing, ResultsModel, Submission, SubmittedModel
from wellspring_tui.rest.shapes import of_submitted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wellspring_tui.jobs.needs import Needs
    from wellspring_tui.prompts.model import RequestOptions

router = APIRouter(tags=["sending"])

INCOMING = "incoming"
_USUAL_WAIT_SECONDS = 300.0
_LOOK_SECONDS = 0.25


@router.post("/batch/check")
def check(body: Submission, desk: AtDesk) -> CheckedModel:
    """Tell what is in a prompts file and what it would cost. Nothing is sent, no job is made.

    It takes the same body as `/batch/submit`; `refusal` says what that would answer.
    """
    door = desk.door
    options = door.request_options(**body.request_options())
    with _taken_in(body, desk) as (path, source):
        opener = desk.roots.beside(source)
        needs = door.needs(path, options, service=body.service, open_image=opener)
    needs.found.path = Path(body.json_file_path)
    cost = door.estimate(needs.found, body.service, now=body.now)
    return of_checked(needs, cost, _refusal(needs, options, body, desk))


@router.post("/batch/submit", status_code=202)
def submit(body: Submission, desk: AtDesk, response: Response) -> SubmittedModel:
    """Make a job of a prompts file below the server's roots. It is sent right after.

    The job is kept when this answers, and is sent and followed also if the client goes away.
    """
    job = _submitted(body, desk)
    response.headers["location"] = f"/batch/{job.id}/status"
    return of_submitted(job, body, desk.discretion)


@router.post(
    "/batch/process-complete",
    response_model=ResultsModel,
    responses={202: {"model": SubmittedModel, "description": "It still runs; look there later."}},
)
async def process_complete(body: Processing, desk: AtDesk, request: Request) -> Response:
    """Make a job of a prompts file and answer with its results, or with where they will be.

    With `wait` or `wait_seconds` it answers 200 and the results when the job ends in that
    time; otherwise 202 and the job.
    """
    job = await run_in_threadpool(_submitted, body, desk)
    seconds = body.wait_seconds
    if seconds is None:
        seconds = _USUAL_WAIT_SECONDS if body.wait else 0.0
    job = await _until_over(job, seconds, desk, request)
    if job.collected:
        return await run_in_threadpool(whole_results, desk, job.id)
    told = of_submitted(job, body, desk.discretion)
    headers = {"location": told.links.status, "retry-after": str(_pause(desk, job))}
    return Response(told.model_dump_json(), 202, headers, "application/json")


def _submitted(body: Submission, desk: Desk) -> Job:
    options = desk.door.request_options(**body.request_options())
    with _taken_in(body, desk) as (path, source):
        job = desk.door.submit(
            path,
            options,
            service=body.service,
            name=body.name,
            description=body.description,
            tags=body.tags,
            source=source,
            open_image=desk.roots.beside(source),
            max_cost=body.max_cost,
            now=body.now,
        )
    desk.carrying.look(job.service)
    return job


@contextmanager
def _taken_in(body: Submission, desk: Desk) -> Iterator[tuple[Path, Path]]:
    """A private copy of the file that a client names, and where the file is."""
    folder = desk.door.settings.places.data / INCOMING
    with desk.roots.opened(body.json_file_path) as (file, source):
        try:
            with copied(file, source.name, folder) as path:
                yield path, source
        except PromptsFileError as error:
            todo = error.todo or "Mend the file and submit it again; nothing was sent."
            raise PromptsFileError(error.what, where=body.json_file_path, todo=todo) from None


def _refusal(needs: Needs, options: RequestOptions, body: Submission, desk: Desk) -> str | None:
    """Why `submit` would refuse what was looked at, in a sentence; None if it would not."""
    door = desk.door
    try:
        needs.found.raise_if_unsendable()
        door.refuse_unfit(needs, options, body.service, now=body.now)
        door.keep_to_limit(needs.found, body.service, body.max_cost, now=body.now)
    except WellspringError as error:
        return desk.discretion.text(error.what)
    return None


async def _until_over(job: Job, seconds: float, desk: Desk, request: Request) -> Job:
    """The job when it is over, or when `seconds` are, or when nobody waits any more."""
    deadline = time.monotonic() + seconds
    while not job.collected and time.monotonic() < deadline and not desk.stopping.is_set():
        await asyncio.sleep(_LOOK_SECONDS)
        if await request.is_disconnected():
            break
        job = await run_in_threadpool(desk.door.job, job.id)
    return job


def _pause(desk: Desk, job: Job) -> int:
    return max(1, round(desk.door.check_interval_seconds(job.service)))
