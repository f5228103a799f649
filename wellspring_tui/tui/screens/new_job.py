"""New job: pick a prompts file and see what it holds while moving over the files."""

from __future__ import annotations

from asyncio import sleep
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Footer, Input, Static
from textual.worker import get_current_worker

from wellspring_tui.errors import StoppedError, WellspringError
from wellspring_tui.jobs.model import Job
from wellspring_tui.progress import Progress
from wellspring_tui.text import one_line
from wellspring_tui.tui import look
from wellspring_tui.tui.carrier import in_thread
from wellspring_tui.tui.files import Listing, list_folder, preview_name
from wellspring_tui.tui.screens.base import DashboardScreen
from wellspring_tui.tui.screens.review import ReviewScreen
from wellspring_tui.tui.screens.survey_lines import survey_lines
from wellspring_tui.tui.widgets.reader import Reader
from wellspring_tui.tui.widgets.table import Table
from wellspring_tui.tui.widgets.table_model import Column, ListRows

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from wellspring_tui.jobs.spending import Estimate
    from wellspring_tui.prompts.checking import Survey

_COLUMNS = (
    Column("name", "Name", 18, flexible=True),
    Column("size", "Size", 9, align="right", priority=1),
    Column("age", "Age", 4, align="right", priority=2),
)
_LINGER_SECONDS = 0.12
"""How long the cursor rests on a file before it is read."""


class NewJobScreen(DashboardScreen[Job | None]):
    """The file picker. Gives the job that was submitted, or None."""

    CSS_PATH = "new_job.tcss"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "choose", "Choose", show=True),
        Binding("backspace,left,h", "up", "Folder above"),
        Binding("slash", "path", "Type a path", key_display="/"),
        Binding("tab", "app.focus_next", "Preview"),
        Binding("escape", "leave", "Back"),
    ]

    def __init__(self, folder: Path | None = None) -> None:
        super().__init__()
        self._folder = folder or Path.cwd()
        self._reading = Progress()
        self._surveys: dict[Path, tuple[Survey, Estimate]] = {}

    def compose(self) -> ComposeResult:
        """A path field over a list of files; a preview beside it."""
        yield self.top_bar("New job › choose a prompts file")
        with Horizontal():
            with Vertical(id="files-side"):
                yield Input(id="path", placeholder="path of a prompts file", compact=True)
                yield Table(_COLUMNS, id="files", empty="Nothing here.")
            with Vertical(id="preview-side"):
                yield Static(id="preview-title", markup=False)
                yield Reader(id="preview")
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        """List the folder."""
        self.query_one("#files", Table).focus()
        self._list(self._folder)

    # -- the files -----------------------------------------------------------------

    @work(exclusive=True, group="listing")
    async def _list(self, folder: Path, cursor_on: Path | None = None) -> None:
        table = self.query_one("#files", Table)
        sample, door, now = self.door.sample(), self.door, self.dashboard.clock()
        listing: Listing = await in_thread(
            lambda: list_folder(folder, recent=door.recent_files(), sample=sample, now=now)
        )
        if listing.problem is not None:
            self.notify(one_line(listing.problem), severity="warning", markup=False)
            if folder != self._folder:
                return
        if not table.is_attached:  # the screen was left meanwhile
            return
        self._folder = folder
        path = self.query_one("#path", Input)
        path.value = f"{look.path(folder)}/".replace("//", "/")
        path.cursor_position = len(path.value)
        table.show(ListRows(listing.rows))
        wanted = cursor_on or (sample if self.dashboard.demo else None)
        if wanted is None or not table.move_to(str(wanted)):
            first = next((at for at, row in enumerate(listing.rows) if not row.heading), 0)
            table.move_to_position(first)

    def action_up(self) -> None:
        """List the folder above."""
        self._list(self._folder.parent, self._folder)

    def action_path(self) -> None:
        """Go to the path field."""
        self.query_one("#path", Input).focus()

    @on(Input.Submitted, "#path")
    def _path_entered(self, event: Input.Submitted) -> None:
        path = Path(event.value.strip()).expanduser()
        if path.is_dir():
            self.query_one("#files", Table).focus()
            self._list(path)
        elif path.is_file():
            self._preview(path)
            self._go_on(path)
        else:
            self.notify(f"There is no {one_line(str(path))}.", severity="warning", markup=False)

    @on(Table.Opened, "#files")
    def _opened(self, event: Table.Opened) -> None:
        self._choose(event.key)

    def action_choose(self) -> None:
        """Take the file under the cursor, also from the preview."""
        key = self.query_one("#files", Table).cursor_key
        if key is not None:
            self._choose(key)

    def _choose(self, key: str) -> None:
        if key.startswith("heading:"):
            return
        path = Path(key)
        if path.is_dir():
            self._list(path, self._folder if path == self._folder.parent else None)
        else:
            self._go_on(path)

    def action_leave(self) -> None:
        """Back to the files, or to the jobs."""
        table = self.query_one("#files", Table)
        if not table.has_focus:
            table.focus()
            return
        self._reading.stopped.set()
        self.dismiss(None)

    # -- the preview -----------------------------------------------------------------

    @on(Table.Highlighted, "#files")
    def _highlighted(self, event: Table.Highlighted) -> None:
        if event.key is not None and not event.key.startswith("heading:"):
            self._preview(Path(event.key))

    @work(exclusive=True, group="preview")
    async def _preview(self, path: Path) -> None:
        title = self.query_one("#preview-title", Static)
        preview = self.query_one("#preview", Reader)
        title.update(preview_name(path))
        await sleep(_LINGER_SECONDS)
        lines = await self._preview_lines(path)
        if preview.is_attached:  # the screen may have been left meanwhile
            preview.show_lines(lines)

    async def _preview_lines(self, path: Path) -> list[Content]:
        if await in_thread(path.is_dir):
            return [Content.styled("Enter opens this folder.", look.QUIET)]
        try:
            found, estimate = await self._survey(path)
        except WellspringError as error:
            return [
                Content.styled("× This can't be sent.", look.BAD),
                Content(""),
                Content(one_line(error.what)),
                Content.styled(one_line(error.todo or ""), look.QUIET),
            ]
        return survey_lines(found, estimate)

    async def _survey(self, path: Path) -> tuple[Survey, Estimate]:
        """What a file holds; read in a thread that stops when the cursor moves on."""
        if path in self._surveys:
            return self._surveys[path]
        self._reading.stopped.set()
        worker = get_current_worker()
        title = self.query_one("#preview-title", Static)

        def tell(_what: str, done: int, _total: int | None) -> None:
            if worker.is_cancelled:
                raise StoppedError("another file was chosen")
            if done:
                self.app.call_from_thread(
                    title.update, f"{preview_name(path)} · {done:,} prompts …"
                )

        self._reading = Progress(tell)
        reading, door = self._reading, self.door

        def read() -> tuple[Survey, Estimate]:
            found = door.check(path, door.request_options(), reading)
            return found, door.estimate(found)

        self._surveys[path] = await in_thread(read)
        if title.is_attached:
            title.update(preview_name(path))
        return self._surveys[path]

    # -- on to the review ------------------------------------------------------------

    @work(exclusive=True, group="review")
    async def _go_on(self, path: Path) -> None:
        try:
            found, _ = await self._survey(path)
            found.raise_if_unsendable()
        except StoppedError:
            return
        except WellspringError as error:
            self.notify(one_line(str(error)), severity="error", markup=False)
            return
        job = await self.app.push_screen_wait(ReviewScreen(found))
        if job is not None:
            self.dismiss(job)
