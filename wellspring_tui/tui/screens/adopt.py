"""Batches that were made elsewhere: they are offered, and taken or declined."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, ClassVar, TypeVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Footer, Static

from wellspring_tui import figures
from wellspring_tui.errors import StoppedError, WellspringError
from wellspring_tui.text import one_line
from wellspring_tui.tui import look
from wellspring_tui.tui.background import Background
from wellspring_tui.tui.screens.base import DialogScreen
from wellspring_tui.tui.widgets.table import Table
from wellspring_tui.tui.widgets.table_model import Column, ListRows, Row

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from textual.app import ComposeResult

    from wellspring_tui.jobs.model import Job, Offer
    from wellspring_tui.progress import Progress
    from wellspring_tui.wellspring import Wellspring

T = TypeVar("T")

_COLUMNS = (
    Column("name", "Batch", 18, flexible=True),
    Column("status", "Status", 14),
    Column("counts", "Done", 12, align="right"),
    Column("service", "Service", 8, priority=2),
    Column("endpoint", "Endpoint", 20, priority=3),
    Column("created_at", "Age", 5, align="right", priority=1),
)
_EMPTY = "No batches made elsewhere are known. Press r to look through the service's whole listing."
_LEAST_LINES = 4
_PROGRESS_SECONDS = 0.2


def offer_row(offer: Offer, now: datetime) -> Row:
    """One batch of the list."""
    return Row(
        offer.batch_id,
        (
            offer.name or offer.batch_id,
            look.status(offer.status),
            look.counts(offer.completed, offer.failed, offer.requests),
            offer.service,
            offer.endpoint or "",
            figures.age(offer.created_at, now) if offer.created_at else "",
        ),
    )


class OfferTable(Table):
    """The table of offers, in which Enter takes one."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "open", "Adopt")]


class AdoptScreen(DialogScreen[list["Job"]]):
    """Offers batches; gives the jobs that were made of those that were taken."""

    CSS_PATH = ["dialogs.tcss", "jobs_dialogs.tcss"]  # noqa: RUF012 (as Textual types it)

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("x", "decline", "Decline", tooltip="Offer the chosen batches no more"),
        Binding("r", "look", "Look again", tooltip="Ask the service for its whole listing"),
        Binding("y", "copy", "Copy the batch id", show=False),
        Binding("escape,q", "leave", "Close", key_display="esc"),
    ]

    def __init__(self, door: Wellspring, clock: Callable[[], datetime]) -> None:
        """`clock` is what ages are counted to."""
        super().__init__()
        self._door = door
        self._clock = clock
        self._offers: dict[str, Offer] = {}
        self._background = Background()

    def compose(self) -> ComposeResult:
        """A table of batches, and what is going on."""
        with Vertical(classes="dialog"):
            yield Static("Batches made elsewhere", classes="dialog--title")
            yield OfferTable(_COLUMNS, id="offers", empty=_EMPTY)
            yield Static(id="adopt-says", markup=False)
            yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        """Show what is known already."""
        self._show()
        self.query_one("#offers", Table).focus()
        self.set_interval(_PROGRESS_SECONDS, self._show_progress)

    def _show(self) -> None:
        self._offers = {offer.batch_id: offer for offer in self._door.offers()}
        now = self._clock()
        rows = ListRows(offer_row(offer, now) for offer in self._offers.values())
        table = self.query_one("#offers", Table)
        table.show(rows)
        table.styles.height = max(_LEAST_LINES, len(rows) + 1)
        self._say("Enter adopts the one under the cursor, or those marked." if self._offers else "")

    def _say(self, words: str) -> None:
        self.query_one("#adopt-says", Static).update(one_line(words))

    def _show_progress(self) -> None:
        background = self._background
        if background.busy:
            doing = f"{background.doing} · Esc stops"
            self._say("Stopping · Esc closes" if background.stopping else doing)

    def _chosen(self) -> list[Offer]:
        table = self.query_one("#offers", Table)
        keys = table.marks or {table.cursor_key or ""}
        return [offer for batch_id, offer in self._offers.items() if batch_id in keys]

    # -- taking ------------------------------------------------------------------

    @on(Table.Opened, "#offers")
    def _opened(self) -> None:
        chosen = self._chosen()
        if chosen and not self._background.busy:
            self._adopt(chosen)

    @work(group="adopt")
    async def _adopt(self, chosen: Sequence[Offer]) -> None:
        by_service: defaultdict[str, list[str]] = defaultdict(list)
        for offer in chosen:
            by_service[offer.service].append(offer.batch_id)

        def adopt(progress: Progress) -> list[Job]:
            return [
                job
                for service, batch_ids in by_service.items()
                for job in self._door.adopt(batch_ids, service=service, progress=progress)
            ]

        jobs = await self._with_progress(adopt, "Adopting")
        if jobs:
            self.dismiss(jobs)

    # -- looking and declining -----------------------------------------------------

    def action_look(self) -> None:
        """Ask the service for all its batches."""
        if not self._background.busy:
            self._look()

    @work(group="adopt")
    async def _look(self) -> None:
        found = await self._with_progress(
            lambda progress: self._door.look_for_batches(progress=progress), "Asking the service"
        )
        if found is None:
            return
        self._show()
        if not found:
            self._say("The service has no other batches.")

    async def _with_progress(self, work: Callable[[Progress], T], doing: str) -> T | None:
        """The result of `work`, done in a thread; None when it was stopped or failed."""
        try:
            return await self._background.run(work, doing)
        except StoppedError:
            self._say("Stopped.")
        except WellspringError as error:
            self._say(str(error))
        return None

    def action_decline(self) -> None:
        """Offer the chosen batches no more."""
        declined = [offer.batch_id for offer in self._chosen()]
        if declined and not self._background.busy:
            self._decline(declined)

    @work(group="adopt")
    async def _decline(self, batch_ids: Sequence[str]) -> None:
        def decline(_progress: Progress) -> bool:
            self._door.decline_offers(batch_ids)
            return True

        if not await self._with_progress(decline, "Declining"):
            return
        self._show()
        many = f"{len(batch_ids)} batches" if len(batch_ids) > 1 else "The batch"
        self._say(f"{many} will be offered no more; `wellspring adopt` still takes them.")

    def action_copy(self) -> None:
        """Copy the ids of the chosen batches."""
        chosen = [offer.batch_id for offer in self._chosen()]
        if chosen:
            self.app.copy_to_clipboard("\n".join(chosen))
            self._say(f"Copied {', '.join(chosen[:3])}")

    def action_leave(self) -> None:
        """Stop what is under way; close when there is nothing, or when it does not stop."""
        if self._background.busy and not self._background.stopping:
            self._background.stop()
        else:
            self.dismiss([])
