"""The review: what will be sent, with which settings, for how much. Nothing is sent before."""

from __future__ import annotations

from asyncio import sleep
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widgets import Button, Footer, Input, Label, ProgressBar, Select, Static

from wellspring_tui.errors import StoppedError, WellspringError
from wellspring_tui.jobs.model import Job
from wellspring_tui.progress import Progress
from wellspring_tui.prompts.model import FileKind, RequestOptions
from wellspring_tui.settings import LOCAL
from wellspring_tui.text import one_line
from wellspring_tui.tui import look
from wellspring_tui.tui.carrier import in_thread
from wellspring_tui.tui.screens.base import DashboardScreen
from wellspring_tui.tui.screens.survey_lines import cost_lines, fact_lines

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from wellspring_tui.jobs.spending import Estimate
    from wellspring_tui.prompts.checking import Survey

_SETTLED_SECONDS = 0.3


class ReviewScreen(DashboardScreen[Job | None]):
    """Settings and costs of a job before it is sent. Gives the job, or None."""

    CSS_PATH = "review.tcss"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "submit", "Submit", priority=True),
        Binding("escape", "leave", "Back"),
    ]

    def __init__(self, found: Survey) -> None:
        super().__init__()
        self._found = found
        self._submitting: Progress | None = None

    def compose(self) -> ComposeResult:
        """Facts on top, fields below, two buttons."""
        door = self.door
        services = [(name, name) for name in door.settings.services]
        defaults = door.request_options()
        yield self.top_bar(f"New job › review {self._found.path.name}")
        with VerticalScroll(id="review"):
            yield Static(id="review-facts")
            yield Static(id="review-says")
            with Horizontal(classes="field"):
                yield Label("Service")
                yield Select(
                    services,
                    value=self._first_service(),
                    allow_blank=False,
                    id="service",
                    compact=True,
                )
            yield from _field("Name", "name", self._found.path.stem)
            yield from _field("Description", "description", "", "kept with the batch")
            if self._found.kind is not FileKind.REQUESTS:
                yield from _field("Model", "model", defaults.model)
                yield from _field("Temperature", "temperature", _shown(defaults.temperature))
                yield from _field("Max tokens", "max_tokens", _shown(defaults.max_tokens))
                yield from _field("System", "system", defaults.system or "", "instructions for all")
            with Horizontal(id="review-buttons"):
                yield Button("Back (Esc)", id="back", compact=True)
                yield Button("Submit (ctrl+s)", id="submit", variant="primary", compact=True)
            yield ProgressBar(id="review-progress", show_eta=False)
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        """The submit button has the focus: for most files everything is right already."""
        self.query_one("#review-progress").display = False
        self.query_one("#submit", Button).focus()
        self._calculate()

    def _first_service(self) -> str:
        """The service chosen in the settings, or the built-in one when that has no key."""
        settings = self.door.settings
        return settings.service if settings.has_key(settings.profile()) else LOCAL

    @property
    def _service(self) -> str:
        return str(self.query_one("#service", Select).value)

    @on(Input.Changed)
    @on(Select.Changed)
    def _changed(self) -> None:
        self._calculate()

    @work(exclusive=True, group="calculate")
    async def _calculate(self) -> None:
        """Show the facts and the cost for the settings as they are now."""
        await sleep(_SETTLED_SECONDS)
        facts, says = (
            self.query_one("#review-facts", Static),
            self.query_one("#review-says", Static),
        )
        try:
            options = self._options()
            door, service = self.door, self._service
            door.settings.key(door.settings.profile(service))
            found, estimate = await in_thread(lambda: self._checked(options, service))
        except WellspringError as error:
            if says.is_attached:
                says.update(Content.styled(f"× {one_line(str(error))}", look.BAD))
            return
        if not says.is_attached:  # the screen was left meanwhile
            return
        says.update(
            Content.styled("Answers of the built-in service are simulated.", look.WARN)
            if service == LOCAL
            else Content("")
        )
        facts.update(Content("\n").join([*fact_lines(found), *cost_lines(estimate)]))

    def _checked(self, options: RequestOptions, service: str) -> tuple[Survey, Estimate]:
        found = self._found
        if found.kind is not FileKind.REQUESTS:
            found = self.door.check(found.path, options)
        return found, self.door.estimate(found, service)

    def _options(self) -> RequestOptions:
        """The fields as request options. Raises InputError for one that makes no sense."""
        if self._found.kind is FileKind.REQUESTS:
            return self.door.request_options()
        return self.door.request_options_from_text(
            {name: self._text(name) for name in ("model", "temperature", "max_tokens", "system")}
        )

    def _text(self, field: str) -> str:
        return self.query_one(f"#{field}", Input).value.strip()

    # -- sending -----------------------------------------------------------------

    @on(Button.Pressed, "#submit")
    def action_submit(self) -> None:
        """Make the job; it is sent as soon as it is in the ledger."""
        if self._submitting is None:
            self._submit()

    @work(group="submit")
    async def _submit(self) -> None:
        bar = self.query_one("#review-progress", ProgressBar)
        total = self._found.prompts

        def tell(_what: str, done: int, _total: int | None) -> None:
            self.app.call_from_thread(bar.update, total=total, progress=done)

        progress = self._submitting = Progress(tell)
        bar.display = True
        try:
            options, service = self._options(), self._service
            name, description = self._text("name"), self._text("description")
            job = await in_thread(
                lambda: self.door.submit(
                    self._found.path,
                    options,
                    service=service,
                    name=name or None,
                    description=description or None,
                    progress=progress,
                )
            )
        except StoppedError:
            self.notify("Stopped; nothing was sent.")
        except WellspringError as error:
            self.notify(one_line(str(error)), severity="error", markup=False, timeout=10)
        else:
            self.dismiss(job)
            return
        self._submitting = None
        bar.display = False

    @on(Button.Pressed, "#back")
    def action_leave(self) -> None:
        """Stop the submission that is under way, or go back to the files."""
        if self._submitting is not None:
            self._submitting.stopped.set()
        else:
            self.dismiss(None)


def _field(label: str, name: str, value: str, hint: str = "") -> ComposeResult:
    with Horizontal(classes="field"):
        yield Label(label)
        yield Input(value, id=name, placeholder=hint, compact=True)


def _shown(value: float | None) -> str:
    return "" if value is None else f"{value:g}"
