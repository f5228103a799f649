"""Killed in the middle of keeping house: some of it is gone, and nothing that is needed."""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING

import pytest

from tests.support.carried import OPTIONS, is_whole
from tests.support.homes import carry, sent_to
from tests.support.littering import answered, littered
from tests.support.nursery import Errand, Nursery, moments_of
from wellspring_tui.errors import JobNotFoundError
from wellspring_tui.settings import load_settings
from wellspring_tui.wellspring import Wellspring

if TYPE_CHECKING:
    from pathlib import Path

    from wellspring_tui.jobs.model import Job
    from wellspring_tui.services.client import Service
    from wellspring_tui.settings import Settings


class House:
    """A home with a job that is over, one that waits, and things that nobody needs."""

    def __init__(self, home: Path, url: str, prompts_path: Path) -> None:
        self.home = home
        self.url = url
        self.settings: Settings = sent_to(load_settings(home=home, service="local"), url)
        with Wellspring(self.settings) as wellspring:
            self.done: Job = answered(wellspring, prompts_path)
            self.waiting: Job = wellspring.submit(prompts_path, OPTIONS)
            self.left = littered(wellspring, self.done)

    def run(self, nursery: Nursery, die_before: int | None = None, **errand: object) -> int:
        """A process on this home; how it ended."""
        given = Errand(str(self.home), self.url, carries=False, die_before=die_before, **errand)  # type: ignore[arg-type]
        return nursery.run(given)

    def is_clean_and_whole(self, remote: Service) -> None:
        """Another process finishes what was begun, and no job lacks anything."""
        with Wellspring(self.settings) as wellspring:
            cleaned = wellspring.clean(wellspring.litter().litter)
            assert (cleaned.left, cleaned.failures) == ((), ())
            assert wellspring.litter().litter == ()
            assert not any(path.exists() for path in self.left)
            carry(wellspring, self.waiting.id)
            is_whole(wellspring, remote, self.waiting)
            is_whole(wellspring, remote, self.done)


@pytest.mark.timeout(300)
def test_cleaning_may_be_killed_at_every_moment(
    nursery: Nursery, service_url: str, remote: Service, tmp_path: Path, prompts_path: Path
) -> None:
    moment = 0
    while True:
        house = House(tmp_path / f"home-{moment}", service_url, prompts_path)
        ended = house.run(nursery, moment, cleans=True)
        if ended == 0:
            break
        assert ended == -signal.SIGKILL
        house.is_clean_and_whole(remote)
        moment += 1
    gone = [one for one in moments_of(house.home) if one.startswith("remove")]
    assert moment > len(gone) >= len(house.left)
    house.is_clean_and_whole(remote)


@pytest.mark.timeout(300)
def test_forgetting_may_be_killed_at_every_moment(
    nursery: Nursery, service_url: str, remote: Service, tmp_path: Path, prompts_path: Path
) -> None:
    moment, kept = 0, 0
    while True:
        house = House(tmp_path / f"home-{moment}", service_url, prompts_path)
        ended = house.run(nursery, moment, forgets=house.done.id)
        if ended == 0:
            break
        assert ended == -signal.SIGKILL
        kept += _is_whole_or_gone(house, remote)
        moment += 1
    assert moment > kept > 0  # killed early it is all there, killed late it is all gone
    assert "COMMIT" in moments_of(house.home)
    assert not _is_whole_or_gone(house, remote)


def _is_whole_or_gone(house: House, remote: Service) -> bool:
    """Whether the job that was to be forgotten is there still, and whole."""
    with Wellspring(house.settings) as wellspring:
        wellspring.clean(wellspring.litter().litter)
        places = wellspring.settings.places
        try:
            wellspring.job(house.done.id)
        except JobNotFoundError:
            assert not places.inputs(house.done.id).exists()
            assert not places.outputs(house.done.id).exists()
            assert wellspring.litter().litter == ()
            there = False
        else:
            is_whole(wellspring, remote, house.done)
            there = True
        carry(wellspring, house.waiting.id)
        is_whole(wellspring, remote, house.waiting)
        return there


def test_several_processes_may_clean_at_once(
    nursery: Nursery, service_url: str, remote: Service, tmp_path: Path, prompts_path: Path
) -> None:
    house = House(tmp_path / "home", service_url, prompts_path)
    ends: list[int] = []
    with Nursery() as another:
        others = threading.Thread(target=lambda: ends.append(house.run(another, cleans=True)))
        others.start()
        ends.append(house.run(nursery, cleans=True))
        others.join()
    assert ends == [0, 0]
    house.is_clean_and_whole(remote)
