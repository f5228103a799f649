"""How many requests at once: what a server answers best is found, whatever server it is.

The servers here are sums on paper, and so is the time.
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

import pytest

from wellspring_tui.local.level import CEILING, Level

if TYPE_CHECKING:
    from collections.abc import Callable


def under_load(level: Level, seconds: Callable[[int], float], answers: int) -> float:
    """Keep a server at the level, which takes `seconds` a request with so many under way."""
    now, under_way = 0.0, [(0.0, 0.0)]
    under_way.clear()
    for _ in range(answers):
        while len(under_way) < level.at_once:
            heapq.heappush(under_way, (now + seconds(len(under_way) + 1), now))
        now, asked_at = heapq.heappop(under_way)
        level.answered(asked_at=asked_at, now=now, was_full=True)
    return answers / now


@pytest.mark.parametrize("slots", [1, 8, 24, 32, 100])
def test_a_server_with_slots_gets_them_filled_and_no_long_queue(slots: int) -> None:
    level = Level()

    under_load(level, lambda under_way: 0.05 * max(1.0, under_way / slots), 20_000)

    assert 0.8 * slots <= level.at_once <= max(16, 2.6 * slots)


def test_a_server_without_end_gets_as_many_as_there_may_be_connections() -> None:
    level = Level()

    under_load(level, lambda _: 0.05, 20_000)

    assert level.at_once == CEILING


def test_while_few_wait_nothing_is_learned() -> None:
    level = Level()
    before = level.at_once

    for second in range(1_000):
        level.answered(asked_at=second, now=second + 0.5, was_full=False)

    assert level.at_once == before


def test_a_refusal_takes_the_level_down_once_for_all_that_were_asked_together() -> None:
    level = Level()
    under_load(level, lambda _: 0.05, 2_000)
    before = level.at_once

    for _ in range(20):
        level.refused(asked_at=1_000.0, now=1_000.1)
    once = level.at_once
    level.refused(asked_at=1_001.0, now=1_001.1)

    assert before > once > level.at_once >= before // 4


def test_silence_takes_it_down_to_one_and_no_further_and_answers_bring_it_back() -> None:
    level = Level()
    for second in range(20):
        level.missed(asked_at=second, now=second + 0.5)
    assert level.at_once == 1

    under_load(level, lambda _: 0.05, 20_000)

    assert level.at_once > 16
