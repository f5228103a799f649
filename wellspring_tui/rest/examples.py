"""An example of everything the API takes and answers: one job of two prompts, in all its shapes."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from wellspring_tui import __version__
from wellspring_tui.rest import models
from wellspring_tui.rest.checked import CheckedModel, CostModel, PlannedPartModel, QueueModel
from wellspring_tui.rest.endpoints.about import About, Health
from wellspring_tui.rest.endpoints.webhooks import Received
from wellspring_tui.rest.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import BaseModel

_Json = dict[str, Any]

_SENT_AT = datetime(2026, 11, 23, 18, 4, tzinfo=UTC)
_ENDED_AT = datetime(2026, 11, 23, 18, 49, tzinfo=UTC)
_EXPIRES_AT = datetime(2026, 11, 24, 18, 4, tzinfo=UTC)
_BATCH = "batch_6834a1c2"
_DOLLARS = "0.00013605"
_TOKENS = {
    "input_tokens": 34,
    "output_tokens": 445,
    "total_tokens": 479,
    "cached_tokens": 0,
    "reasoning_tokens": 0,
    "cache_write_tokens": 0,
}
_ANSWER: _Json = {
    "response": "Loam over clay, with …",
    "usage": {"prompt_tokens": 34, "completion_tokens": 445, "total_tokens": 479},
    "model": "gpt-4o-mini-2024-07-18",
    "custom_id": "finding-the-ground.facts-prompt.0001",
    "finish_reason": "stop",
    "off_schema": None,
    "cost_usd": _DOLLARS,
}
_FAILURE: _Json = {
    "custom_id": "finding-the-ground.layout-prompt.0002",
    "section": "Finding the Ground",
    "prompt_type": "layout_prompt",
    "state": "failed",
    "status_code": 400,
    "reason": "context_length_exceeded: The prompt is too long.",
}
_ENDED: _Json = {
    "collected": True,
    "answered": 1,
    "failed": 1,
    "missing": 0,
    "request_counts": models.RequestCounts(total=2, completed=1, failed=1),
    "input_tokens": 34,
    "output_tokens": 445,
    "cost_usd": Decimal(_DOLLARS),
    "ended_at": _ENDED_AT,
    "news_at": _ENDED_AT,
}


def _job(status: str, **others: Any) -> _Json:
    """The fields of the job, as it is right after it was sent unless `others` say otherwise."""
    paths = {name: f"/batch/k3x9pq/{name}" for name in ("status", "results", "events")}
    sent: _Json = {
        "job_id": "k3x9pq",
        "status": status,
        "task_count": 2,
        "name": "Night run",
        "description": None,
        "tags": ["night", "manual"],
        "notes": None,
        "collected": False,
        "requests": 2,
        "answered": 0,
        "failed": 0,
        "missing": 2,
        "request_counts": models.RequestCounts(total=2, completed=0, failed=0),
        "service": "openai",
        "model": "gpt-4o-mini",
        "endpoint": "/v1/chat/completions",
        "window": "24h",
        "source": "/home/ada/manual/prompts.json",
        "kind": "Wellspring visual prompts",
        "part_count": 1,
        "real_time_parts": 0,
        "finish_now": False,
        "input_tokens": 0,
        "output_tokens": 0,
        "estimated_input_tokens": 41,
        "cost_usd": None,
        "max_cost_usd": None,
        "cancel_asked": False,
        "created_at": _SENT_AT,
        "ended_at": None,
        "expires_at": None,
        "news_at": None,
        "outlook": None,
        "links": models.Links(**paths),
    }
    return sent | others


def _detail() -> models.JobDetailModel:
    part = models.PartModel(
        part=1,
        step="collected",
        status="completed",
        waiting_for=None,
        not_before=None,
        batch_id=_BATCH,
        input_file_id="file-8sd7f6",
        output_file_id="file-2kf8d1",
        error_file_id="file-7bn4m2",
        requests=2,
        answered=1,
        failed=1,
        model="gpt-4o-mini",
        real_time=False,
        size_bytes=612,
        expires_at=_EXPIRES_AT,
        answers_expire_at=None,
        problems=[],
    )
    timeline = [
        models.EventModel(id=1, at=_SENT_AT, part=1, what="planned", detail=None),
        models.EventModel(id=9, at=_ENDED_AT, part=1, what="collected", detail=None),
    ]
    return models.JobDetailModel(
        **_job("completed", **_ENDED, expires_at=_EXPIRES_AT),
        answered_by=None,
        truncated=0,
        refused=0,
        off_schema=0,
        parts=[part],
        timeline=timeline,
    )


def _results() -> models.ResultsModel:
    return models.ResultsModel(
        total_results=1,
        results_by_section={"Finding the Ground": {"facts_prompt": _ANSWER}},
        failures=[_FAILURE],
        timestamp="2026-11-23T18:49:02+00:00",
        job_id="k3x9pq",
        name="Night run",
        status="completed",
        service="openai",
        answered_by=None,
        batch_ids=[_BATCH],
        requests=2,
        answered=1,
        failed=1,
        missing=0,
        truncated=0,
        refused=0,
        off_schema=0,
        cost_usd=Decimal(_DOLLARS),
        usage=_TOKENS,
        usage_by_section={"Finding the Ground": _TOKENS},
    )


def _retried() -> models.RetryModel:
    left_out = [models.LeftOutModel(reason="invalid_request", requests=1, example="temperature: 9")]
    news = models.RetryNews(
        requests=1,
        parts=[2],
        real_time=False,
        after_cancelling=False,
        at_most_usd=Decimal(_DOLLARS),
        left_out=left_out,
    )
    return models.RetryModel(**_job("waiting", part_count=2), retry=news)


def _checked() -> CheckedModel:
    model, endpoint = "gpt-4o-mini", "/v1/chat/completions"
    return CheckedModel(
        kind="Wellspring visual prompts",
        sendable=True,
        refusal=None,
        columns=[],
        template_needed=False,
        prompts=2,
        blank=0,
        sections={"Finding the Ground": {"facts_prompt": 1, "layout_prompt": 1}},
        models={model: 2},
        endpoint=endpoint,
        estimated_input_tokens=41,
        tokens_exact=True,
        output_tokens_limit=4_000,
        size_bytes=612,
        cost=CostModel(
            free=False,
            now=False,
            batch_usd=Decimal("0.001203075"),
            real_time_usd=Decimal("0.00240615"),
        ),
        expected_output=None,
        parts=[
            PlannedPartModel(
                part=1,
                requests=2,
                model=model,
                endpoint=endpoint,
                size_bytes=612,
                estimated_input_tokens=41,
            )
        ],
        queue=[
            QueueModel(
                model=model,
                estimated_input_tokens=41,
                limit_tokens=2_000_000,
                under_way_tokens=0,
                turns=1,
                fits=True,
            )
        ],
        notes=[],
        problem_count=0,
        problem_kinds={},
        problems=[],
    )


_TAKEN: tuple[BaseModel, ...] = (
    models.Submission.model_validate(
        {"json_file_path": "prompts.json", "name": "Night run", "tags": ["night", "manual"]}
    ),
    models.Processing.model_validate({"json_file_path": "prompts.json", "wait": True}),
)
_ANSWERED: tuple[BaseModel, ...] = (
    _checked(),
    models.SubmittedModel(**_job("waiting"), unused=[]),
    models.JobModel(**_job("cancelling", cancel_asked=True)),
    _detail(),
    models.JobsPage(
        jobs=[models.JobModel(**_job("completed", **_ENDED))],
        total=1,
        has_more=False,
        next_after=None,
    ),
    _retried(),
    _results(),
    Health(status="ok", version=__version__, jobs=1, last_round_at=_ENDED_AT, troubles=[]),
    Received(status="refreshing", job_id="k3x9pq"),
    About(),
    Problem(
        type="/docs#job-not-found",
        title="There is no such job",
        status=404,
        detail="there is no job “k3x9pq”",
        todo="GET /batch/list lists them.",
    ),
)
BY_MODEL: Mapping[str, _Json] = {
    type(one).__name__: one.model_dump(mode="json", exclude_unset=one in _TAKEN)
    for one in _TAKEN + _ANSWERED
}
"""Schema → an example of it."""

_HEADINGS = {"section": "Finding the Ground", "prompt_type": "facts_prompt", "state": "answered"}
_LINE = {**_HEADINGS, **_ANSWER, "status_code": 200, "reason": None}
_ENDED_JOB = models.JobModel(**_job("completed", **_ENDED))
BY_KIND: Mapping[str, Any] = {
    "application/x-ndjson": json.dumps(_LINE, ensure_ascii=False) + "\n",
    "text/csv": "section,prompt_type,custom_id,state,response,…\r\n"
    "Finding the Ground,facts_prompt,finding-the-ground.facts-prompt.0001,answered,Loam …\r\n",
    "text/markdown": "# Night run\n\n## Finding the Ground\n\n### facts_prompt\n\nLoam …\n",
    "text/html": "<!DOCTYPE html>…<h1>Night run</h1>…",
    "text/event-stream": {"event": "end", "data": _ENDED_JOB.model_dump_json()},
}
"""Media type → an example of what is no JSON."""
