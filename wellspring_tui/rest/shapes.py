"""What the API answers, made of jobs; paths and texts as far as a client may see them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wellspring_tui.jobs.spending import NO_LIMIT
from wellspring_tui.prompts.model import FileKind
from wellspring_tui.rest.models import (
    EventModel,
    JobDetailModel,
    JobModel,
    LeftOutModel,
    Links,
    OutlookModel,
    PartModel,
    PartProblem,
    RequestCounts,
    RetryModel,
    RetryNews,
    SubmittedModel,
)

if TYPE_CHECKING:
    from wellspring_tui.answers.model import Totals
    from wellspring_tui.jobs import model
    from wellspring_tui.jobs.retrying import Retry
    from wellspring_tui.rest.discretion import Discretion
    from wellspring_tui.rest.models import Submission


def _job_fields(
    of: model.Job, to: Discretion, expected: model.Outlook | None = None
) -> dict[str, Any]:
    """What `JobModel` tells of a job."""
    return {
        "job_id": of.id,
        "status": of.status,
        "task_count": of.requests,
        "name": of.name,
        "description": of.description,
        "tags": list(of.tags),
        "notes": of.notes,
        "collected": of.collected,
        "requests": of.requests,
        "answered": of.completed,
        "failed": of.failed,
        "missing": of.missing,
        "request_counts": RequestCounts(
            total=of.requests, completed=of.completed, failed=of.failed
        ),
        "service": of.service,
        "model": of.model,
        "endpoint": of.endpoint,
        "window": of.window,
        "source": to.path(of.source),
        "kind": of.kind,
        "part_count": of.parts,
        "real_time_parts": of.real_time_parts,
        "finish_now": of.finish_now,
        "input_tokens": of.input_tokens,
        "output_tokens": of.output_tokens,
        "estimated_input_tokens": of.tokens_estimated,
        "cost_usd": of.cost,
        "max_cost_usd": None if of.max_cost == NO_LIMIT else of.max_cost,
        "cancel_asked": of.cancel_asked,
        "created_at": of.created_at,
        "ended_at": of.ended_at,
        "expires_at": of.expires_at,
        "news_at": of.news_at,
        "outlook": None if expected is None else _outlook(expected),
        "links": Links(
            **{name: f"/batch/{of.id}/{name}" for name in ("status", "results", "events")}
        ),
    }


def of_job(of: model.Job, to: Discretion, expected: model.Outlook | None = None) -> JobModel:
    """A job."""
    return JobModel(**_job_fields(of, to, expected))


def of_submitted(of: model.Job, asked: Submission, to: Discretion) -> SubmittedModel:
    """A job that was just made, and what of the request for it had no effect."""
    given = [name for name, value in asked.request_options().items() if value is not None]
    unused = [name for name in given if name != "window"] if of.kind == FileKind.REQUESTS else []
    return SubmittedModel(**_job_fields(of, to), unused=unused)


def of_detail(
    of: model.JobDetail, to: Discretion, expected: model.Outlook | None, totals: Totals | None
) -> JobDetailModel:
    """A job with its parts and its timeline."""
    return JobDetailModel(
        **_job_fields(of.job, to, expected),
        answered_by=None if of.answered_by is None else to.text(of.answered_by),
        truncated=None if totals is None else totals.truncated,
        refused=None if totals is None else totals.refused,
        off_schema=None if totals is None else totals.off_schema,
        parts=[_part(part, to) for part in of.parts],
        timeline=[of_event(event, to) for event in of.events],
    )


def of_retry(of: Retry, now: model.Job, to: Discretion) -> RetryModel:
    """A job, and what of it was sent again."""
    left_out = [
        LeftOutModel(reason=left.reason, requests=left.count, example=to.text(left.example))
        for left in of.left_out
    ]
    news = RetryNews(
        requests=of.sent,
        parts=list(of.parts),
        real_time=of.real_time,
        after_cancelling=of.after_cancelling,
        at_most_usd=None if of.cost is None else of.cost.upper,
        left_out=left_out,
    )
    return RetryModel(**_job_fields(now, to), retry=news)


def of_event(of: model.Event, to: Discretion) -> EventModel:
    """An event; what concerns the whole job has no part."""
    detail = None if of.detail is None else to.text(of.detail)
    return EventModel(id=of.id, at=of.at, part=of.part or None, what=of.what, detail=detail)


def _outlook(of: model.Outlook) -> OutlookModel:
    least, most = of.left_seconds or (None, None)
    return OutlookModel(
        like_jobs=of.like_jobs,
        shortest_seconds=round(of.shortest_seconds, 1),
        longest_seconds=round(of.longest_seconds, 1),
        least_seconds_left=None if least is None else round(least, 1),
        most_seconds_left=None if most is None else round(most, 1),
        silent_seconds=None if of.silent_seconds is None else round(of.silent_seconds, 1),
    )


def _part(of: model.Part, to: Discretion) -> PartModel:
    problems = [
        PartProblem(
            message=to.text(found.message),
            code=found.code,
            line=found.line,
            param=found.param,
            prompt=found.prompt,
        )
        for found in of.problems
    ]
    return PartModel(
        part=of.number,
        step=of.step.value,
        status=of.status,
        real_time=of.real_time,
        waiting_for=of.waiting_for and to.text(of.waiting_for),
        not_before=of.not_before,
        batch_id=of.batch_id,
        input_file_id=of.input_file_id,
        output_file_id=of.output_file_id,
        error_file_id=of.error_file_id,
        requests=of.requests,
        answered=of.completed,
        failed=of.failed,
        model=of.model,
        size_bytes=of.size_bytes,
        expires_at=of.expires_at,
        answers_expire_at=of.answers_expire_at,
        problems=problems,
    )
