"""JSON Schemas of what `--json` prints: what a script may rely on, and nothing beside it."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
FLAG: Schema = {"type": "boolean"}
COUNT: Schema = {"type": "integer", "minimum": 0}
NUMBER: Schema = {"type": "number"}
MONEY: Schema = {"type": "string", "pattern": r"^-?\d+(\.\d+)?$"}
TIME: Schema = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00$"}
DAY: Schema = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\d$"}
NULL: Schema = {"type": "null"}
STATE: Schema = {"enum": ["answered", "failed", "missing"]}


def or_null(schema: Schema) -> Schema:
    """What may be unknown."""
    return {"anyOf": [schema, NULL]}


def each(schema: Schema) -> Schema:
    """A list."""
    return {"type": "array", "items": schema}


def by_name(schema: Schema) -> Schema:
    """An object whose keys are the user's own."""
    return {"type": "object", "additionalProperties": schema}


def fields(optional: Schema | None = None, **required: Schema) -> Schema:
    """An object of these fields and no others."""
    properties = {**required, **(optional or {})}
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


_COUNTS: Schema = {"requests": COUNT, "answered": COUNT, "failed": COUNT}
_OUTLOOK = fields(
    like_jobs=COUNT,
    **{f"{name}_seconds": or_null(NUMBER) for name in ("shortest", "longest", "silent")},
    least_seconds_left=or_null(NUMBER),
    most_seconds_left=or_null(NUMBER),
)
_JOB_FIELDS: Schema = {
    "job_id": TEXT,
    "name": TEXT,
    "description": or_null(TEXT),
    "tags": each(TEXT),
    "notes": or_null(TEXT),
    "status": TEXT,
    "collected": FLAG,
    **_COUNTS,
    "missing": COUNT,
    "service": TEXT,
    "model": TEXT,
    "endpoint": TEXT,
    "window": TEXT,
    "source": TEXT,
    "kind": TEXT,
    "part_count": COUNT,
    "real_time_parts": COUNT,
    "finish_now": FLAG,
    "input_tokens": COUNT,
    "output_tokens": COUNT,
    "estimated_input_tokens": COUNT,
    "cost_usd": or_null(MONEY),
    "max_cost_usd": or_null(MONEY),
    "cancel_asked": FLAG,
    "created_at": TIME,
    "ended_at": or_null(TIME),
    "expires_at": or_null(TIME),
    "news_at": or_null(TIME),
    "outlook": or_null(_OUTLOOK),
}
_PART = fields(
    part=COUNT,
    step=TEXT,
    status=TEXT,
    real_time=FLAG,
    waiting_for=or_null(TEXT),
    not_before=or_null(TIME),
    batch_id=or_null(TEXT),
    input_file_id=or_null(TEXT),
    output_file_id=or_null(TEXT),
    error_file_id=or_null(TEXT),
    **_COUNTS,
    model=TEXT,
    size_bytes=COUNT,
    expires_at=or_null(TIME),
    answers_expire_at=or_null(TIME),
    problems=each(
        fields(
            message=TEXT,
            code=or_null(TEXT),
            line=or_null(COUNT),
            param=or_null(TEXT),
            prompt=or_null(TEXT),
        )
    ),
)
_TIMELINE = each(fields(at=TIME, part=or_null(COUNT), what=TEXT, detail=or_null(TEXT)))
_USED = fields(
    **dict.fromkeys(
        (
            *("input_tokens", "output_tokens", "total_tokens"),
            *("cached_tokens", "reasoning_tokens", "cache_write_tokens"),
        ),
        COUNT,
    )
)
_ANSWER = fields(
    response=or_null(TEXT),
    usage=or_null({"type": "object"}),  # as the service sent it
    model=or_null(TEXT),
    custom_id=TEXT,
    finish_reason=or_null(TEXT),
    off_schema=or_null(TEXT),
    cost_usd=or_null(MONEY),
    optional={"prompt": or_null(TEXT), "row": {"type": "object"}},
)
_FAILURE = fields(
    custom_id=TEXT,
    section=TEXT,
    prompt_type=TEXT,
    state=STATE,
    status_code=or_null(COUNT),
    reason=or_null(TEXT),
    optional={"prompt": or_null(TEXT), "row": {"type": "object"}},
)
_FLAGGED: Schema = dict.fromkeys(("truncated", "refused", "off_schema"), or_null(COUNT))
_SIDE = fields(
    job_id=TEXT,
    name=TEXT,
    model=TEXT,
    answered=COUNT,
    failed=COUNT,
    missing=COUNT,
    input_tokens=COUNT,
    output_tokens=COUNT,
    cost_usd=or_null(MONEY),
    median_characters=or_null(NUMBER),
)
_COMPARED = or_null(
    fields(
        custom_id=TEXT,
        state=STATE,
        response=or_null(TEXT),
        reason=or_null(TEXT),
        model=or_null(TEXT),
        finish_reason=or_null(TEXT),
        off_schema=or_null(TEXT),
        input_tokens=COUNT,
        output_tokens=COUNT,
    )
)
_USAGE_ROW = fields(
    key=TEXT,
    label=TEXT,
    jobs=COUNT,
    **_COUNTS,
    missing=COUNT,
    input_tokens=COUNT,
    cached_tokens=COUNT,
    cache_write_tokens=COUNT,
    output_tokens=COUNT,
    reasoning_tokens=COUNT,
    total_tokens=COUNT,
    estimated_input_tokens=or_null(COUNT),
    cost_usd=or_null(MONEY),
    known_cost_usd=MONEY,
    unknown_cost_requests=COUNT,
    real_time_cost_usd=or_null(MONEY),
    saved_usd=MONEY,
)

