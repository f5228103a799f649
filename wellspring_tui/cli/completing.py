"""What a shell may complete a word with: jobs, services, settings and their values.

Whatever stands in the way, a person in the middle of a line is offered nothing instead of
being told.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from click.shell_completion import BashComplete, CompletionItem, add_completion_class

from wellspring_tui.cli.chosen import Chosen
from wellspring_tui.errors import WellspringError
from wellspring_tui.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable

    import click

    from wellspring_tui.config.listing import Setting
    from wellspring_tui.settings import Settings

    Item = CompletionItem[str]

_HELP_LENGTH = 60


def job_ids(context: click.Context, _parameter: click.Parameter, start: str) -> list[Item]:
    """The newest jobs, their names beside the ids."""
    from wellspring_tui.jobs.glance import newest_jobs
    from wellspring_tui.settings import find_places

    with suppress(WellspringError):
        ledger = find_places(_chosen(context).home).ledger
        return [_item(job_id, name) for job_id, name in newest_jobs(ledger, start)]
    return []


def service_names(context: click.Context, _parameter: click.Parameter, start: str) -> list[Item]:
    """The services that the settings know."""
    from wellspring_tui.text import shown_url

    settings = _settings(context)
    profiles = settings.services.values() if settings is not None else ()
    return _fitting(start, ((one.name, shown_url(one.base_url or "")) for one in profiles))


def theme_names(_context: click.Context, _parameter: click.Parameter, start: str) -> list[Item]:
    """The dashboard's themes."""
    from wellspring_tui.cli.commands.config import theme_names as names

    return _fitting(start, ((name, "") for name in names()))


def setting_keys(context: click.Context, _parameter: click.Parameter, start: str) -> list[Item]:
    """The settings that can be written, and what they are for."""
    found = _listed(_settings(context))
    return _fitting(start, ((one.key, one.about) for one in found))


def written_keys(context: click.Context, _parameter: click.Parameter, start: str) -> list[Item]:
    """The settings that `config.toml` holds."""
    found = _listed(_settings(context))
    return _fitting(start, ((one.key, one.text) for one in found if one.said is not None))


def setting_values(context: click.Context, _parameter: click.Parameter, start: str) -> list[Item]:
    """The values that the setting before it takes, where they can be listed."""
    from wellspring_tui.cli.commands.config import theme_names as themes
    from wellspring_tui.config.values import choices_of

    settings, key = _settings(context), context.params.get("key")
    if settings is None or key is None:
        return []
    values = choices_of(settings, key, themes() if key == "theme" else ())
    return _fitting(start, ((value, "") for value in values))


def prepare() -> None:
    """Let bash be understood as it is; to be called before click completes anything."""
    add_completion_class(_Bash)


class _Bash(BashComplete):
    """Click's, but for a value after `=`: bash makes that sign a word of its own."""

    def get_completion_args(self) -> tuple[list[str], str]:
        """The words before, and the one that is to be completed."""
        args, start = super().get_completion_args()
        return (args[:-1] if args[-1:] == ["="] else args), start


def _listed(settings: Settings | None) -> list[Setting]:
    from wellspring_tui.config.listing import sections

    if settings is None:
        return []
    return [one for part in sections(settings) for one in part.settings if one.editable]


def _settings(context: click.Context) -> Settings | None:
    """The settings, without a look into the keyring."""
    from wellspring_tui.keychain import Keychain

    with suppress(WellspringError):
        return replace(_chosen(context).settings(), keychain=Keychain(closed=True))
    return None


def _chosen(context: click.Context) -> Chosen:
    return context.find_object(Chosen) or Chosen()


def _fitting(start: str, found: Iterable[tuple[str, str]]) -> list[Item]:
    return [_item(value, about) for value, about in found if value.startswith(start)]


def _item(value: str, about: str) -> Item:
    return CompletionItem(value, help=one_line(about, _HELP_LENGTH) or None)
