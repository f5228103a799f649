"""The API put together: its addresses, its errors, its description."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from wellspring_tui import __version__
from wellspring_tui.errors import WellspringError
from wellspring_tui.rest import docs, problems
from wellspring_tui.rest.endpoints import about, answers, events, jobs, sending, webhooks
from wellspring_tui.rest.parameters import refuse_unknown
from wellspring_tui.rest.sessions import DASHBOARD
from wellspring_tui.rest.web import pages

if TYPE_CHECKING:
    from wellspring_tui.rest.desk import Desk
    from wellspring_tui.rest.web.pages import Front

_DESCRIPTION = (
    "Batch jobs on the OpenAI Batch API, from a prompts file to answers by section. "
    "A job's id, or the id of one of its batches, is accepted everywhere."
)


class Api(FastAPI):
    """FastAPI, with examples and the problems of every address in its description."""

    def openapi(self) -> dict[str, Any]:
        """The description, made once."""
        if self.openapi_schema is None:
            self.openapi_schema = docs.completed(super().openapi())
        return self.openapi_schema


def build(desk: Desk, front: Front | None = None) -> Api:
    """The API in front of a door, and the pages of the dashboard if there is a `front`.

    Who may come in is the guard's affair.
    """
    app = Api(
        title="Wellspring",
        version=__version__,
        description=_DESCRIPTION,
        docs_url=None,  # Swagger's page asks the web for its scripts; ours does not
        redoc_url=None,
        redirect_slashes=False,
        dependencies=[Depends(refuse_unknown)],
        exception_handlers={
            WellspringError: _tell_error,
            problems.RefusalError: _tell_refusal,
            RequestValidationError: _tell_validation,
            HTTPException: _tell_http,
            Exception: _apologise,
        },
    )
    app.state.desk = desk
    app.state.dashboard_path = DASHBOARD if front else None
    for router in (
        sending.router,
        jobs.router,
        events.router,
        answers.router,
        webhooks.router,
        about.router,
        docs.router,
    ):
        app.include_router(router)
    if front is not None:
        app.state.front = front
        app.include_router(pages.router)
        app.mount(pages.STATIC, pages.StaticAssets())
    return app


async def _tell_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, WellspringError)
    return problems.answer(problems.of_error(error, request.app.state.desk.discretion))


async def _tell_refusal(request: Request, error: Exception) -> Response:
    del request
    assert isinstance(error, problems.RefusalError)
    return problems.answer(error)


async def _tell_validation(request: Request, error: Exception) -> Response:
    del request
    assert isinstance(error, RequestValidationError)
    return problems.answer(problems.validation(error.errors()))


async def _tell_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    refusal = problems.http_refusal(error.status_code, request.method, request.url.path)
    response = problems.answer(refusal)
    response.headers.update(error.headers or {})
    return response


async def _apologise(request: Request, error: Exception) -> Response:
    """The guard hears of it as well, and logs the place."""
    del request, error
    return problems.apology()
