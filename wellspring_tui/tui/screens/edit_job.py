"""Name, tags and notes of a job; tags and notes of several."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Input, Label, Static, TextArea

from wellspring_tui.errors import WellspringError
from wellspring_tui.text import one_line
from wellspring_tui.tui.carrier import in_thread
from wellspring_tui.tui.screens.base import DialogScreen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult

    from wellspring_tui.jobs.model import Job
    from wellspring_tui.wellspring import Wellspring


def tags_in(text: str) -> tuple[str, ...]:
    """The tags that a person typed: with commas between them, or each after a `#`."""
    tags = (" ".join(tag.split()) for tag in text.replace("#", ",").split(","))
    return tuple(dict.fromkeys(tag for tag in tags if tag))


class EditScreen(DialogScreen[bool]):
    """Edits jobs at once; tells whether anything was saved.

    Of several jobs it shows the tags that all have: what is added is added to each, what is
    taken out is taken out of each, and their other tags stay.
    """

    CSS_PATH = ["dialogs.tcss", "jobs_dialogs.tcss"]  # noqa: RUF012 (as Textual types it)

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(False)", "Leave", show=False),
        Binding("ctrl+s", "save", "Save", show=False),
    ]

    def __init__(self, door: Wellspring, jobs: Sequence[Job]) -> None:
        super().__init__()
        self._door = door
        self._jobs = jobs
        self._tags = tuple(tag for tag in jobs[0].tags if all(tag in job.tags for job in jobs))
        self._notes = jobs[0].notes or "" if len({job.notes for job in jobs}) == 1 else ""

    def compose(self) -> ComposeResult:
        """The fields, what is wrong with them, and two buttons."""
        jobs = self._jobs
        title = one_line(jobs[0].name, 50) if len(jobs) == 1 else f"{len(jobs)} jobs"
        with Vertical(classes="dialog"):
            yield Static(f"Edit {title}", classes="dialog--title", markup=False)
            if len(jobs) == 1:
                with Horizontal(classes="edit--field"):
                    yield Label("Name")
                    yield Input(
                        one_line(jobs[0].name), id="edit-name", select_on_focus=False, compact=True
                    )
            with Horizontal(classes="edit--field"):
                yield Label("Tags")
                yield Input(
                    ", ".join(self._tags),
                    id="edit-tags",
                    placeholder="draft, spring issue",
                    select_on_focus=False,
                    compact=True,
                )
            with Horizontal(classes="edit--field"):
                yield Label("Notes")
                yield TextArea(self._notes, id="edit-notes", compact=True)
            yield Static(id="edit-says", markup=False)
            with Horizontal(classes="dialog--buttons"):
                yield Button("Leave (Esc)", id="leave")
                yield Button("Save (ctrl+s)", id="save", variant="primary")

    def on_mount(self) -> None:
        """Tags are what one comes for."""
        self.query_one("#edit-tags", Input).focus()

    @on(Button.Pressed, "#leave")
    def _left(self) -> None:
        self.dismiss(False)

    @on(Input.Submitted)
    @on(Button.Pressed, "#save")
    def action_save(self) -> None:
        """Write the fields to the ledger."""
        self._save()

    @work(exclusive=True, group="save")
    async def _save(self) -> None:
        name = self._changed_name()
        tags = tags_in(self.query_one("#edit-tags", Input).value)
        typed = self.query_one("#edit-notes", TextArea).text
        notes = typed if typed != self._notes else None
        try:
            await in_thread(lambda: self._write(name, tags, notes))
        except WellspringError as error:
            self.query_one("#edit-says", Static).update(one_line(str(error)))
            return
        self.dismiss(True)

    def _changed_name(self) -> str | None:
        """The name that was typed; None when it is as before, or there are several jobs."""
        if len(self._jobs) > 1:
            return None
        name = self.query_one("#edit-name", Input).value.strip()
        return name if name != one_line(self._jobs[0].name) else None

    def _write(self, name: str | None, tags: tuple[str, ...], notes: str | None) -> None:
        gone = set(self._tags) - set(tags)
        for job in self._jobs:
            kept = [tag for tag in job.tags if tag not in gone]
            own = tags if len(self._jobs) == 1 else tuple(dict.fromkeys([*kept, *tags]))
            self._door.edit(job.id, name=name, tags=None if own == job.tags else own, notes=notes)
