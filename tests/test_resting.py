"""Rests are for those who wait, and cost nothing where nobody does."""

from __future__ import annotations

import threading
import time

import pytest

from wellspring_tui.resting import Rests


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds of every rest that is taken."""
    taken: list[float] = []
    now = iter(range(1_000_000))
    monkeypatch.setattr(time, "monotonic", lambda: next(now) / 10_000)
    monkeypatch.setattr(time, "sleep", taken.append)
    return taken


def work() -> None:
    """A hundred looks at the clock, a ten-thousandth of a second each."""
    rests = Rests()
    for _ in range(100):
        rests.take()


def test_a_thread_rests_after_every_millisecond(pauses: list[float]) -> None:
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert 5 <= len(pauses) <= 10
    assert all(0 < pause < 0.001 for pause in pauses)


def test_the_main_thread_does_not(pauses: list[float]) -> None:
    work()
    assert pauses == []
