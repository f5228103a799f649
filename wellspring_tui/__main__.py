"""`python -m wellspring_tui`, and the program `wellspring`."""

from __future__ import annotations

import os
import sys
from typing import NoReturn

from wellspring_tui.cli.output import COMPLETING


def main() -> NoReturn:
    """Run the program; without any argument open the dashboard at once."""
    # The dashboard in a browser brings aiohttp along, and where that is installed `openai`
    # takes a fifth of a second to build a client on it that this program never uses.
    sys.modules["openai._vendor.httpx_aiohttp"] = None  # type: ignore[assignment]
    if len(sys.argv) > 1 or COMPLETING in os.environ:
        from wellspring_tui.cli.app import main as run

        run()
    from wellspring_tui.cli.chosen import Chosen
    from wellspring_tui.cli.ending import ended
    from wellspring_tui.cli.opening import open_dashboard

    chosen = Chosen()
    sys.exit(ended(lambda: open_dashboard(chosen), chosen))


if __name__ == "__main__":
    main()
