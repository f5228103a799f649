"""A part is carried by one process at a time."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from tests.support.jobs import added
from wellspring_tui.jobs.ledger import Ledger
from wellspring_tui.jobs.model import Step

if TYPE_CHECKING:
    from pathlib import Path


def test_a_part_is_held_by_one_at_a_time(ledger: Ledger, path: Path) -> None:
    (one,) = added(ledger, "bcdfgh")
    other = Ledger(path)
    assert ledger.holds.take(one.id, "me", 60) == one
    assert other.holds.take(one.id, "them", 60) is None
    assert ledger.holds.take(one.id, "me", 60) == one
    other.holds.release(one.id, "them")  # not theirs to release
    assert other.holds.take(one.id, "them", 60) is None
    ledger.holds.release(one.id, "me")
    assert other.holds.take(one.id, "them", 60) == one
    assert ledger.holds.take(one.id, "me", 60) is None
    other.close()


def test_a_hold_that_was_not_renewed_ends(ledger: Ledger) -> None:
    (one,) = added(ledger, "bcdfgh")
    assert ledger.holds.take(one.id, "killed", -1) == one
    assert ledger.holds.take(one.id, "me", 60) == one


def test_a_held_part_is_given_as_it_is_now(ledger: Ledger, path: Path) -> None:
    (one,) = added(ledger, "bcdfgh")
    other = Ledger(path)
    other.steps.to_step(one, Step.UPLOADING)
    held = ledger.holds.take(one.id, "me", 60)
    assert held is not None
    assert held.step is Step.UPLOADING
    other.close()


def test_only_one_of_many_threads_gets_a_part(ledger: Ledger) -> None:
    (one,) = added(ledger, "bcdfgh")
    together = threading.Barrier(6)
    held: list[str] = []

    def try_to_hold(name: str) -> None:
        together.wait()
        if ledger.holds.take(one.id, name, 60) is not None:
            held.append(name)

    threads = [threading.Thread(target=try_to_hold, args=(f"t{n}",)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(held) == 1
