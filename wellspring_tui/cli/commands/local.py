"""The built-in service alone."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from wellspring_tui.cli import options

if TYPE_CHECKING:
    from wellspring_tui.cli.chosen import Chosen

_PORT = 8089
_SCENARIOS = Path(__file__).parents[2] / "local" / "scenarios.txt"
"""The service's own table; its code is not imported here."""


def _indented(text: str) -> str:
    # Click takes a blank line for the end of what it leaves as it is.
    return "\n".join(f"  {line}" for line in text.split("\n") if line)


@click.command(
    epilog=options.examples(
        "wellspring local",
        "wellspring local --port 0 --pace 0     any free port, answers at once",
        "wellspring local --model-server http://127.0.0.1:8080",
        "wellspring local --scenario fail:3:500,stall:60",
    )
    + f"\n\n\b\nScenarios:\n{_indented(_SCENARIOS.read_text(encoding='utf-8'))}"
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
@click.option(
    "--model",
    metavar="NAME",
    help="Have a small real model on this machine answer: a .gguf file, or smollm2 "
    "(135 million parameters; plausible English, most facts wrong).",
)
@click.option(
    "--model-server",
    metavar="URL",
    help="Have a server that speaks OpenAI's protocol answer, instead of simulated answers.",
)
@click.option(
    "--model-server-key-variable",
    metavar="NAME",
    help="The environment variable that holds its key.  [default: it gets none]",
)
@click.option(
    "--line-timeout",
    type=click.FloatRange(min=0, min_open=True),
    metavar="SECONDS",
    help="How long it may take for one answer.  [default: 600]",
)
@click.option(
    "--scenario",
    metavar="RULES",
    help="Have things go wrong on purpose; so does a batch's metadata, as `scenario`.",
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
    model: str | None,
    model_server: str | None,
    model_server_key_variable: str | None,
    line_timeout: float | None,
    scenario: str | None,
) -> NoReturn:
    """Run the built-in service alone, for any OpenAI client.

    It runs until Ctrl-C. Its base URL is printed when it is ready. Answers are simulated
    unless there is a model server, here or as `model_server` of `[services.local]`.
    """
    from wellspring_tui.service_profiles import LOCAL, ServiceProfile

    settings = chosen.settings()
    # Who is named here answers, with nothing of what the settings say about another.
    named = model or model_server
    configured = ServiceProfile(LOCAL) if named else settings.profile(LOCAL)
    seconds = settings.pace_seconds if pace is None else pace
    # The service is a program of its own; it takes this process over, and its signals with it.
    command = [
        *(sys.executable, "-m", "wellspring_tui.local", "--data", str(settings.places.local)),
        *("--port", str(port), "--pace", str(seconds)),
    ]
    options_given = {
        "--enqueued-tokens": enqueued_tokens,
        "--creations-per-hour": creations_per_hour,
        "--model": model,
        "--model-server": model_server or configured.model_server,
        "--model-server-key-variable": model_server_key_variable
        or configured.model_server_key_variable,
        "--line-timeout": line_timeout,
        "--scenario": scenario,
    }
    for name, value in options_given.items():
        if value is not None:
            command += [name, str(value)]
    os.execve(sys.executable, command, dict(settings.environment))  # noqa: S606
