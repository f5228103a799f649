"""`python -m tests.support.dying HOME SERVICE_URL MOMENT`: carry all jobs, and be killed.

The process kills itself as a power cut would, at one moment: "after creating" (the step is
in the ledger, its action has not begun), "before created" (the action is done, the ledger
does not know), "while Fetching" (the work of that name has begun). With "never" it carries
the jobs to their end.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from wellspring_tui.jobs.collecting import Collector
from wellspring_tui.jobs.conductor import Conductor
from wellspring_tui.jobs.ledger import Ledger
from wellspring_tui.progress import Progress
from wellspring_tui.services.client import Service
from wellspring_tui.settings import load_settings

if TYPE_CHECKING:
    from wellspring_tui.answers.model import Totals
    from wellspring_tui.jobs.model import Part, Step
    from wellspring_tui.services.model import Batch


class DyingLedger(Ledger):
    """A ledger in which the process dies just before or just after one of its writes."""

    def __init__(self, path: Path, moment: str) -> None:
        super().__init__(path)
        self._moment = moment

    def reach(self, moment: str) -> None:
        """Die, if this is the moment."""
        if moment == self._moment:
            os.kill(os.getpid(), signal.SIGKILL)

    def to_step(self, part: Part, step: Step, *, input_file_id: str | None = None) -> None:
        self.reach(f"before {step}")
        super().to_step(part, step, input_file_id=input_file_id)
        self.reach(f"after {step}")

    def observe(self, part: Part, batch: Batch) -> bool:
        what = "created" if part.batch_id is None else batch.status
        self.reach(f"before {what}")
        is_new = super().observe(part, batch)
        self.reach(f"after {what}")
        return is_new

    def collected(self, part: Part, totals: Totals, cost: Decimal | None) -> None:
        self.reach("before collected")
        super().collected(part, totals, cost)
        self.reach("after collected")


def main(home: Path, url: str, moment: str) -> None:
    """Carry the jobs of `home`, on the service at `url`, to `moment` or to their end."""
    settings = load_settings(home=home, service="local")
    profile = replace(settings.profile(), base_url=url)
    ledger = DyingLedger(settings.places.ledger, moment)
    service = Service(url, "built-in")
    conductor = Conductor(
        ledger,
        settings.places,
        profile=lambda _name: profile,
        connect=lambda _name: service,
        collector=Collector(ledger, settings.places, lambda _job, _index: Decimal(0)),
        interval_seconds=lambda _name: 0.0,
    )

    def report(what: str, _done: int, _total: int | None) -> None:
        ledger.reach(f"while {what.split(maxsplit=1)[0]}")

    while ledger.open_services():
        conductor.tick(Progress(report))
        time.sleep(0.02)
    service.close()
    ledger.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3])
