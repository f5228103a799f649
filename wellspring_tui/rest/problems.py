"""What goes wrong, as problem details (RFC 9457), each with what to do about it."""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING

from fastapi import Response
from pydantic import BaseModel, Field

from wellspring_tui import errors
from wellspring_tui.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from wellspring_tui.rest.discretion import Discretion

MEDIA_TYPE = "application/problem+json"
_LONGEST_PLACE = 100
_MOST_FIELDS = 20
_OTHER_LIMIT = re.compile(r"`wellspring retry \w+ --max-cost (\S+)`")


class FieldProblem(BaseModel):
    """One part of a request that can't be used."""

    where: str = Field(examples=["body.temperature"])
    what: str = Field(examples=["Input should be less than or equal to 2"])


class Problem(BaseModel):
    """Why a request was not done (RFC 9457), and what to do about it."""

    type: str = Field(examples=["/docs#job-not-found"])
    """Where the kind of problem is described, on this server."""
    title: str = Field(examples=["There is no such job"])
    status: int = Field(examples=[404], ge=400, le=599)
    detail: str = Field(examples=["there is no job “k3x9pq”"])
    todo: str | None = Field(None, examples=["GET /batch/list lists them."])
    errors: list[FieldProblem] | None = None


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of problem."""

    status: int
    slug: str
    title: str
    todo: str | None = None
    """What to do, when the error itself names a command of the terminal."""


OF_ERRORS: Mapping[type[errors.WellspringError], Kind] = {
    errors.WellspringError: Kind(500, "failed", "It could not be done"),
    errors.InputError: Kind(400, "input", "What was given can't be used"),
    errors.PromptsFileError: Kind(422, "prompts-file", "The prompts file can't be sent"),
    errors.SettingsError: Kind(400, "settings", "A setting can't be used"),
    errors.TooExpensiveError: Kind(422, "max-cost", "The job may cost more than its limit"),
    errors.JobNotFoundError: Kind(
        404, "job-not-found", "There is no such job", "GET /batch/list lists them."
    ),
    errors.ServiceError: Kind(502, "service", "The service stands in the way"),
    errors.CredentialsError: Kind(
        503, "credentials", "The server has no key that the service takes"
    ),
    errors.NetworkError: Kind(502, "network", "The service did not answer"),
    errors.RefusedError: Kind(502, "service-refused", "The service said no"),
    errors.BusyError: Kind(503, "service-busy", "The service can't do it now"),
    errors.GoneError: Kind(502, "service-gone", "The service does not know it"),
    errors.StorageError: Kind(500, "storage", "The server's disk stands in the way"),
    errors.StoppedError: Kind(503, "stopping", "The server is stopping"),
}
DEFECT = Kind(500, "defect", "Something went wrong in Wellspring itself")


@dataclass(slots=True)
class RefusalError(Exception):
    """A request that this server does not take, whatever the jobs say."""

    status: int
    slug: str
    title: str
    detail: str
    todo: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    errors: Sequence[FieldProblem] | None = None


@contextmanager
def conflicts() -> Iterator[None]:
    """Inside, what can't be done to a job as it is now becomes a 409."""
    try:
        yield
    except errors.JobNotFoundError:
        raise
    except errors.InputError as error:
        # What to do is said in the words of the command line.
        todo = error.todo and _OTHER_LIMIT.sub(
            r"`?max_cost=\1`", error.todo.replace("`retry --all`", "`?all=true`")
        )
        raise RefusalError(
            409, "conflict", "The job is not in the state for that", error.what, todo
        ) from None


def validation(found: Sequence[Mapping[str, object]]) -> RefusalError:
    """A request that does not fit the API; what was given is not repeated."""
    fields = [
        FieldProblem(where=_place(one["loc"]), what=str(one["msg"])) for one in found[:_MOST_FIELDS]
    ]
    unknown = (_place(one["loc"]).casefold() for one in found if one["type"] == "extra_forbidden")
    keys = any("key" in name or "token" in name for name in unknown)
    return RefusalError(
        422,
        "request",
        "The request does not fit the API",
        "; ".join(f"{one.where}: {one.what}" for one in fields[:5]),
        "Never send a key: it belongs into the server's environment."
        if keys
        else "/docs shows what each request takes.",
        errors=fields,
    )


def http_refusal(status: int, method: str, path: str) -> RefusalError:
    """An address, or a method on one, that does not exist; or a body that can't be read."""
    if status not in (404, 405):
        return RefusalError(
            status,
            "request",
            "The request does not fit the API",
            "Its body can't be read.",
            "/docs shows what each request takes.",
        )
    title = HTTPStatus(status).phrase
    slug = title.casefold().replace(" ", "-")
    asked = f"{one_line(method, 20)} {one_line(path, _LONGEST_PLACE)}"
    return RefusalError(
        status, slug, title, f"{asked} is not part of the API.", "/docs lists what is."
    )


def of_error(error: errors.WellspringError, discretion: Discretion) -> RefusalError:
    """An error of the tree as the answer it makes; nothing private is in it."""
    kind = next(OF_ERRORS[cls] for cls in type(error).__mro__ if cls in OF_ERRORS)
    where = discretion.where(error.where)
    what = discretion.text(error.what)
    todo = kind.todo or error.todo
    headers = {}
    if isinstance(error, errors.BusyError):
        headers["retry-after"] = str(max(1, round(error.retry_after_seconds or 1)))
    return RefusalError(
        kind.status,
        kind.slug,
        kind.title,
        f"{where}: {what}" if where else what,
        discretion.text(todo) if todo else None,
        headers,
    )


def answer(refusal: RefusalError) -> Response:
    """The response that tells it."""
    problem = Problem(
        type=f"/docs#{refusal.slug}",
        title=refusal.title,
        status=refusal.status,
        detail=refusal.detail,
        todo=refusal.todo,
        errors=list(refusal.errors) if refusal.errors else None,
    )
    return Response(
        problem.model_dump_json(exclude_none=True),
        refusal.status,
        dict(refusal.headers),
        MEDIA_TYPE,
    )


def apology() -> Response:
    """What is said of a defect: nothing that tells of the inside."""
    return answer(
        RefusalError(
            DEFECT.status,
            DEFECT.slug,
            DEFECT.title,
            "The server could not answer this request.",
            "Its log names the place.",
        )
    )


def _place(loc: object) -> str:
    names = loc if isinstance(loc, tuple | list) else (loc,)
    return one_line(".".join(map(str, names)), _LONGEST_PLACE)
