"""The script that has a shell complete commands, flags, jobs and settings."""

from __future__ import annotations

import click

from wellspring_tui.cli import options
from wellspring_tui.cli.output import COMPLETING, PROGRAM, data

_SHELLS = ("bash", "zsh", "fish")


@click.command(
    epilog="\b\nWhere it goes:\n"
    '  ~/.bashrc                   eval "$(wellspring completion bash)"\n'
    '  ~/.zshrc, after compinit    eval "$(wellspring completion zsh)"\n'
    "  ~/.config/fish/config.fish  wellspring completion fish | source\n\n"
    + options.examples(
        "wellspring completion zsh > ~/.zfunc/_wellspring",
        "wellspring completion fish > ~/.config/fish/completions/wellspring.fish",
    )
)
@click.argument("shell", type=click.Choice(_SHELLS), metavar="SHELL")
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the script that completes words in bash, zsh or fish.

    Bash has to be 4.4 or newer. What is completed: commands, flags, the ids of jobs, services,
    formats, settings and files.
    """
    from click.shell_completion import BashComplete, FishComplete, ShellComplete, ZshComplete

    kinds = {kind.name: kind for kind in (BashComplete, ZshComplete, FishComplete)}
    script = kinds[shell](context.find_root().command, {}, PROGRAM, COMPLETING)
    # Bash's own one would first start a bash, and look at the version of that.
    data(ShellComplete.source(script).rstrip("\n"))
