"""Where and how to write the answers of a job; a file is never replaced unasked."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Button, Checkbox, Input, OptionList, ProgressBar, Static
from textual.widgets.option_list import Option

from wellspring_tui.answers.exports.formats import FORMATS, format_of
from wellspring_tui.errors import StoppedError, WellspringError
from wellspring_tui.progress import Progress
from wellspring_tui.text import one_line
from wellspring_tui.tui import look
from wellspring_tui.tui.carrier import in_thread
from wellspring_tui.tui.screens.base import DialogScreen
from wellspring_tui.tui.widgets.path_suggester import PathSuggester, typed_path
from wellspring_tui.tui.widgets.tick_box import TickBox

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from wellspring_tui.jobs.model import Job
    from wellspring_tui.wellspring import Wellspring

_TELL_SECONDS = 0.1
_EXISTS = "The file exists. Press Enter again to replace it."
_NAME_CELLS = max(map(len, FORMATS)) + 2


class ExportScreen(DialogScreen[Path | None]):
    """Asks for format and path, and writes; gives where the file is, or None."""

    CSS_PATH = ["dialogs.tcss", "results_dialogs.tcss"]  # noqa: RUF012 (as Textual types it)

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Stop, or close", show=False),
    ]

    def __init__(self, door: Wellspring, job: Job, proposed: Path) -> None:
        super().__init__()
        self._door = door
        self._job = job
        self._proposed = proposed
        self._replace: Path | None = None
        """The existing file that has been asked about."""
        self._writing: Progress | None = None

    def compose(self) -> ComposeResult:
        """Formats, a path, and what is in the way."""
        with Vertical(classes="dialog"):
            yield Static(
                f"Export the answers of {one_line(self._job.name, 40)}",
                classes="dialog--title",
                markup=False,
            )
            yield OptionList(
                *(Option(_line(name, chosen=False), id=name) for name in FORMATS),
                id="export-formats",
                compact=True,
            )
            yield Input(
                str(self._proposed),
                id="export-path",
                suggester=PathSuggester(),
                select_on_focus=False,
                compact=True,
            )
            yield TickBox("with the prompts", id="export-prompts", compact=True)
            yield Static(id="export-says", markup=False)
            yield ProgressBar(id="export-progress", show_eta=False)
            with Horizontal(classes="dialog--buttons"):
                yield Button("Cancel (Esc)", id="cancel", compact=True)
                yield Button("Write (Enter)", id="write", variant="primary", compact=True)

    def on_mount(self) -> None:
        """The format comes first: most people keep the name."""
        self.query_one("#export-progress").display = False
        self._formats.focus()

    def on_unmount(self) -> None:
        """Nothing half-written is left behind when the dashboard is closed."""
        if self._writing is not None:
            self._writing.stopped.set()

    @property
    def _formats(self) -> OptionList:
        return self.query_one("#export-formats", OptionList)

    @property
    def _path(self) -> Path:
        return typed_path(self.query_one("#export-path", Input).value)

    def _say(self, words: str) -> None:
        self.query_one("#export-says", Static).update(words)

    # -- what is wanted ----------------------------------------------------------------

    @on(OptionList.OptionHighlighted)
    def _format_chosen(self, event: OptionList.OptionHighlighted) -> None:
        """Give the path the ending of the format, in place of another format's."""
        for at, name in enumerate(FORMATS):
            line = _line(name, chosen=name == event.option_id)
            self._formats.replace_option_prompt_at_index(at, line)
        chosen, path = FORMATS[event.option_id or "json"], self._path
        named = format_of(path)
        if path.name and named is not None and named is not chosen:
            self.query_one("#export-path", Input).value = str(path.with_suffix(chosen.suffix))

    @on(Input.Changed)
    def _path_changed(self) -> None:
        """Another path has not been asked about; its ending may name another format."""
        self._replace = None
        self._say("")
        named = format_of(self._path)
        if named is not None:
            self._formats.highlighted = list(FORMATS).index(named.name)

    @on(OptionList.OptionSelected)
    @on(Input.Submitted)
    @on(Button.Pressed, "#write")
    def _wanted(self) -> None:
        path = self._path
        if self._writing is not None:
            return
        try:
            obstacle = _obstacle(path, is_known=self._replace == path)
        except OSError as error:
            self._say(f"It can't be written there ({error.strerror}).")
            return
        if obstacle == _EXISTS:
            self._replace = path
        if obstacle:
            self._say(obstacle)
        else:
            self._write(path)

    # -- writing -----------------------------------------------------------------------

    @work(group="write")
    async def _write(self, path: Path) -> None:
        bar = self.query_one("#export-progress", ProgressBar)
        chosen = list(FORMATS)[self._formats.highlighted or 0]
        prompts = self.query_one("#export-prompts", Checkbox).value
        replace = self._replace == path
        far: list[tuple[int, int | None]] = [(0, None)]

        def heard(_what: str, done: int, total: int | None) -> None:
            far[0] = (done, total)

        def tell() -> None:
            done, total = far[0]
            bar.update(total=total, progress=done)

        writing = self._writing = Progress(heard)
        telling = self.set_interval(_TELL_SECONDS, tell)
        bar.display = True
        self._say("Writing … Esc stops it.")
        try:
            final = await in_thread(
                lambda: self._door.export(
                    self._job.id,
                    path,
                    chosen,
                    writing,
                    prompts=prompts,
                    replace=replace,
                )
            )
        except StoppedError:
            self._say("Stopped; nothing was written.")
        except WellspringError as error:
            self._say(one_line(str(error)))
        else:
            self.dismiss(final)
            return
        finally:
            telling.stop()
        self._writing = None
        bar.display = False

    @on(Button.Pressed, "#cancel")
    def action_leave(self) -> None:
        """Stop the writing that is under way, or close."""
        if self._writing is not None:
            self._writing.stopped.set()
        else:
            self.dismiss(None)


def _obstacle(path: Path, *, is_known: bool) -> str:
    """What is to be said before anything is written; empty when nothing is. Raises OSError."""
    if path.is_dir():
        return "This is a folder; add a file name."
    if not path.parent.is_dir():
        return "The folder does not exist."
    return _EXISTS if path.exists() and not is_known else ""


def _line(name: str, *, chosen: bool) -> Content:
    """A format in the list; the chosen one is told by a sign, not by colour alone."""
    return Content.assemble(
        ("● " if chosen else "○ ", "$text-accent"),
        (name.ljust(_NAME_CELLS), "bold"),
        (FORMATS[name].title, look.QUIET),
    )
