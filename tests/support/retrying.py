"""`python -m tests.support.retrying HOME URL JOB [MOMENT]`: retry a job in a process of its own.

At MOMENT, counted from 0, it is killed. Otherwise it prints the moments that it has passed, or
on stderr why there is nothing to retry.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tests.support.dying import Moments
from tests.support.homes import sent_to
from wellspring_tui.errors import InputError
from wellspring_tui.settings import load_settings
from wellspring_tui.wellspring import Wellspring


def main(home: Path, url: str, job_id: str, moment: int | None) -> None:
    """Plan the retry; nothing is sent."""
    moments = Moments(home, moment)
    settings = sent_to(load_settings(home=home, service="local"), url)
    moments.watch()
    with Wellspring(settings) as wellspring:
        try:
            wellspring.retry(job_id)
        except InputError as error:
            sys.exit(str(error))
    sys.stdout.write("\n".join(moments.passed))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4]) if sys.argv[4:] else None)
