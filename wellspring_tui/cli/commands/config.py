"""What is set, where it came from, and setting it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from wellspring_tui.cli import json_help, options
from wellspring_tui.cli.columns import Column, table
from wellspring_tui.cli.commands.keys import set_key, unset_key
from wellspring_tui.cli.output import data, json_data, say, terminal_width
from wellspring_tui.errors import ExitCode
from wellspring_tui.text import one_line

if TYPE_CHECKING:
    from wellspring_tui.cli.chosen import Chosen
    from wellspring_tui.config.listing import Section, Setting

_THEME = "theme"


@click.group(
    invoke_without_command=True,
    subcommand_metavar="[COMMAND] …",
    epilog=json_help.told(json_help.SETTINGS)
    + options.examples(
        "wellspring config",
        "wellspring config --json",
        "wellspring config set requests.model gpt-4.1-mini",
        "wellspring config set services.lab.base_url http://localhost:8080/v1",
        "wellspring config unset theme",
        "wellspring config set-key",
    ),
)
@options.json_option
@options.places
@click.pass_context
def config(context: click.Context, *, as_json: bool) -> None:
    """Show every setting, its value and where that came from.

    A flag beats the environment, the environment beats .env, and that beats config.toml.
    An API key may also be in the system's keyring, which set-key and unset-key write.
    """
    from wellspring_tui.cli.chosen import Chosen
    from wellspring_tui.config.listing import sections

    if context.invoked_subcommand is not None:
        return
    found = sections(context.ensure_object(Chosen).settings())
    if as_json:
        json_data([_shape(part, one) for part in found for one in part.settings])
        return
    settings = [one for part in found for one in part.settings]
    width = terminal_width()
    columns = [
        Column("SETTING", [one.key for one in settings]),
        Column("VALUE", [one_line(one.text) for one in settings], least=16),
        Column("FROM", [str(one.origin) for one in settings]),
    ]
    data("\n".join(table(columns, width)))


@config.command(
    name="set",
    # A value may start with a dash.
    context_settings={"ignore_unknown_options": True},
    epilog=options.examples(
        "wellspring config set check_interval 30",
        "wellspring config set notices.bell off",
        "wellspring config set services.lab.max_requests 5000",
        "wellspring config set services.lab.windows 24h,7d",
    ),
)
@click.argument("key", shell_complete=options.completes("setting_keys"))
@click.argument("value", shell_complete=options.completes("setting_values"))
@options.places
@options.pass_chosen
def set_(chosen: Chosen, *, key: str, value: str) -> ExitCode:
    """Write a VALUE for KEY to config.toml.

    The comments and the order of the file stay. An API key is never written: set its
    variable in the environment or in .env, or use set-key.
    """
    return _change(chosen, key, value)


@config.command(epilog=options.examples("wellspring config unset requests.temperature"))
@click.argument("key", shell_complete=options.completes("written_keys"))
@options.places
@options.pass_chosen
def unset(chosen: Chosen, *, key: str) -> ExitCode:
    """Take KEY out of config.toml.

    What it is by default holds again.
    """
    return _change(chosen, key, None)


config.add_command(set_key)
config.add_command(unset_key)


def _change(chosen: Chosen, key: str, text: str | None) -> ExitCode:
    from wellspring_tui.config.changing import change

    themes = theme_names() if key == _THEME and text is not None else ()
    settings = chosen.settings()
    done = change(settings, key, text, themes)
    if not done.written:
        say(f"{settings.places.config} says so already.")
        return ExitCode.OK
    what = f"{key} is taken out of" if text is None else f"{key} = {text} is written to"
    say(f"{what} {settings.places.config}. {done.overridden}")
    return ExitCode.OK


def theme_names() -> tuple[str, ...]:
    """The dashboard's themes."""
    from wellspring_tui.tui.themes import NAMES

    return NAMES


def _shape(section: Section, one: Setting) -> dict[str, object]:
    return {
        "key": one.key,
        "value": one.shown or one.value,
        "from": one.origin.kind.value,
        "name": one.origin.name or None,
        "section": section.title,
        "about": one.about,
    }
