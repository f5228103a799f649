"""`/v1/batches`: create, list, look up, cancel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from wellspring_tui.local import params, scenarios, wire
from wellspring_tui.local.wire import ApiError, JsonObject, no_such_batch, too_many_creations

if TYPE_CHECKING:
    from starlette.requests import Request

    from wellspring_tui.local.engine import Engine
    from wellspring_tui.local.settings import Settings
    from wellspring_tui.local.store import Batch, Store

WINDOWS = ("24h",)
DEFAULT_PAGE = 20
MAX_PAGE = 100
_HOUR_SECONDS = 3_600
_UNSTOPPABLE = frozenset({"completed", "failed", "expired"})


class Batches:
    """The batches' side of the service."""

    def __init__(self, settings: Settings, store: Store, engine: Engine) -> None:
        self._window_seconds = settings.window_seconds
        self._scenario_of = settings.scenario_of
        self._obeys_metadata = settings.obeys_metadata
        self._answerer = settings.answerer
        self._creations_per_hour = settings.creations_per_hour
        self._store = store
        self._engine = engine

    async def create(self, request: Request) -> JsonObject:
        """Start a batch. An unknown input file is no refusal: the batch fails later."""
        body = params.json_object(await request.body())
        input_file_id = params.text(body, "input_file_id")
        endpoint = params.choice(body, "endpoint", wire.ENDPOINTS)
        window = params.choice(body, "completion_window", WINDOWS)
        metadata = params.metadata(body)
        if self._obeys_metadata:
            scenarios.check(metadata)
        life = params.life_seconds(body.get("output_expires_after"), "output_expires_after")
        now = wire.now()
        self._check_creations(now)
        batch_id = wire.new_batch_id(now)
        self._store.add_batch(
            batch_id,
            endpoint=endpoint,
            input_file_id=input_file_id,
            completion_window=window,
            created_at=now,
            expires_at=now + int(self._window_seconds),
            metadata=None if metadata is None else msgspec.json.encode(metadata).decode(),
            output_life_seconds=life,
            answerer=self._answerer,
        )
        created = wire.batch_object(self._batch(batch_id))
        self._engine.carry(batch_id)
        return created

    def _check_creations(self, now: int) -> None:
        """Refuse one batch more than an hour may have; no refusal counts towards it."""
        limit = self._creations_per_hour
        if limit is None:
            return
        first_that_counts = self._store.created_at(newer_batches=limit - 1)
        if first_that_counts is None or first_that_counts + _HOUR_SECONDS <= now:
            return
        raise too_many_creations(limit, first_that_counts + _HOUR_SECONDS - now)

    async def page(self, request: Request) -> JsonObject:
        query = request.query_params
        limit = params.limit(query, default=DEFAULT_PAGE, maximum=MAX_PAGE)
        after = query.get("after")
        place = self._batch(after).seq if after else None
        found = self._store.batches(after=place, limit=limit + 1)
        objects = [self._shown(batch) for batch in found[:limit]]
        return wire.page(objects, has_more=len(found) > limit)

    async def retrieve(self, request: Request) -> JsonObject:
        return self._shown(self._batch(request.path_params["batch_id"]))

    async def cancel(self, request: Request) -> JsonObject:
        """Ask for a batch's end; asking again changes nothing."""
        batch = self._batch(request.path_params["batch_id"])
        if self._scenario_of(batch.metadata).refuses_cancel:
            raise ApiError(409, f"Cannot cancel a batch with status '{batch.status}'.")
        self._store.cancel(batch.id, at=wire.now())
        batch = self._batch(batch.id)
        if batch.status in _UNSTOPPABLE:
            raise ApiError(409, f"Cannot cancel a batch with status '{batch.status}'.")
        self._engine.cancel(batch.id)
        return wire.batch_object(batch)

    def _shown(self, batch: Batch) -> JsonObject:
        shown = wire.batch_object(batch)
        if batch.status == "in_progress":
            shown["status"] = self._scenario_of(batch.metadata).shown_status or batch.status
        return shown

    def _batch(self, batch_id: str) -> Batch:
        if not batch_id.startswith("batch"):
            raise ApiError(
                400,
                f"Invalid 'batch_id': '{batch_id}'. Expected an ID that begins with 'batch'.",
                param="batch_id",
                code="invalid_value",
            )
        batch = self._store.batch(batch_id)
        if batch is None:
            raise no_such_batch(batch_id)
        return batch
