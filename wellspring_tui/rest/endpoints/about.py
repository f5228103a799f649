"""What this server is, and whether it is well."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from wellspring_tui import __version__
from wellspring_tui.errors import WellspringError
from wellspring_tui.rest.desk import AtDesk
from wellspring_tui.rest.scalars import Moment

router = APIRouter(tags=["server"])


class TroubleModel(BaseModel):
    """What can't be asked, and why."""

    service: str
    what: str
    since: Moment


class Health(BaseModel):
    """Whether jobs go on."""

    status: str = Field(
        description="ok; degraded while a service can't be asked; stopped when no job goes on.",
        examples=["ok"],
    )
    version: str | None = None
    jobs: int | None = Field(default=None, description="In the ledger.")
    last_round_at: Moment | None = Field(default=None, description="When services were last asked.")
    troubles: list[TroubleModel] | None = None


class About(BaseModel):
    """The server and where its parts are."""

    name: str = "Wellspring"
    version: str = __version__
    docs: str = "/docs"
    openapi: str = "/openapi.json"
    health: str = "/health"
    jobs: str = "/batch/list"
    dashboard: str | None = None


@router.get("/")
def about(request: Request) -> About:
    """What this is and where to go on."""
    return About(dashboard=request.app.state.dashboard_path)


@router.get(
    "/health",
    responses={
        503: {
            "model": Health,
            "description": "No job goes on.",
            "content": {"application/json": {"example": {"status": "stopped"}}},
        }
    },
)
def health(request: Request, desk: AtDesk, response: Response) -> Health:
    """Whether the server does its work. It needs no token; without one the answer is short."""
    jobs: int | None = None
    try:
        jobs = desk.door.count_jobs()
    except WellspringError:
        response.status_code = 503
    if not desk.carrying.alive:
        response.status_code = 503
    troubles = [
        TroubleModel(service=name, what=one.what, since=one.since)
        for name, one in sorted(desk.carrying.troubles.items())
    ]
    told = "stopped" if response.status_code == 503 else "degraded" if troubles else "ok"
    if not request.state.authorised:
        return Health(status=told)
    return Health(
        status=told,
        version=__version__,
        jobs=jobs,
        last_round_at=desk.carrying.last_round_at,
        troubles=troubles,
    )
