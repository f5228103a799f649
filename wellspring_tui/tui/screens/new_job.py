"""New job: pick a prompts file and see what it holds while moving over the files."""

from __future__ import annotations

from asyncio import sleep
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Footer, Static
from textual.worker import WorkerCancelled

from wellspring_tui.errors import StoppedError, WellspringError
from wellspring_tui.jobs.model import Job
from wellspring_tui.service_profiles import LOCAL
from wellspring_tui.text import one_line
from wellspring_tui.tui import look
from wellspring_tui.tui.heard import Heard
from wellspring_tui.tui.readings import Reading, Readings
from wellspring_tui.tui.screens.base import DashboardScreen
from wellspring_tui.tui.screens.review import ReviewScreen
from wellspring_tui.tui.screens.survey_lines import survey_lines
from wellspring_tui.tui.widgets.file_picker import FilePicker
from wellspring_tui.tui.widgets.reader import Reader

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.worker import Worker

_LINGER_SECONDS = 0.12
"""How long the cursor rests on a file before it is read."""
_LOOKS_A_SECOND = 10


class NewJobScreen(DashboardScreen[Job | None]):
    """Files on the left, what the one under the cursor holds on the right.

    Gives the job that was submitted, or None.
    """

    CSS_PATH = "new_job.tcss"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "choose", "Choose", show=True),
        Binding("slash", "path", "Type a path", key_display="/"),
        Binding("tab", "app.focus_next", "Preview"),
        Binding("escape", "leave", "Back"),
    ]

    def __init__(self, folder: Path | None = None) -> None:
        super().__init__()
        self._folder = folder or Path.cwd()
        self._path: Path | None = None
        """What the preview is about."""
        self._heard: Heard | None = None
        """How far the reading of it is, while it goes on."""
        self._previewing: Worker[None] | None = None

    def compose(self) -> ComposeResult:
        """The file picker; a preview beside it."""
        door, dashboard = self.door, self.dashboard
        self._readings = Readings(door)
        sample = door.sample()
        yield self.top_bar("New job › choose a prompts file")
        with Horizontal():
            yield FilePicker(
                self._folder,
                recent=door.recent_files,
                sample=sample,
                clock=dashboard.clock,
                first=sample if dashboard.demo else None,
                id="files-side",
            )
            with Vertical(id="preview-side"):
                yield Static(id="preview-title", markup=False)
                yield Reader(id="preview")
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        """Show how far the reading is, while it goes on."""
        self.set_interval(1 / _LOOKS_A_SECOND, self._show_reading)

    @property
    def _picker(self) -> FilePicker:
        return self.query_one(FilePicker)

    def action_choose(self) -> None:
        """Take the file under the cursor, also from the preview."""
        self._picker.choose()

    def action_path(self) -> None:
        """Go to the path field, also from the preview."""
        self._picker.action_path()

    def action_leave(self) -> None:
        """Back to the files, or to the jobs."""
        if not self._picker.back():
            self.dismiss(None)

    def _service(self) -> str:
        """The service chosen in the settings, or the built-in one when that has no key."""
        settings = self.door.settings
        return settings.service if settings.has_key(settings.profile()) else LOCAL

    # -- the preview -----------------------------------------------------------------

    @on(FilePicker.PointedAt)
    def _pointed_at(self, event: FilePicker.PointedAt) -> None:
        self._previewing = self._preview(event.path, is_folder=event.is_folder)

    @work(exclusive=True, group="preview")
    async def _preview(self, path: Path, *, is_folder: bool) -> None:
        """Show what a file holds, once the cursor rests on it. Moving on ends the reading."""
        self._path = path
        self.query_one("#preview-title", Static).update(_short(path))
        await sleep(_LINGER_SECONDS)
        lines = [Content.styled("Enter opens this folder.", look.QUIET)]
        if not is_folder:
            try:
                lines = survey_lines(await self._read(path))
            except WellspringError as error:
                lines = _refusal(error)
        self.query_one("#preview", Reader).show_lines(lines)

    async def _read(self, path: Path) -> Reading:
        heard = self._heard = Heard()
        try:
            return await self._readings.read(path, heard, service=self._service())
        finally:
            if self._heard is heard:
                self._heard = None

    def _show_reading(self) -> None:
        """What is shown of another file gives way to how far the reading is."""
        if self._heard is not None:
            far = f"◐ {self._heard.done:,} prompts read …"
            self.query_one("#preview", Reader).show_lines([Content.styled(far, look.BUSY)])

    # -- on to the review ------------------------------------------------------------

    @on(FilePicker.Chosen)
    def _chosen(self, event: FilePicker.Chosen) -> None:
        if event.path != self._path:
            self._previewing = self._preview(event.path, is_folder=False)
        self._go_on(event.path)

    @work(exclusive=True, group="review")
    async def _go_on(self, path: Path) -> None:
        """Review a file, once the preview has read it; going to another one is a no."""
        try:
            if self._previewing is not None:
                await self._previewing.wait()
            reading = await self._read(path)
            if not reading.found.template_needed:  # that is written in the review
                reading.found.raise_if_unsendable()
        except (StoppedError, WorkerCancelled):
            return
        except WellspringError as error:
            self.notify(one_line(str(error)), severity="error", markup=False)
            return
        job = await self.app.push_screen_wait(ReviewScreen(reading, self._readings))
        if job is not None:
            self.dismiss(job)


def _refusal(error: WellspringError) -> list[Content]:
    return [
        Content.styled("× This can't be sent.", look.BAD),
        Content(""),
        Content(one_line(error.what)),
        Content.styled(one_line(error.todo or ""), look.QUIET),
    ]


def _short(path: Path) -> str:
    """A path short enough for a title: its last two names."""
    return one_line("/".join(path.parts[-2:]), 60)
