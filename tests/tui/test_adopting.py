"""Batches that another program made: offered quietly, adopted or declined, never taken."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from openai import OpenAI

from tests.support.files import CHAT, jsonl, request
from tests.support.homes import until
from tests.support.scripted import Asked, Reply, ScriptedService, json_reply, refusal
from tests.support.small_service import SmallService
from wellspring_tui.services.builtin import BuiltinService
from wellspring_tui.tui.widgets.chips import Chip

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractAsyncContextManager

    from tests.tui.conftest import Hand
    from wellspring_tui.settings import Settings

    Open = Callable[..., AbstractAsyncContextManager[Hand]]


@pytest.fixture
def client(settings: Settings) -> Iterator[OpenAI]:
    """Another program on the built-in service."""
    service = BuiltinService(settings.places.local, pace_seconds=0.0)
    with OpenAI(base_url=service.base_url(), api_key="x", max_retries=0) as opened:
        yield opened
    service.release()


def made_elsewhere(client: OpenAI, name: str, requests: int = 2) -> str:
    """A batch of another program's that has ended; its id."""
    lines = jsonl(request(f"r{number}") for number in range(requests))
    uploaded = client.files.create(file=(f"{name}.jsonl", lines), purpose="batch")
    batch = client.batches.create(
        input_file_id=uploaded.id,
        endpoint="/v1/chat/completions",
        completion_window="24h",
        metadata={"name": name},
    )
    until(lambda: client.batches.retrieve(batch.id).status == "completed", "a batch to end")
    return batch.id


async def test_a_batch_that_the_openai_client_made_is_found_and_adopted(
    open_dashboard: Open, client: OpenAI
) -> None:
    batch_id = made_elsewhere(client, "night run")
    made_elsewhere(client, "[/] other")
    async with open_dashboard() as hand:
        await hand.press("A")
        await hand.until_on("AdoptScreen")
        assert "No batches made elsewhere are known." in hand.text
        await hand.press("r")
        await hand.until_shown("night run")
        assert "[/] other" in hand.text
        assert "● completed" in hand.text

        hand.table("#offers").move_to(batch_id)
        await hand.press("space", "enter")
        await hand.until_on("JobsScreen")
        await hand.until(lambda: "The batch is a job now: night run" in hand.toasts, "a word")
        await hand.until_shown("● completed")
        job = hand.app.door.job(batch_id)
        assert hand.table("#jobs").cursor_key == job.id
        await hand.until(lambda: hand.app.door.job(job.id).all_answered, "its answers")
        await hand.until_shown("1 batch made elsewhere · A")


async def test_offers_stand_on_a_chip_and_those_declined_come_no_more(
    open_dashboard: Open, client: OpenAI
) -> None:
    for name in ("one", "two", "three"):
        made_elsewhere(client, name)
    async with open_dashboard() as hand:
        hand.app.door.look_for_batches()
        await hand.press("r")
        await hand.until_shown("3 batches made elsewhere · A")
        await hand.pilot.click("#chip-offers")
        await hand.until_on("AdoptScreen")
        await hand.press("space", "space", "x")
        await hand.until_shown("2 batches will be offered no more")
        assert hand.table("#offers").row_count == 1
        await hand.press("x", "escape")
        await hand.until_on("JobsScreen")
        await hand.until(
            lambda: not hand.app.screen.query_one("#chip-offers", Chip).words, "no chip"
        )
        assert hand.app.door.look_for_batches() == []
        assert hand.app.door.jobs() == []


async def test_a_long_look_shows_how_far_it_is_and_can_be_stopped(
    open_dashboard: Open, settings: Settings
) -> None:
    may_go_on = threading.Event()
    asked = []

    def endless(request: Asked) -> Reply | None:
        if request.method != "GET" or not request.path.endswith("/batches"):
            return None
        asked.append(request)
        if len(asked) > 3:
            may_go_on.wait(30)
        batch = {
            "id": f"batch_{len(asked)}", "object": "batch", "status": "completed",
            "endpoint": CHAT, "input_file_id": "file-1", "created_at": 1_700_000_000,
        }  # fmt: skip
        return json_reply({"object": "list", "data": [batch], "has_more": True})

    with ScriptedService(endless) as line:
        profile = replace(settings.profile("local"), base_url=line.base_url)
        services = {**settings.services, "local": profile}
        async with open_dashboard(services=services) as hand:
            await hand.press("A")
            await hand.until_on("AdoptScreen")
            await hand.press("r")
            await hand.until_shown("Looking through the batches of local 3 · Esc stops")
            await hand.press("escape")
            await hand.until_shown("Stopping · Esc closes")
            may_go_on.set()
            await hand.until_shown("Stopped.")
            assert type(hand.app.screen).__name__ == "AdoptScreen"
            await hand.press("escape")
            await hand.until_on("JobsScreen")
    assert len(asked) < 8


async def test_a_service_that_cannot_be_asked_is_told_in_the_dialog(
    open_dashboard: Open,
) -> None:
    async with open_dashboard(service="openai") as hand:
        await hand.until_on("WelcomeScreen")
        await hand.press("escape", "A")
        await hand.until_on("AdoptScreen")
        await hand.press("r")
        await hand.until_shown("there is no API key for the service openai")


async def test_a_batch_that_is_gone_meanwhile_is_told_and_none_is_adopted(
    open_dashboard: Open, settings: Settings
) -> None:
    theirs = SmallService()
    lost: list[str] = []

    def answering(asked: Asked) -> Reply | None:
        if any(asked.path.endswith(batch_id) for batch_id in lost):
            return refusal(404, "No batch found")
        return theirs(asked)

    with ScriptedService(answering) as line:
        profile = replace(settings.profile("local"), base_url=line.base_url)
        services = {**settings.services, "local": profile}
        _put(theirs, "kept")
        _put(theirs, "lost")
        async with open_dashboard(services=services) as hand:
            hand.app.door.look_for_batches()
            lost += [str(one["id"]) for one in theirs.batches if _name(one) == "lost"]
            await hand.press("A")
            await hand.until_on("AdoptScreen")
            await hand.press("a", "enter")
            await hand.until_shown("has no batch")
            assert hand.app.door.jobs() == []
            assert len(hand.app.door.offers()) == 2


def _put(theirs: SmallService, name: str) -> None:
    made: dict[str, Any] = {
        "input_file_id": "file-theirs", "endpoint": CHAT, "completion_window": "24h",
        "metadata": {"name": name},
    }  # fmt: skip
    theirs(Asked("POST", "/v1/batches", {}, json.dumps(made).encode()))


def _name(batch: dict[str, Any]) -> str:
    return str(batch["metadata"]["name"])
