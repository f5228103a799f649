"""The three endpoints answered directly, and the models behind them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from starlette.responses import Response

from wellspring_tui.local import params
from wellspring_tui.local.models import LISTED, RELEASED_AT
from wellspring_tui.local.wire import ApiError, JsonObject, page

if TYPE_CHECKING:
    from starlette.requests import Request

    from wellspring_tui.local.answerer import Answerer


class Realtime:
    """Answers at once what a batch would answer later."""

    def __init__(self, answerer: Answerer) -> None:
        self._answerer = answerer

    async def answer(self, request: Request) -> Response:
        body = params.json_object(await request.body())
        if body.get("stream"):
            raise ApiError(
                400,
                "Streaming is not supported by Wellspring's built-in service.",
                param="stream",
                code="unsupported_value",
            )
        answer = await self._answerer.answer(request.url.path, body)
        return Response(
            msgspec.json.encode(answer.body), answer.status_code, media_type="application/json"
        )

    async def models(self, request: Request) -> JsonObject:
        """Names that get a dated snapshot; any other name is answered as well."""
        del request
        return page([_model(name) for name in LISTED], has_more=False)

    async def model(self, request: Request) -> JsonObject:
        name = request.path_params["model"]
        if name not in LISTED:
            raise ApiError(
                404, f"The model '{name}' does not exist", param="model", code="model_not_found"
            )
        return _model(name)


def _model(name: str) -> JsonObject:
    return {
        "id": name,
        "object": "model",
        "created": RELEASED_AT[name],
        "owned_by": "wellspring-simulated",
    }
