"""The built-in service alone."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, NoReturn

import click

from wellspring_tui.cli import options

if TYPE_CHECKING:
    from wellspring_tui.cli.chosen import Chosen

_PORT = 8089


@click.command(
    epilog=options.examples(
        "wellspring local",
        "wellspring local --port 0 --pace 0     any free port, answers at once",
    )
)
@click.option(
    "--port",
    type=click.IntRange(0, 65_535),
    default=_PORT,
    show_default=True,
    help="The port on 127.0.0.1; 0 takes a free one.",
)
@click.option(
    "--pace",
    type=click.FloatRange(min=0),
    metavar="SECONDS",
    help="About how long a batch takes; 0 is as fast as it goes.  [default: 10]",
)
@click.option(
    "--enqueued-tokens",
    type=click.IntRange(min=1),
    metavar="N",
    help="Refuse batches beyond so many input tokens of a model at once, as OpenAI does.",
)
@click.option(
    "--creations-per-hour",
    type=click.IntRange(min=1),
    metavar="N",
    help="Refuse to create more batches in an hour.",
)
@options.places
@options.pass_chosen
def local(
    chosen: Chosen,
    *,
    port: int,
    pace: float | None,
    enqueued_tokens: int | None,
    creations_per_hour: int | None,
) -> NoReturn:
    """Run the built-in service alone, for any OpenAI client.

    It runs until Ctrl-C. Its base URL is printed when it is ready.
    """
    settings = chosen.settings()
    seconds = settings.pace_seconds if pace is None else pace
    # The service is a program of its own; it takes this process over, and its signals with it.
    command = [
        *(sys.executable, "-m", "wellspring_tui.local", "--data", str(settings.places.local)),
        *("--port", str(port), "--pace", str(seconds)),
    ]
    if enqueued_tokens is not None:
        command += ["--enqueued-tokens", str(enqueued_tokens)]
    if creations_per_hour is not None:
        command += ["--creations-per-hour", str(creations_per_hour)]
    os.execv(sys.executable, command)  # noqa: S606
