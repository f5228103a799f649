"""What the API takes and answers: times ISO 8601 in UTC, money as text."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from wellspring_tui.rest.scalars import Dollars, Limit, Moment

LONGEST_WAIT_SECONDS = 3_600.0


class Submission(BaseModel):
    """A prompts file to send, and what is put around its prompts."""

    model_config = ConfigDict(extra="forbid", strict=True)

    json_file_path: str = Field(
        min_length=1,
        max_length=4096,
        description="A prompts file below the server's roots, absolute or from a root.",
        examples=["prompts.json"],
    )
    name: str | None = Field(None, max_length=200, examples=["Night run"])
    description: str | None = Field(
        None, max_length=2000, description="The batches carry it on the service too."
    )
    tags: list[Annotated[str, Field(max_length=40)]] = Field(
        default_factory=list, max_length=20, examples=[["night", "manual"]]
    )
    service: str | None = Field(None, max_length=100, examples=["local"])
    model: str | None = Field(None, min_length=1, max_length=200, examples=["gpt-4o-mini"])
    temperature: float | None = Field(None, ge=0, le=2)
    max_tokens: int | None = Field(None, ge=1, le=10_000_000)
    system: str | None = Field(
        None,
        min_length=0,  # without any bound pydantic lets half a character pass
        description="A system message before every prompt.",
    )
    endpoint: Literal["/v1/chat/completions", "/v1/responses", "/v1/embeddings"] | None = None
    template: str | None = Field(
        None,
        min_length=1,
        description="The prompt of every row of a CSV, TSV or JSONL table, its columns in braces.",
        examples=["Summarise for a planner: {text}"],
    )
    window: str | None = Field(None, max_length=20, pattern=r"^[0-9]{1,6}[smhd]$", examples=["24h"])
    max_cost: Limit | None = Field(
        None,
        description="Dollars: a job that may cost more is refused. none lifts the server's limit.",
        examples=["2.50"],
    )
    answer_schema: dict[str, Any] | None = Field(
        None,
        alias="schema",
        description="A JSON Schema that every answer is to fit; each answer is checked.",
    )

    now: bool = Field(
        default=False,
        description="Wait for no batch: be answered in real time, at the real-time price.",
    )
    output_expires_after: str | None = Field(
        None,
        max_length=20,
        description="How long the service is to keep the answers' files: 1h to 30d, or none.",
        examples=["30d"],
    )

    def request_options(self) -> dict[str, object]:
        """What is put around every prompt."""
        names = {"model", "temperature", "max_tokens", "system", "endpoint", "window", "template"}
        names |= {"output_expires_after"}
        return {**self.model_dump(include=names), "schema": self.answer_schema}


class Processing(Submission):
    """A prompts file to send, and whether to wait for its answers."""

    wait: bool = Field(default=False, description="Wait, five minutes unless told otherwise.")
    wait_seconds: float | None = Field(
        None, ge=0, le=LONGEST_WAIT_SECONDS, description="Wait so long at most."
    )


class RequestCounts(BaseModel):
    """Requests of a job, named as a batch names them."""

    total: int
    completed: int
    failed: int


class OutlookModel(BaseModel):
    """What a service's own history says of an open job."""

    like_jobs: int
    shortest_seconds: float
    longest_seconds: float
    least_seconds_left: float | None
    most_seconds_left: float | None
    silent_seconds: float | None = Field(description="How long it has stalled; null if it has not.")


class Links(BaseModel):
    """Where to look further."""

    status: str = Field(examples=["/batch/k3x9pq/status"])
    results: str
    events: str


