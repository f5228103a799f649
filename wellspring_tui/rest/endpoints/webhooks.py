"""Webhooks of the service: a batch that has ended is looked at right away."""

from __future__ import annotations

from typing import Annotated

import msgspec
from fastapi import APIRouter, Header, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, Field

from wellspring_tui.errors import JobNotFoundError
from wellspring_tui.rest.desk import AtDesk, Desk
from wellspring_tui.rest.problems import RefusalError
from wellspring_tui.rest.webhooks import SECRET_VARIABLE

router = APIRouter(tags=["webhooks"])

_ENDINGS = frozenset({"batch.completed", "batch.failed", "batch.expired", "batch.cancelled"})
# Shown in the API's description; the check reads them from the request itself.
_Signed = Annotated[str | None, Header(description="As Standard Webhooks has it.")]


class Received(BaseModel):
    """What came of a webhook."""

    status: str = Field(
        description="refreshing, seen before, not ours (no job has that batch) or ignored.",
        examples=["refreshing"],
    )
    job_id: str | None = None


class _Data(msgspec.Struct):
    id: str = ""


class _Event(msgspec.Struct):
    type: str = ""
    data: _Data = msgspec.field(default_factory=_Data)


@router.post(
    "/webhooks/openai",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": {"type": "object"},
                    "example": {"type": "batch.completed", "data": {"id": "batch_6834a1c2"}},
                }
            },
        }
    },
)
async def openai(
    request: Request,
    desk: AtDesk,
    webhook_id: _Signed = None,
    webhook_timestamp: _Signed = None,
    webhook_signature: _Signed = None,
) -> Received:
    """Hear from the service that a batch has ended, and fetch its answers at once.

    It needs no token: the signature says who it is from. `OPENAI_WEBHOOK_SECRET` on the
    server is the endpoint's signing secret.
    """
    del webhook_timestamp, webhook_signature
    if desk.seal is None:
        raise RefusalError(
            404, "no-webhooks", "This server takes no webhooks", "It has no signing secret.",
            f"Start it with {SECRET_VARIABLE} set.",
        )  # fmt: skip
    body = await request.body()
    if not desk.seal.holds(request.headers, body):
        raise RefusalError(
            401,
            "signature",
            "The signature does not hold",
            "The webhook is not signed with this server's secret, or not of just now.",
            f"Compare {SECRET_VARIABLE} and the server's clock.",
        )
    if not desk.seal.is_new(str(webhook_id)):
        return Received(status="seen before")
    try:
        event = msgspec.json.decode(body, type=_Event)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return Received(status="ignored")
    if event.type not in _ENDINGS:
        return Received(status="ignored")
    return await run_in_threadpool(_refresh, desk, event.data.id)


def _refresh(desk: Desk, batch_id: str) -> Received:
    try:
        job = desk.door.job(batch_id)
    except JobNotFoundError:
        # Of another program with the same account. An error would have it sent for days.
        return Received(status="not ours")
    desk.carrying.look(job.service)
    return Received(status="refreshing", job_id=job.id)
