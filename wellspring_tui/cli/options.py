"""Options that several commands share, each declared once."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from wellspring_tui.cli.chosen import Chosen

if TYPE_CHECKING:
    from collections.abc import Callable
    from decimal import Decimal

    from click.shell_completion import CompletionItem

    _Completing = Callable[[click.Context, click.Parameter, str], list[CompletionItem[str]]]

_Function = TypeVar("_Function", bound="Callable[..., object] | click.Command")

_DAY_SECONDS = 86_400
_ENDPOINTS = ("/v1/chat/completions", "/v1/responses", "/v1/embeddings")


def completes(
    name: str,
) -> Callable[[click.Context, click.Parameter, str], list[CompletionItem[str]]]:
    """What of `cli.completing` offers words to a shell; imported when a shell asks."""

    def complete(
        context: click.Context, parameter: click.Parameter, start: str
    ) -> list[CompletionItem[str]]:
        from wellspring_tui.cli import completing

        found: list[CompletionItem[str]] = getattr(completing, name)(context, parameter, start)
        return found

    return complete


pass_chosen = click.make_pass_decorator(Chosen, ensure=True)

job_argument = click.argument("job_id", metavar="JOB", shell_complete=completes("job_ids"))
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
quiet_option = click.option(
    "-q", "--quiet", is_flag=True, help="Say nothing but errors: no progress, no hints."
)
offline_option = click.option(
    "--offline", is_flag=True, help="Show what is known here; ask no service."
)
tags_option = click.option(
    "--tag",
    "tags",
    multiple=True,
    metavar="TAG",
    help="Put a tag on it, to find it by; may be given several times.",
)
now_option = click.option(
    "--now",
    is_flag=True,
    help="Wait for no batch: be answered in real time, at the real-time price.",
)
output_option = click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="OUT",
    help="Write the results here, at once and whole; - is stdout.",
)


def places(function: _Function) -> _Function:
    """`--home` and `--service`; the one after the command's name wins."""
    home = click.option(
        "--home",
        type=click.Path(file_okay=False, path_type=Path),
        metavar="DIR",
        expose_value=False,
        callback=_remember,
        help="Keep everything below DIR (or WELLSPRING_HOME).",
    )
    service = click.option(
        "--service",
        metavar="NAME",
        expose_value=False,
        callback=_remember,
        shell_complete=completes("service_names"),
        help="The service to use: openai, local, another known one, or one of config.toml.",
    )
    return home(service(function))


def dashboard(function: _Function) -> _Function:
    """How the dashboard is to be, for this time."""
    theme = click.option(
        "--theme",
        metavar="NAME",
        expose_value=False,
        callback=_remember,
        shell_complete=completes("theme_names"),
        help="The dashboard's colours (or WELLSPRING_THEME).",
    )
    refresh = click.option(
        "--refresh",
        type=click.FloatRange(1, _DAY_SECONDS),
        metavar="SECONDS",
        expose_value=False,
        callback=_remember,
        help="How often services are asked (or BATCH_CHECK_INTERVAL).",
    )
    no_mouse = click.option(
        "--no-mouse",
        is_flag=True,
        default=None,
        expose_value=False,
        callback=_remember,
        help="Leave the mouse to the terminal.",
    )
    read_only = click.option(
        "--read-only",
        is_flag=True,
        default=None,
        expose_value=False,
        callback=_remember,
        help="Look at jobs; send and change none.",
    )
    return theme(refresh(no_mouse(read_only(function))))