class JobModel(BaseModel):
    """A job; answered + failed + missing = requests, also while it runs."""

    job_id: str = Field(examples=["k3x9pq"])
    status: str = Field(
        description="waiting, sending, or the Batch API's status of the part furthest behind.",
        examples=["in_progress"],
    )
    task_count: int = Field(description="The same as requests.", examples=[9])
    name: str
    description: str | None
    tags: list[str]
    notes: str | None
    collected: bool = Field(description="Whether it is over and its answers are on disk.")
    requests: int
    answered: int
    failed: int
    missing: int
    request_counts: RequestCounts
    service: str
    model: str
    endpoint: str
    window: str
    source: str = Field(description="The prompts file; outside the roots only its name.")
    kind: str
    part_count: int
    real_time_parts: int = Field(description="How many parts are answered in real time.")
    finish_now: bool = Field(
        description="Whether what its batches leave is answered in real time when they are over."
    )
    input_tokens: int
    output_tokens: int
    estimated_input_tokens: int
    cost_usd: Dollars | None = Field(description="Null while a price is unknown.")
    max_cost_usd: Dollars | None = Field(
        description="What it may cost with all its retries; null without a limit of its own."
    )
    cancel_asked: bool
    created_at: Moment
    ended_at: Moment | None
    expires_at: Moment | None
    news_at: Moment | None = Field(description="When anything of it changed last.")
    outlook: OutlookModel | None = Field(
        description="What jobs like it took; null where too few are known, and in events."
    )
    links: Links


class PartProblem(BaseModel):
    """Why a service refused a batch, or one line of it."""

    message: str
    code: str | None
    line: int | None
    param: str | None
    prompt: str | None


class PartModel(BaseModel):
    """One input file of a job and the batch that answers it."""

    part: int
    step: str
    status: str
    real_time: bool = Field(description="Whether it is answered, and charged, in real time.")
    waiting_for: str | None
    not_before: Moment | None
    batch_id: str | None
    input_file_id: str | None
    output_file_id: str | None
    error_file_id: str | None
    requests: int
    answered: int
    failed: int
    model: str
    size_bytes: int
    expires_at: Moment | None
    answers_expire_at: Moment | None = Field(
        description="When the service takes its files away, as far as that tells."
    )
    problems: list[PartProblem]


class EventModel(BaseModel):
    """Something that happened to a job or one of its parts."""

    id: int
    at: Moment
    part: int | None
    what: str
    detail: str | None


class SubmittedModel(JobModel):
    """A job that was just made."""

    unused: list[str] = Field(
        description="Fields of the body that change nothing: the file's requests go as they are.",
        examples=[["temperature"]],
    )


class JobDetailModel(JobModel):
    """A job with its parts and its timeline, and how many of its answers want a look."""

    answered_by: str | None = Field(
        description="Who answers for a service on the server's machine, such as `simulated "
        "answers`, as it was when the job was made; null for a service elsewhere."
    )
    truncated: int | None = Field(description="Answers that were cut at their token limit.")
    refused: int | None
    off_schema: int | None = Field(description="Answers that do not fit the schema of the job.")
    parts: list[PartModel]
    timeline: list[EventModel]


class JobsPage(BaseModel):
    """Jobs, newest first."""

    jobs: list[JobModel]
    total: int = Field(description="Of the query, over all pages.")
    has_more: bool
    next_after: str | None = Field(description="What `after` is to be for the next page.")


class LeftOutModel(BaseModel):
    """Requests that a service would refuse again."""

    reason: str
    requests: int
    example: str


class RetryNews(BaseModel):
    """What of a job goes again."""

    requests: int
    parts: list[int]
    real_time: bool
    after_cancelling: bool = Field(
        description="Whether batches are cancelled first; what they leave goes when they are over."
    )
    at_most_usd: Dollars | None = Field(
        description="What it costs at most, about; null when a price is unknown."
    )
    left_out: list[LeftOutModel]


class RetryModel(JobModel):
    """A job, and what of it was sent again."""

    retry: RetryNews


class ResultsModel(BaseModel):
    """The answers of a job by section and prompt type, and what has none."""

    model_config = ConfigDict(extra="allow")

    total_results: int
    results_by_section: dict[str, dict[str, dict[str, Any]]]
    failures: list[dict[str, Any]]
    timestamp: str
    job_id: str
    name: str
    status: str
    service: str
    answered_by: str | None = Field(
        description="Who answers for a service on the server's machine; null for one elsewhere."
    )
    batch_ids: list[str]
    requests: int
    answered: int
    failed: int
    missing: int
    cost_usd: Dollars | None = Field(description="Null while a price is unknown.")
    usage: dict[str, int] = Field(description="Tokens: input_tokens, output_tokens and so on.")
    usage_by_section: dict[str, dict[str, int]]
    truncated: int
    refused: int
    off_schema: int
