"""Jobs through foul weather; `python -m tests.faults.schedules` runs as many as one likes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.faults import schedules

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.nursery import Nursery

_SEEDS = range(1_000, 1_024)


@pytest.mark.timeout(300)
def test_every_job_ends_as_if_nothing_had_happened(nursery: Nursery, tmp_path: Path) -> None:
    tally = schedules.run(_SEEDS, tmp_path, nursery)
    assert tally.bad == {}
    assert tally.strays == 0
    assert tally.schedules == len(_SEEDS)
    assert tally.kills > len(_SEEDS) / 2
    assert len(tally.faults) > len(_SEEDS) / 2
