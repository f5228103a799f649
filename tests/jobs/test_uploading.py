"""An upload that takes its time holds nobody: it can be cancelled and left at any moment."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from tests.support.carried import OPTIONS, is_whole
from tests.support.faults import HeldUp
from tests.support.faulty import FaultyLine
from tests.support.homes import carry, sent_to, until
from wellspring_tui.errors import StoppedError
from wellspring_tui.progress import Progress
from wellspring_tui.wellspring import Wellspring

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from wellspring_tui.services.client import Service
    from wellspring_tui.settings import Settings


@pytest.fixture
def held_up() -> HeldUp:
    """The plan of a line over which no upload gets on."""
    return HeldUp()


@pytest.fixture
def line(service_url: str, held_up: HeldUp) -> Iterator[FaultyLine]:
    """That line."""
    with FaultyLine(service_url, held_up) as opened:
        yield opened
        held_up.let_in.set()


def test_a_job_that_is_cancelled_while_it_goes_up_ends_at_once_and_has_no_batch(
    settings: Settings, line: FaultyLine, held_up: HeldUp, prompts_path: Path
) -> None:
    with Wellspring(sent_to(settings, line.base_url)) as wellspring:
        job = wellspring.submit(prompts_path, OPTIONS)
        carrying = threading.Thread(target=wellspring.tick)
        carrying.start()
        assert held_up.arrived.wait(30)
        wellspring.cancel(job.id)
        until(lambda: wellspring.job(job.id).collected, "the job to end")
        assert not held_up.let_in.is_set()  # the upload is where it was
        carrying.join()
        held_up.let_in.set()
        wellspring.tick()
        ended = wellspring.job(job.id)
        assert (ended.status, ended.missing) == ("cancelled", 4)
        assert line.reached["create"] == 0
        assert [part.batch_id for part in wellspring.detail(job.id).parts] == [None]


def test_a_job_that_is_cancelled_just_before_its_batch_is_made_has_none(
    settings: Settings, line: FaultyLine, held_up: HeldUp, prompts_path: Path
) -> None:
    held_up.let_in.set()
    with Wellspring(sent_to(settings, line.base_url)) as wellspring:
        job = wellspring.submit(prompts_path, OPTIONS)
        line.meanwhile = lambda: wellspring.ledger.ask_to_cancel(job.id)
        wellspring.tick()
        assert wellspring.job(job.id).status == "cancelled"
        assert (line.reached["upload"], line.asked["create"]) == (1, 0)


def test_an_upload_that_was_left_goes_on_later_with_one_batch(
    settings: Settings, line: FaultyLine, held_up: HeldUp, prompts_path: Path, remote: Service
) -> None:
    with Wellspring(sent_to(settings, line.base_url)) as wellspring:
        job = wellspring.submit(prompts_path, OPTIONS)
        leaving = Progress()

        def leave() -> None:
            held_up.arrived.wait(30)
            leaving.stopped.set()

        threading.Thread(target=leave).start()
        with pytest.raises(StoppedError, match="stopped while uploading part 1"):
            wellspring.tick(leaving)
        assert not held_up.let_in.is_set()
        held_up.let_in.set()
        carry(wellspring, job.id)
        is_whole(wellspring, remote, wellspring.job(job.id))


def test_a_hold_is_renewed_while_nothing_moves(
    settings: Settings, line: FaultyLine, held_up: HeldUp, prompts_path: Path
) -> None:
    heard: list[tuple[str, int, int | None]] = []
    with Wellspring(sent_to(settings, line.base_url)) as wellspring:
        job = wellspring.submit(prompts_path, OPTIONS)
        size = wellspring.detail(job.id).parts[0].size_bytes

        def report(what: str, done: int, total: int | None) -> None:
            heard.append((what, done, total))
            if len(heard) == 4:
                held_up.let_in.set()

        wellspring.tick(Progress(report))
    assert held_up.arrived.is_set()
    assert heard[0] == ("Uploading part 1", 0, size)
    assert len(heard) >= 4  # it is heard of although no byte gets on
