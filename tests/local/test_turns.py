"""Turns at a model server: as many as the level says, and no batch in front of all others."""

from __future__ import annotations

import asyncio

import pytest

from wellspring_tui.local.level import Level
from wellspring_tui.local.turns import Turns


def turns(at_once: int) -> Turns:
    level = Level()
    level.at_once = at_once
    return Turns(level)


async def settle() -> None:
    """Let everything happen that can."""
    for _ in range(5):
        await asyncio.sleep(0)


async def test_the_batch_with_the_fewest_under_way_is_next() -> None:
    shared, order = turns(2), []

    async def ask(lane: str) -> None:
        await shared.take(lane)
        order.append(lane)

    tasks = [asyncio.create_task(ask("large")) for _ in range(5)]
    await settle()
    tasks += [asyncio.create_task(ask("small")) for _ in range(2)]
    await settle()
    assert order == ["large", "large"]

    for lane in ("large", "large", "small"):
        shared.give_back(lane)
        await settle()

    assert order[2:] == ["small", "small", "large"] or order[2:] == ["small", "large", "small"]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_who_gives_up_waiting_takes_no_turn() -> None:
    shared = turns(1)
    await shared.take("one")
    gone = asyncio.create_task(shared.take("two"))
    await settle()
    gone.cancel()
    await asyncio.gather(gone, return_exceptions=True)

    shared.give_back("one")

    await asyncio.wait_for(shared.take("three"), 5)
    assert not shared.somebody_waits


async def test_who_gives_up_in_the_moment_of_its_turn_gives_it_back() -> None:
    shared = turns(1)
    await shared.take("one")
    gone = asyncio.create_task(shared.take("two"))
    await settle()
    shared.give_back("one")
    gone.cancel()
    await asyncio.gather(gone, return_exceptions=True)

    await asyncio.wait_for(shared.take("three"), 5)


async def test_a_dismissed_batch_waits_no_longer() -> None:
    shared = turns(1)
    await shared.take("one")
    waiting = [asyncio.create_task(shared.take("one")) for _ in range(3)]
    await settle()

    shared.dismiss("one")

    assert [type(end) for end in await asyncio.gather(*waiting, return_exceptions=True)] == [
        asyncio.CancelledError
    ] * 3
    assert not shared.somebody_waits


async def test_while_the_server_wants_to_be_left_alone_nobody_has_a_turn() -> None:
    shared = turns(5)
    shared.hold(0.05)
    asked = asyncio.create_task(shared.take("one"))
    await settle()
    assert not asked.done()

    await asyncio.wait_for(asked, 5)


@pytest.mark.parametrize("lane", [None, "batch_1"])
async def test_who_asks_directly_has_turns_like_a_batch(lane: str | None) -> None:
    shared = turns(1)
    await shared.take(lane)
    shared.give_back(lane)
    await asyncio.wait_for(shared.take(lane), 5)
