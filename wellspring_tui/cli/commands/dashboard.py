"""The dashboard, and the dashboard with a sample on the built-in service."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from wellspring_tui.cli import options
from wellspring_tui.cli.opening import open_dashboard

if TYPE_CHECKING:
    from wellspring_tui.cli.chosen import Chosen

_LOCAL = "local"


@click.command(
    epilog=options.examples(
        "wellspring demo",
        "wellspring --home ./trial demo        keep everything in that folder",
    )
)
@options.dashboard
@options.places
@options.pass_chosen
def demo(chosen: Chosen) -> None:
    """Open the dashboard with a sample to send; no key is needed."""
    chosen.service = chosen.service or _LOCAL
    click.get_current_context().exit(open_dashboard(chosen, demo=True))
