"""Jobs: one, many, and what can be done to one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query

from wellspring_tui.jobs.entries import JOB_STATUSES
from wellspring_tui.jobs.model import JobsQuery
from wellspring_tui.jobs.spending import limit_from_text
from wellspring_tui.rest.desk import AtDesk, JobId
from wellspring_tui.rest.models import JobDetailModel, JobModel, JobsPage, RetryModel
from wellspring_tui.rest.problems import conflicts, validation
from wellspring_tui.rest.shapes import of_detail, of_job, of_retry

router = APIRouter(tags=["jobs"])

_LARGEST_PAGE = 1_000
_NO_STATUS = f"No job has it, and it is none of {', '.join(JOB_STATUSES)}"


@router.get("/batch/list")
def list_jobs(
    desk: AtDesk,
    *,
    limit: Annotated[int, Query(ge=1, le=_LARGEST_PAGE)] = 100,
    after: Annotated[
        str | None, Query(max_length=200, description="Go on after this job, the last of a page.")
    ] = None,
    offset: Annotated[int, Query(ge=0, le=2**40, description="Leave out so many.")] = 0,
    status: Annotated[
        str,
        Query(
            max_length=100,
            description=f"One of {', '.join(JOB_STATUSES)}, or another that a job has.",
            examples=["completed"],
        ),
    ] = "",
    text: Annotated[
        str,
        Query(
            max_length=200,
            description="Words, each in the name, id, status, model, service, tags or notes; "
            "#tag, status:, service:, model:, is:open, is:ended and is:failed narrow it.",
        ),
    ] = "",
) -> JobsPage:
    """Jobs, newest first, page by page."""
    door = desk.door
    if status not in ("", *JOB_STATUSES) and not door.count_jobs(JobsQuery(status=status)):
        raise validation([{"loc": ("query", "status"), "msg": _NO_STATUS, "type": "status"}])
    total = door.count_jobs(JobsQuery(text=text, status=status))
    last = door.job(after) if after else None
    query = JobsQuery(text=text, status=status, after=last)
    found = door.jobs(query, offset, offset + limit + 1)
    more = len(found) > limit
    page = found[:limit]
    outlooks = door.outlooks(page, datetime.now(UTC))
    return JobsPage(
        jobs=[of_job(job, desk.discretion, outlooks.get(job.id)) for job in page],
        total=total,
        has_more=more,
        next_after=page[-1].id if more else None,
    )


@router.get("/batch/{job_id}/status")
def status(job_id: JobId, desk: AtDesk) -> JobDetailModel:
    """One job whole: its parts with their batches, and what happened when."""
    detail = desk.door.detail(job_id)
    outlooks = desk.door.outlooks([detail.job], datetime.now(UTC))
    totals = desk.door.totals(detail.job.id)
    return of_detail(detail, desk.discretion, outlooks.get(detail.job.id), totals)


@router.post("/batch/{job_id}/cancel", status_code=202)
def cancel(job_id: JobId, desk: AtDesk) -> JobModel:
    """Cancel a job; what has been answered is kept. The service may take minutes over it."""
    with conflicts():
        job = desk.door.cancel(job_id)
    desk.carrying.look(job.service)
    return of_job(job, desk.discretion)


@router.post("/batch/{job_id}/retry", status_code=202)
def retry(
    job_id: JobId,
    desk: AtDesk,
    all: Annotated[  # noqa: A002 - the name in the address
        bool, Query(description="Also what can't get better, such as a bad parameter.")
    ] = False,
    now: Annotated[
        bool,
        Query(
            description="Answer it in real time, at that price. A job that runs is cancelled "
            "first, and what its batches leave is answered when they are over."
        ),
    ] = False,
    max_cost: Annotated[
        str | None,
        Query(
            max_length=20,
            description="Dollars that the job may cost in all from now on; none lifts its limit.",
            examples=["2.50"],
        ),
    ] = None,
) -> RetryModel:
    """Send again what has no answer in a job that is over, as a new part of the same job."""
    limit = None if max_cost is None else limit_from_text(max_cost)
    with conflicts():
        planned = desk.door.retry(job_id, also_hopeless=all, now=now, max_cost=limit)
    desk.carrying.look(planned.job.service)
    return of_retry(planned, planned.job, desk.discretion)
