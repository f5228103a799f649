"""The endpoints answered directly, and the models behind them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from starlette.responses import Response

from wellspring_tui.local import params
from wellspring_tui.local.answerer import Question
from wellspring_tui.local.wire import ApiError, JsonObject, page

if TYPE_CHECKING:
    from starlette.requests import Request

    from wellspring_tui.local.engine import Engine


class Realtime:
    """Answers at once what a batch would answer later."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def answer(self, request: Request) -> Response:
        raw = await request.body()
        if params.json_object(raw).get("stream"):
            raise ApiError(
                400,
                "Streaming is not supported by Wellspring's built-in service.",
                param="stream",
                code="unsupported_value",
            )
        answer = await self._engine.answer(Question(request.url.path, raw))
        return Response(
            msgspec.json.encode(answer.body), answer.status_code, media_type="application/json"
        )

    async def models(self, request: Request) -> JsonObject:
        """The names known; simulated answers come for any other name as well."""
        del request
        return page(await self._engine.models(), has_more=False)

    async def model(self, request: Request) -> JsonObject:
        name = request.path_params["model"]
        for model in await self._engine.models():
            if model["id"] == name:
                return model
        raise ApiError(
            404, f"The model '{name}' does not exist", param="model", code="model_not_found"
        )
