"""`python -m tests.support.creating HOME FILE_ID [MOMENT]`: ask for a batch, as a script does.

At MOMENT, counted from 0, it is killed. Otherwise it prints the moments that it has passed.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tests.support.dying import Moments
from wellspring_tui import WellspringBatchProcessor


def main(home: Path, file_id: str, moment: int | None) -> None:
    """The step between the upload and the wait."""
    moments = Moments(home, moment)
    moments.watch()
    with WellspringBatchProcessor(home=home, service="local") as processor:
        processor.create_batch_job(file_id)
    sys.stdout.write("\n".join(moments.passed))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]) if sys.argv[3:] else None)
