"""What of a job can be copied: a list of facts, of which one is taken."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Static

from wellspring_tui.jobs.model import NO_SERVICE
from wellspring_tui.tui.screens.base import DialogScreen
from wellspring_tui.tui.widgets.table import Table
from wellspring_tui.tui.widgets.table_model import Column, ListRows, Row

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from textual.app import ComposeResult

    from wellspring_tui.jobs.model import JobDetail
    from wellspring_tui.settings import Settings

_COLUMNS = (Column("what", "What", 16), Column("value", "Value", 20, flexible=True))


@dataclass(frozen=True, slots=True)
class Copied:
    """A fact of a job, as it goes to the clipboard."""

    what: str
    value: str


def facts(detail: JobDetail, settings: Settings) -> list[Copied]:
    """What there is to copy of a job; may ask the built-in service where it runs."""
    job = detail.job
    batch_ids = [part.batch_id for part in detail.parts if part.batch_id]
    input_ids = [part.input_file_id for part in detail.parts if part.input_file_id]
    found = [
        Copied("job id", job.id),
        *_several("batch id", batch_ids),
        *_several("input file id", input_ids),
        Copied("prompts file", job.source),
        Copied("name", job.name),
    ]
    if job.notes:
        found.append(Copied("notes", job.notes))
    # What is answered in real time is no batch of the service.
    known_there = [part.batch_id for part in detail.parts if part.batch_id and not part.real_time]
    if known_there and job.service != NO_SERVICE:
        base_url = _base_url(settings, job.service)
        if base_url is not None:
            found.append(Copied("curl", _curl(settings, job.service, base_url, known_there[-1])))
    return found


def _several(what: str, ids: Sequence[str]) -> Iterator[Copied]:
    if ids:
        yield Copied(what if len(ids) == 1 else f"{len(ids):,} {what}s", "\n".join(ids))


def _base_url(settings: Settings, service: str) -> str | None:
    """Where a service answers; None when it is not known here, or does not run."""
    profile = settings.services.get(service)
    if profile is None:
        return None
    if not profile.is_local:
        return profile.base_url
    from wellspring_tui.services.builtin import BuiltinService

    running = BuiltinService(settings.places.builtin(profile.name), settings.pace_seconds).running()
    return None if running is None else running.base_url


def _curl(settings: Settings, service: str, base_url: str, batch_id: str) -> str:
    """A line for the shell that asks for a batch; the key stays in its variable."""
    profile = settings.services[service]
    asked = shlex.quote(f"{base_url.rstrip('/')}/batches/{batch_id}")
    if profile.is_local:
        return f"curl {asked}"
    return f'curl -H "Authorization: Bearer ${profile.key_variable}" {asked}'


class CopyScreen(DialogScreen[Copied | None]):
    """Offers facts to copy; gives the one that was chosen."""

    CSS_PATH = ["dialogs.tcss", "jobs_dialogs.tcss"]  # noqa: RUF012 (as Textual types it)

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,Y", "dismiss(None)", "Close", show=False),
    ]

    def __init__(self, offered: Sequence[Copied]) -> None:
        super().__init__()
        self._offered = offered

    def compose(self) -> ComposeResult:
        """A row for each fact."""
        with Vertical(classes="dialog"):
            yield Static("Copy · Enter copies, Esc closes", classes="dialog--title")
            yield Table(_COLUMNS, id="facts")

    def on_mount(self) -> None:
        """Show them."""
        table = self.query_one("#facts", Table)
        table.show(
            ListRows(
                Row(str(number), (fact.what, fact.value))
                for number, fact in enumerate(self._offered)
            )
        )
        table.styles.height = len(self._offered) + 1
        table.focus()

    @on(Table.Opened, "#facts")
    def _chosen(self, event: Table.Opened) -> None:
        self.dismiss(self._offered[int(event.key)])
