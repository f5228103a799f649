"""`python -m wellspring_tui`, and the program `wellspring`."""

from __future__ import annotations

from wellspring_tui.cli.app import main

if __name__ == "__main__":
    main()
