"""Exporting several jobs at once: each into a file of its own, in a folder asked for."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Input, Static

from wellspring_tui.errors import StoppedError, WellspringError
from wellspring_tui.progress import Progress
from wellspring_tui.text import one_line
from wellspring_tui.tui.carrier import in_thread
from wellspring_tui.tui.screens.base import DialogScreen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult

    from wellspring_tui.jobs.model import Job
    from wellspring_tui.wellspring import Wellspring

_LONGEST_NAME = 80
_PROGRESS_SECONDS = 0.2


def file_names(jobs: Sequence[Job]) -> dict[str, str]:
    """Job id → the name of its file; jobs of one name are told apart by their ids."""
    plain = {job.id: _plain(job.name) for job in jobs}
    used = Counter(name.casefold() for name in plain.values())
    return {
        job_id: f"{name}-{job_id}-results.json"
        if used[name.casefold()] > 1
        else f"{name}-results.json"
        for job_id, name in plain.items()
    }


def _plain(name: str) -> str:
    kept = "".join(letter if letter.isalnum() or letter in "-_." else "-" for letter in name)
    return kept.strip("-.")[:_LONGEST_NAME] or "job"


class ExportManyScreen(DialogScreen[str | None]):
    """Asks for a folder and writes there; gives the sentence that tells of it, or None."""

    CSS_PATH = ["dialogs.tcss", "jobs_dialogs.tcss"]  # noqa: RUF012 (as Textual types it)

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Stop, or cancel", show=False),
    ]

    def __init__(self, door: Wellspring, jobs: Sequence[Job], proposed: Path) -> None:
        super().__init__()
        self._door = door
        self._jobs = jobs
        self._proposed = proposed
        self._names = file_names(jobs)
        self._replace: Path | None = None
        """The folder whose files have been asked about."""
        self._writing: Progress | None = None
        self._doing = ""

    def compose(self) -> ComposeResult:
        """A folder, and what is in the way."""
        with Vertical(classes="dialog"):
            yield Static(
                f"Export the results of {len(self._jobs)} jobs as JSON, each in a file of its own",
                classes="dialog--title",
            )
            yield Input(str(self._proposed), id="export-folder", select_on_focus=False)
            yield Static(id="export-many-says", markup=False)
            with Horizontal(classes="dialog--buttons"):
                yield Button("Cancel (Esc)", id="cancel")
                yield Button("Write (Enter)", id="write", variant="primary")

    def on_mount(self) -> None:
        """Tell now and then how far it is."""
        self.set_interval(_PROGRESS_SECONDS, self._show_progress)

    def _say(self, words: str) -> None:
        self.query_one("#export-many-says", Static).update(one_line(words))

    def _show_progress(self) -> None:
        if self._writing is not None:
            self._say(f"{self._doing} · Esc stops")

    @on(Input.Changed)
    def _changed(self) -> None:
        self._replace = None
        self._say("")

    @on(Input.Submitted)
    @on(Button.Pressed, "#write")
    def _wanted(self) -> None:
        if self._writing is not None:
            return
        folder = Path(self.query_one(Input).value.strip()).expanduser()
        if not folder.is_dir():
            self._say("There is no such folder.")
            return
        there = sum((folder / name).exists() for name in self._names.values())
        if there and self._replace != folder:
            self._replace = folder
            self._say(f"{there} of the files exist there. Press Enter again to replace them.")
            return
        self._write(folder)

    @work(group="write")
    async def _write(self, folder: Path) -> None:
        self._writing = Progress(self._report)
        written: list[str] = []
        progress = self._writing
        try:
            await in_thread(lambda: self._write_all(folder, written, progress))
        except StoppedError:
            self.dismiss(f"Stopped: {len(written)} of {len(self._jobs)} files are in {folder}")
        except WellspringError as error:
            self._writing = None
            self._say(f"{len(written)} of {len(self._jobs)} written, then: {error}")
        else:
            self.dismiss(f"Wrote {len(written)} files to {folder}")

    def _write_all(self, folder: Path, written: list[str], progress: Progress) -> None:
        for number, job in enumerate(self._jobs, start=1):
            self._doing = f"Job {number} of {len(self._jobs)}"
            self._door.export(job.id, folder / self._names[job.id], progress=progress, replace=True)
            written.append(job.id)

    def _report(self, what: str, done: int, _total: int | None) -> None:
        head = self._doing.partition(" · ")[0]
        self._doing = f"{head} · {what} {done:,}"

    @on(Button.Pressed, "#cancel")
    def action_leave(self) -> None:
        """Stop the writing, or do nothing at all."""
        if self._writing is not None:
            self._writing.stopped.set()
        else:
            self.dismiss(None)
