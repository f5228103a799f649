"""What `--json` prints: times ISO 8601 in UTC, money as text, names as in the results."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import datetime
    from decimal import Decimal

    from wellspring_tui.answers.model import Totals
    from wellspring_tui.jobs.expecting import Expected
    from wellspring_tui.jobs.model import Event, Job, JobDetail, Offer, Outlook, Part
    from wellspring_tui.jobs.needs import Needs
    from wellspring_tui.jobs.retrying import Retry
    from wellspring_tui.jobs.spending import Estimate


def job(of: Job, expected: Outlook | None = None) -> dict[str, Any]:
    """A job; answered + failed + missing = requests, also while it runs."""
    return {
        "job_id": of.id,
        "name": of.name,
        "description": of.description,
        "tags": list(of.tags),
        "notes": of.notes,
        "status": of.status,
        "collected": of.collected,
        "requests": of.requests,
        "answered": of.completed,
        "failed": of.failed,
        "missing": of.missing,
        "service": of.service,
        "model": of.model,
        "endpoint": of.endpoint,
        "window": of.window,
        "source": of.source,
        "kind": of.kind,
        "part_count": of.parts,
        "real_time_parts": of.real_time_parts,
        "finish_now": of.finish_now,
        "input_tokens": of.input_tokens,
        "output_tokens": of.output_tokens,
        "estimated_input_tokens": of.tokens_estimated,
        "cost_usd": _money(of.cost),
        "max_cost_usd": _limit(of.max_cost),
        "cancel_asked": of.cancel_asked,
        "created_at": _time(of.created_at),
        "ended_at": _time(of.ended_at),
        "expires_at": _time(of.expires_at),
        "news_at": _time(of.news_at),
        "outlook": None if expected is None else _outlook(expected),
    }


def offer(of: Offer) -> dict[str, Any]:
    """A batch made elsewhere."""
    return {
        "batch_id": of.batch_id,
        "name": of.name,
        "service": of.service,
        "status": of.status,
        "endpoint": of.endpoint,
        "requests": of.requests,
        "answered": of.completed,
        "failed": of.failed,
        "created_at": _time(of.created_at),
    }


def retry(of: Retry, now: Job) -> dict[str, Any]:
    """A job, and what of it was sent again."""
    left_out = [
        {"reason": left.reason, "requests": left.count, "example": left.example}
        for left in of.left_out
    ]
    return {
        **job(now),
        "retry": {
            "requests": of.sent,
            "parts": list(of.parts),
            "real_time": of.real_time,
            "after_cancelling": of.after_cancelling,
            "at_most_usd": _money(None if of.cost is None else of.cost.upper),
            "left_out": left_out,
        },
    }


def detail(of: JobDetail, expected: Outlook | None, totals: Totals | None) -> dict[str, Any]:
    """A job with its parts and its timeline, and how many of its answers want a look."""
    return {
        **job(of.job, expected),
        "answered_by": of.answered_by,
        "truncated": None if totals is None else totals.truncated,
        "refused": None if totals is None else totals.refused,
        "off_schema": None if totals is None else totals.off_schema,
        "parts": [_part(part) for part in of.parts],
        "timeline": [_event(event) for event in of.events],
    }


def survey(needs: Needs, cost: Estimate) -> dict[str, Any]:
    """What is in a prompts file; at most the first thousand problems."""
    of = needs.found
    return {
        "file": str(of.path),
        "kind": of.kind.value,
        "sendable": of.sendable,
        "columns": list(of.columns),
        "template_needed": of.template_needed,
        "prompts": of.prompts,
        "blank": of.blank,
        "sections": {name: dict(types) for name, types in of.sections.items()},
        "models": dict(of.models),
        "endpoint": of.endpoint,
        "estimated_input_tokens": of.tokens,
        "tokens_exact": of.tokens_exact,
        "output_tokens_limit": of.output_limit,
        "size_bytes": of.size_bytes,
        "cost": {
            "free": cost.free,
            "now": cost.now,
            "batch_usd": _money(cost.batch),
            "real_time_usd": _money(cost.real_time),
        },
        "expected_output": None if cost.expected is None else _expected(cost.expected),
        "parts": [
            {
                "part": part.number,
                "requests": part.requests,
                "model": part.model,
                "endpoint": part.endpoint,
                "size_bytes": part.size_bytes,
                "estimated_input_tokens": part.tokens,
            }
            for part in needs.parts
        ],
        "queue": [
            {
                "model": need.model,
                "estimated_input_tokens": need.tokens,
                "limit_tokens": need.limit,
                "under_way_tokens": need.under_way,
                "turns": need.turns,
                "fits": need.fits,
            }
            for need in needs.queue
        ],
        "notes": of.notes,
        "problem_count": of.problem_count,
        "problem_kinds": dict(of.problem_kinds.most_common()),
        "problems": [
            {"line": found.line, "key": found.key, "what": found.what} for found in of.problems
        ],
    }


def _expected(of: Expected) -> dict[str, Any]:
    """How much is likely to be answered, and what that costs."""
    return {
        "likely_tokens": of.likely_tokens,
        "high_tokens": of.high_tokens,
        "likely_usd": _money(of.likely_cost),
        "high_usd": _money(of.high_cost),
        "earlier_answers": of.answers,
        "median_tokens_per_answer": of.median_tokens,
        "long_tokens_per_answer": of.long_tokens,
    }


def _part(of: Part) -> dict[str, Any]:
    return {
        "part": of.number,
        "step": of.step.value,
        "status": of.status,
        "real_time": of.real_time,
        "waiting_for": of.waiting_for,
        "not_before": _time(of.not_before),
        "batch_id": of.batch_id,
        "input_file_id": of.input_file_id,
        "output_file_id": of.output_file_id,
        "error_file_id": of.error_file_id,
        "requests": of.requests,
        "answered": of.completed,
        "failed": of.failed,
        "model": of.model,
        "size_bytes": of.size_bytes,
        "expires_at": _time(of.expires_at),
        "answers_expire_at": _time(of.answers_expire_at),
        "problems": [
            {
                "message": found.message,
                "code": found.code,
                "line": found.line,
                "param": found.param,
                "prompt": found.prompt,
            }
            for found in of.problems
        ],
    }


def _outlook(of: Outlook) -> dict[str, Any]:
    """What ended jobs like it tell; `silent_seconds` only when it has stalled."""
    least, most = of.left_seconds or (None, None)
    return {
        "like_jobs": of.like_jobs,
        "shortest_seconds": _seconds(of.shortest_seconds),
        "longest_seconds": _seconds(of.longest_seconds),
        "least_seconds_left": _seconds(least),
        "most_seconds_left": _seconds(most),
        "silent_seconds": _seconds(of.silent_seconds),
    }


def _event(of: Event) -> dict[str, Any]:
    return {"at": _time(of.at), "part": of.part or None, "what": of.what, "detail": of.detail}


def _seconds(length: float | None) -> float | None:
    return None if length is None else round(length, 1)


def _limit(dollars: Decimal | None) -> str | None:
    """A limit of the job's own; none at all is no figure."""
    return None if dollars is None or dollars.is_infinite() else str(dollars)


def _money(dollars: Decimal | None) -> str | None:
    return None if dollars is None else str(dollars)


def _time(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat(timespec="seconds") if moment is not None else None
