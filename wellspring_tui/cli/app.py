"""The program: finding the command, running it, and telling in one place what went wrong."""

from __future__ import annotations

import os
import sys
from keyword import iskeyword
from typing import TYPE_CHECKING, NoReturn

import click

from wellspring_tui import __version__
from wellspring_tui.cli import options
from wellspring_tui.cli.chosen import Chosen
from wellspring_tui.cli.ending import ended
from wellspring_tui.cli.output import COMPLETING, PROGRAM, ReaderGoneError
from wellspring_tui.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

# In the order of the help: where a command lives, and the first sentence of its own help.
# The list of commands is printed from here, for importing them all takes as long again.
_COMMANDS = {
    "demo": ("dashboard", "Open the dashboard with a sample to send; no key is needed."),
    "check": ("check", "Read a prompts FILE: sections, prompts, tokens, cost, problems."),
    "run": ("sending", "Submit a prompts FILE, watch it, write the results as JSON."),
    "submit": ("sending", "Submit a prompts FILE and print the job's id."),
    "watch": ("watching", "Follow a JOB until it ends, then write the results as JSON."),
    "jobs": ("listing", "List jobs, newest first."),
    "status": ("listing", "Show one JOB whole: parts, batches, timeline, problems."),
    "results": ("results", "Write the answers of a JOB, by section."),
    "search": ("searching", "Find WORDS in all answers of a JOB."),
    "compare": ("comparing", "Show the answers of jobs A and B side by side."),
    "usage": ("usage", "Tokens and money by job, day, model, section, type or service."),
    "edit": ("editing", "Name a JOB, put tags on it, write notes."),
    "cancel": ("cancel", "Cancel a JOB; what has been answered is kept."),
    "retry": ("retrying", "Send again what has no answer in a JOB, and print the job's id."),
    "adopt": ("adopting", "Make a job of each batch made elsewhere, and print the jobs' ids."),
    "import": ("importing", "Make a job of an OUTPUT file on disk, and print the job's id."),
    "serve": ("serving", "Serve the REST API on this machine, and carry the jobs on."),
    "local": ("local", "Run the built-in service alone, for any OpenAI client."),
    "clean": ("cleaning", "Show what nobody needs any more, and delete it when you say so."),
    "forget": ("cleaning", "Delete JOBs that are over: requests, answers, place in the usage."),
    "doctor": (
        "doctor",
        "Look at settings, folders, ledger, key, service and clock, and say what to do.",
    ),
    "config": ("config", "Show every setting, its value and where that came from."),
    "completion": ("completion", "Print the script that completes words in bash, zsh or fish."),
}

_WITH_VALUE = ("--home", "--service", "--theme", "--refresh")
_OLD_FLAGS = {"--input": "run", "--monitor-only": "watch"}
_OLD_LIST = "--list-jobs"
_OLD_FLAGS_HELP = (
    "The old flags still work: --input FILE is run, --monitor-only ID is watch, "
    "--list-jobs is jobs.\n\n"
)


class Program(click.Group):
    """The commands, imported one by one, and the old flags."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Every command, in the order of the help."""
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The command of that name."""
        from importlib import import_module

        if cmd_name not in _COMMANDS:
            return None
        module = import_module(f"wellspring_tui.cli.commands.{_COMMANDS[cmd_name][0]}")
        name = f"{cmd_name}_" if iskeyword(cmd_name) else cmd_name
        command: click.Command = getattr(module, name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the list of commands; none of them is imported for that."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in _COMMANDS.items()])

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """The arguments, with the old flags read as the commands they have become."""
        return super().parse_args(ctx, _with_old_flags(args))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that `args` name. Raises UsageError with what may have been meant."""
        if args[0] in _COMMANDS or args[0].startswith("-") or ctx.resilient_parsing:
            return super().resolve_command(ctx, args)
        from difflib import get_close_matches
        from pathlib import Path

        close = get_close_matches(args[0], _COMMANDS, 1)
        if close:
            meant = f" Did you mean “{close[0]}”?"
        else:
            meant = f" To send that file: `{PROGRAM} run FILE`." if Path(args[0]).is_file() else ""
        raise click.UsageError(f"there is no command “{args[0]}”.{meant}", ctx)


@click.group(
    cls=Program,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    subcommand_metavar="[COMMAND] …",
    epilog=_OLD_FLAGS_HELP
    + options.examples(
        "wellspring                                open the dashboard",
        "wellspring demo                           try it without an API key",
        "wellspring --theme nord --read-only       look only, in other colours",
        "wellspring check prompts.json             what is in it, what it will cost",
        "wellspring run prompts.json -o out.json   send it and wait for the answers",
        "wellspring --service local jobs --json",
    ),
)
@options.dashboard
@options.places
@click.version_option(__version__, prog_name=PROGRAM, message="%(prog)s %(version)s")
@click.pass_context
def program(context: click.Context) -> None:
    """Batch jobs on the OpenAI Batch API, from a prompts file to answers by section.

    Without a command it opens the dashboard.
    """
    if context.invoked_subcommand is None:
        from wellspring_tui.cli.opening import open_dashboard

        context.exit(open_dashboard(context.ensure_object(Chosen)))


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the program and exit with a code of `ExitCode`."""
    chosen = Chosen()
    if COMPLETING in os.environ:
        from wellspring_tui.cli.completing import prepare

        prepare()
    sys.exit(ended(lambda: _run(arguments, chosen), chosen))


def _run(arguments: Sequence[str] | None, chosen: Chosen) -> int | None:
    try:
        code: int | None = program.main(
            arguments, prog_name=PROGRAM, standalone_mode=False, obj=chosen
        )
    except click.Abort:
        raise KeyboardInterrupt from None
    except click.UsageError as error:
        raise InputError(_usage(error)) from None
    except SystemExit:
        if COMPLETING in os.environ:
            raise
        # Otherwise click exits by itself only where whoever read its help has had enough.
        raise ReaderGoneError from None
    return code


def _usage(error: click.UsageError) -> str:
    message = error.format_message().rstrip(".")
    path = error.ctx.command_path if error.ctx is not None else PROGRAM
    end = "" if message.endswith("?") else "."
    return f"{message[:1].lower()}{message[1:]}{end} `{path} --help` shows how."


def _with_old_flags(args: list[str]) -> list[str]:
    """`--input FILE …` as `run … -- FILE`, and so on, when no command is named."""
    if _names_command(args):
        return args
    for place, argument in enumerate(args):
        flag, equals, value = argument.partition("=")
        rest = args[:place]
        if argument == _OLD_LIST:
            return ["jobs", *rest, *args[place + 1 :]]
        if flag in _OLD_FLAGS:
            after = args[place + 1 :]
            values = [value] if equals else after[:1]
            others = [*rest, *(after if equals else after[1:])]
            return [_OLD_FLAGS[flag], *others, *(["--", *values] if values else [])]
    return args


def _names_command(args: list[str]) -> bool:
    waiting = iter(args)
    for argument in waiting:
        if argument in _WITH_VALUE:
            next(waiting, None)  # its value may look like a command: --service local
        elif argument in _COMMANDS:
            return True
    return False
