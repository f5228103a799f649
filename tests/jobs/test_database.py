"""The ledger's file in a program that runs for long."""

from __future__ import annotations

import os
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from wellspring_tui.jobs.ledger import Ledger

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.skipif(sys.platform != "linux", reason="counts open files in /proc")
def test_threads_that_have_ended_keep_no_file_open(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.sqlite")
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208

    for _ in range(50):
        looking = threading.Thread(target=ledger.jobs)
        looking.start()
        looking.join()

    assert len(os.listdir("/proc/self/fd")) <= before + 6  # noqa: PTH208
    assert ledger.jobs() == []
    ledger.close()