def requests(function: _Function) -> _Function:
    """What is put around every prompt; the settings say it where a flag is not given."""
    options = (
        click.option("--model", metavar="NAME", help="gpt-4o-mini, unless set otherwise."),
        click.option(
            "--temperature",
            type=click.FloatRange(0, 2),
            callback=_number,
            metavar="NUMBER",
            help="0.3, unless set otherwise.",
        ),
        click.option(
            "--max-tokens",
            type=click.IntRange(min=1),
            metavar="NUMBER",
            help="Of an answer; 2000, unless set otherwise.",
        ),
        click.option("--system", metavar="TEXT", help="A system message before every prompt."),
        click.option(
            "--endpoint",
            type=click.Choice(_ENDPOINTS),
            metavar="PATH",
            help=f"One of {', '.join(_ENDPOINTS)}; the first, unless set otherwise.",
        ),
        click.option("--window", metavar="TIME", help="24h, unless set otherwise."),
        click.option(
            "--template",
            callback=_template,
            metavar="TEXT",
            help="The prompt of every row of a CSV, TSV or JSONL table, with its columns in "
            'braces: "Summarise: {text}". @FILE reads it from a file.',
        ),
        click.option(
            "--schema",
            type=click.Path(path_type=Path),
            metavar="FILE",
            help="A JSON Schema that every answer is to fit; each is checked.",
        ),
        click.option(
            "--output-expires-after",
            metavar="TIME",
            help="How long the service is to keep the answers: 1h to 30d, or none.",
        ),
    )
    for option in reversed(options):
        function = option(function)
    return function


def max_cost(function: _Function) -> _Function:
    """The most that a job may cost."""
    option = click.option(
        "--max-cost",
        callback=_dollars,
        metavar="USD",
        help="Refuse a job that may cost more; none lifts the limit that is set.",
    )
    return option(function)


def max_cost_in_all(function: _Function) -> _Function:
    """The most that a job may cost with what it has cost already."""
    option = click.option(
        "--max-cost",
        callback=_dollars,
        metavar="USD",
        help="What the job may cost in all from now on; none lifts its limit.",
    )
    return option(function)


def labels(function: _Function) -> _Function:
    """What a job is called."""
    name = click.option(
        "--name", metavar="TEXT", help="What the job is called; the file's name, if not given."
    )
    description = click.option(
        "--description", metavar="TEXT", help="A note; the batches carry it on the service too."
    )
    return name(description(tags_option(function)))


def examples(*lines: str) -> str:
    """The end of a command's help."""
    return "\n".join(("\b", "Examples:", *(f"  {line}" for line in lines)))


def _file(_context: click.Context, _parameter: click.Parameter, value: str) -> Path:
    from wellspring_tui.cli.incoming import STDIN

    # A file that is called so can be named too: ./-
    return Path(value).absolute() if value != "-" and Path(value) == STDIN else Path(value)


file_argument = click.argument(
    "file", metavar="FILE", type=click.Path(allow_dash=True), callback=_file
)
"""A prompts file; `-` is stdin."""


def _template(
    _context: click.Context, _parameter: click.Parameter, value: str | None
) -> str | None:
    """A template as it was typed, or as `@FILE` holds it; `@@` begins a text with @."""
    if value is None or not value.startswith("@"):
        return value
    if value.startswith("@@"):
        return value[1:]
    from wellspring_tui.cli.incoming import text_of_file

    return text_of_file(Path(value[1:]), "template")


def _remember(context: click.Context, parameter: click.Parameter, value: object) -> None:
    chosen = context.ensure_object(Chosen)
    if isinstance(value, float) and math.isnan(value):  # a NaN passes every range
        raise click.BadParameter("it must be a number of seconds.")
    if value is not None:
        setattr(chosen, str(parameter.name), value)


def _dollars(
    _context: click.Context, _parameter: click.Parameter, value: str | None
) -> Decimal | None:
    if value is None:
        return None
    from wellspring_tui.errors import InputError
    from wellspring_tui.jobs.spending import limit_from_text

    try:
        return limit_from_text(value)
    except InputError as error:
        raise click.BadParameter(f"{error.what}.") from None


def _number(
    _context: click.Context, _parameter: click.Parameter, value: float | None
) -> float | None:
    if value is not None and math.isnan(value):  # a NaN passes every range
        raise click.BadParameter("it must be a number from 0 to 2.")
    return value
