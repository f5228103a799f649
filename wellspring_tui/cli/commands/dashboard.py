"""The dashboard, and the dashboard with a sample on the built-in service."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from wellspring_tui.cli import options
from wellspring_tui.cli.output import on_terminal
from wellspring_tui.errors import InputError

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
    open_dashboard(chosen, demo=True)


def open_dashboard(chosen: Chosen, *, demo: bool = False) -> None:
    """Open the dashboard. Raises InputError where there is no terminal to show it on."""
    if not (on_terminal(sys.stdin) and on_terminal(sys.stdout)):
        raise InputError(
            "the dashboard needs a terminal",
            todo="`wellspring --help` lists what works without one.",
        )
    settings = chosen.settings()
    from wellspring_tui.tui.app import run

    code = run(settings, demo=demo, mouse=not chosen.no_mouse)
    click.get_current_context().exit(code)
