"""The dashboard, and the dashboard with a sample on the built-in service."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from wellspring_tui.cli import options
from wellspring_tui.cli.opening import open_dashboard

if TYPE_CHECKING:
    from wellspring_tui.cli.chosen import Chosen

_LOCAL = "local"
_SMALL_MODELS = ("smollm2",)
"""Each a service of its own, by the same name."""


@click.command(
    epilog=options.examples(
        "wellspring demo",
        "wellspring demo --model smollm2       a small real model answers",
        "wellspring --home ./trial demo        keep everything in that folder",
    )
)
@click.option(
    "--model",
    type=click.Choice(_SMALL_MODELS),
    help="Have a small model answer that runs on this machine, instead of simulated answers.",
)
@options.dashboard
@options.places
@options.pass_chosen
def demo(chosen: Chosen, *, model: str | None) -> None:
    """Open the dashboard with a sample to send; no key is needed."""
    chosen.service = model or chosen.service or _LOCAL
    if model is not None:
        from wellspring_tui.services.builtin import refuse_without_model

        refuse_without_model(chosen.settings().profile())
    click.get_current_context().exit(open_dashboard(chosen, demo=True))