JOB = fields(**_JOB_FIELDS)
JOBS = each(JOB)
JOB_WHOLE = fields(
    **_JOB_FIELDS, answered_by=or_null(TEXT), **_FLAGGED, parts=each(_PART), timeline=_TIMELINE
)
RETRIED = fields(
    **_JOB_FIELDS,
    retry=fields(
        requests=COUNT,
        parts=each(COUNT),
        real_time=FLAG,
        after_cancelling=FLAG,
        at_most_usd=or_null(MONEY),
        left_out=each(fields(reason=TEXT, requests=COUNT, example=TEXT)),
    ),
)
OFFERS = each(
    fields(
        batch_id=TEXT,
        name=or_null(TEXT),
        service=TEXT,
        status=TEXT,
        endpoint=or_null(TEXT),
        **_COUNTS,
        created_at=or_null(TIME),
    )
)
SURVEY = fields(
    file=TEXT,
    kind=TEXT,
    sendable=FLAG,
    columns=each(TEXT),
    template_needed=FLAG,
    prompts=COUNT,
    blank=COUNT,
    sections=by_name(by_name(COUNT)),
    models=by_name(COUNT),
    endpoint=or_null(TEXT),
    estimated_input_tokens=COUNT,
    tokens_exact=FLAG,
    output_tokens_limit=or_null(COUNT),
    size_bytes=COUNT,
    cost=fields(free=FLAG, now=FLAG, batch_usd=or_null(MONEY), real_time_usd=or_null(MONEY)),
    expected_output=or_null(
        fields(
            likely_tokens=COUNT,
            high_tokens=COUNT,
            likely_usd=or_null(MONEY),
            high_usd=or_null(MONEY),
            earlier_answers=COUNT,
            median_tokens_per_answer=COUNT,
            long_tokens_per_answer=COUNT,
        )
    ),
    parts=each(
        fields(
            part=COUNT,
            requests=COUNT,
            model=TEXT,
            endpoint=TEXT,
            size_bytes=COUNT,
            estimated_input_tokens=COUNT,
        )
    ),
    queue=each(
        fields(
            model=TEXT,
            estimated_input_tokens=COUNT,
            limit_tokens=or_null(COUNT),
            under_way_tokens=COUNT,
            turns=or_null(COUNT),
            fits=or_null(FLAG),
        )
    ),
    notes=each(TEXT),
    problem_count=COUNT,
    problem_kinds=by_name(COUNT),
    problems=each(fields(line=or_null(COUNT), key=or_null(TEXT), what=TEXT)),
)
RESULTS = fields(
    total_results=COUNT,
    timestamp=TIME,
    job_id=TEXT,
    name=TEXT,
    status=TEXT,
    service=TEXT,
    answered_by=or_null(TEXT),
    batch_ids=each(TEXT),
    cost_usd=or_null(MONEY),
    **_COUNTS,
    missing=COUNT,
    **_FLAGGED,
    usage=_USED,
    usage_by_section=by_name(_USED),
    results_by_section=by_name(by_name(_ANSWER)),
    failures=each(_FAILURE),
)
HITS = each(
    fields(
        section=TEXT,
        prompt_type=TEXT,
        custom_id=TEXT,
        state=STATE,
        hits=COUNT,
        excerpt=or_null(TEXT),
    )
)
COMPARISON = fields(
    matched_by={"enum": ["custom_id", "section and prompt type", "nothing"]},
    pair_count=COUNT,
    left=_SIDE,
    right=_SIDE,
    pairs=each(fields(section=TEXT, prompt_type=TEXT, left=_COMPARED, right=_COMPARED)),
)
USAGE = fields(
    by={"enum": ["job", "day", "model", "section", "type", "service"]},
    since=or_null(DAY),
    until=or_null(DAY),
    job_id=or_null(TEXT),
    rows=each(_USAGE_ROW),
    total=_USAGE_ROW,
    uncounted_jobs=COUNT,
)
_SETTING_FIELDS: Schema = {
    "key": TEXT,
    "value": {},
    "from": {"enum": ["flag", "environment", ".env", "keyring", "config.toml", "default"]},
    "name": or_null(TEXT),
    "section": TEXT,
    "about": TEXT,
}
SETTINGS = each(fields(**_SETTING_FIELDS))
FINDINGS = each(
    fields(
        check=TEXT,
        state={"enum": ["ok", "note", "warning", "error"]},
        what=TEXT,
        todo=or_null(TEXT),
    )
)

CLEANED = fields(
    litter=each(
        fields(
            kind=TEXT,
            where=TEXT,
            service=or_null(TEXT),
            job_id=or_null(TEXT),
            size_bytes=or_null(COUNT),
            why=TEXT,
            changed_at=TIME,
            expires_at=or_null(TIME),
            deleted=FLAG,
            failure=or_null(TEXT),
        )
    ),
    size_bytes=COUNT,
    deleted_bytes=COUNT,
    kept=each(fields(count=COUNT, size_bytes=COUNT, what=TEXT)),
    not_asked=by_name(TEXT),
)


def names_of(schema: Schema) -> list[str]:
    """The names of the fields of an object, or of each object in a list."""
    return list(schema.get("items", schema)["properties"])
