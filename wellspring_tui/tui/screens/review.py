"""The review: what will be sent, with which settings, for how much. Nothing is sent before."""

from __future__ import annotations

from asyncio import sleep
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Button, Checkbox, Footer, Input, ProgressBar, Select, Static, TextArea

from wellspring_tui.errors import StoppedError, WellspringError
from wellspring_tui.jobs.model import Job
from wellspring_tui.text import one_line
from wellspring_tui.tui import look
from wellspring_tui.tui.carrier import in_thread
from wellspring_tui.tui.heard import Heard
from wellspring_tui.tui.screens.base import DashboardScreen
from wellspring_tui.tui.screens.review_fields import Draft, Field, drafted, fields
from wellspring_tui.tui.screens.review_now import NowSwitch
from wellspring_tui.tui.screens.review_standing import (
    Standing,
    fact_lines,
    hanging,
    standing,
    submit_label,
    sum_line,
)

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.notifications import SeverityLevel

    from wellspring_tui.prompts.model import RequestOptions
    from wellspring_tui.tui.readings import Reading, Readings

_SETTLED_SECONDS = 0.3
"""How long the settings rest before the file is read with them."""
_LOOKS_A_SECOND = 10
_NOT_YET = "What this costs is not known yet."


class ReviewScreen(DashboardScreen[Job | None]):
    """Settings and costs of a job before it is sent. Gives the job, or None."""

    CSS_PATH = "review.tcss"
    AUTO_FOCUS = "#submit"  # for most files everything is right already

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "submit", "Submit", priority=True),
        Binding("ctrl+t", "toggle_now", "Answer now", priority=True),
        Binding("tab", "app.focus_next", "Next field"),
        Binding("pagedown", "scroll(1)", "Page down", show=False),
        Binding("pageup", "scroll(-1)", "Page up", show=False),
        Binding("escape", "leave", "Back"),
    ]

    def __init__(self, reading: Reading, readings: Readings) -> None:
        super().__init__()
        self._reading = reading
        self._readings = readings
        self._path = reading.found.path
        self._failure: WellspringError | None = None
        """Why the file could not be read with the settings as they are."""
        self._asked_for: tuple[RequestOptions, str] | None = None
        """The options and the service that it was read for last, or is being."""
        self._under_way: Heard | None = None
        """The reading or the submission that goes on."""
        self._submitting = False
        self._fields: dict[str, Field] = {}
        """By name; those of request options are missing for ready-made requests."""

    def compose(self) -> ComposeResult:
        """Facts and fields, which scroll; below them, always in sight, the sum and two buttons."""
        yield self.top_bar(f"New job › review {self._path.name}")
        with VerticalScroll(id="review", can_focus=False):
            yield Static(id="review-facts")
            with Vertical(id="review-fields"):
                yield NowSwitch()
                yield from self._rows()
        with Vertical(id="review-foot"):
            yield Static(id="review-sum")
            yield Static(id="review-says")
            with Horizontal(id="review-buttons"):
                yield Button("Submit", id="submit", variant="primary", compact=True)
                yield Button("Back (Esc)", id="back", compact=True)
                yield ProgressBar(id="review-progress", show_eta=False, show_percentage=False)
        yield Footer(show_command_palette=False, compact=True)

    def _rows(self) -> ComposeResult:
        for field in fields(self.door.settings, self._reading):
            self._fields[field.field] = field
            yield field

    def on_mount(self) -> None:
        """Show where the job stands."""
        self.query_one("#review-progress").display = False
        self.set_interval(1 / _LOOKS_A_SECOND, self._show_progress)
        self._show_facts()
        self._show()
        self._suggest()
        if self._reading.found.template_needed:
            self.query_one("#template").focus()

    @work(group="suggest")
    async def _suggest(self) -> None:
        """The models used before complete what is typed."""
        if "model" in self._fields:
            models = await in_thread(self.door.recent_models)
            self._fields["model"].suggest(models)

    # -- the fields ----------------------------------------------------------------

    def _draft(self) -> Draft:
        texts = {name: field.text for name, field in self._fields.items()}
        return drafted(texts, self._reading.options, self._reading.found.columns)

    @on(Input.Changed)
    @on(TextArea.Changed)
    @on(Select.Changed)
    @on(Checkbox.Changed)
    def _changed(self) -> None:
        self._show()

    @on(Input.Submitted)
    def _entered(self) -> None:
        self.app.action_focus_next()

    def _show(self) -> None:
        """Show where the job stands; read the file again if the settings need it."""
        draft = self._draft()
        for name, field in self._fields.items():
            field.mistake = draft.mistakes.get(name, "")
        wanted = draft.options, draft.service
        if self._reading.answers(*wanted):
            self.workers.cancel_group(self, "read")
            self._asked_for = self._failure = None
        elif wanted != self._asked_for:
            self._asked_for = wanted
            self._read(draft)
        self._show_standing(draft)

    def _standing(self, draft: Draft) -> Standing:
        current = self._reading.answers(draft.options, draft.service)
        known = self._as_sent() if current else None
        return standing(draft, known, self._failure, self.door.settings)

    def _as_sent(self) -> Reading:
        """The file, with the switch as it stands."""
        return self.query_one(NowSwitch).applied_to(self._reading)

    def _show_standing(self, draft: Draft) -> None:
        current = self._reading.answers(draft.options, draft.service)
        if current:
            self.query_one(NowSwitch).offer_for(self._reading)
            self.refresh_bindings()
        stands, as_sent = self._standing(draft), self._as_sent()
        self.query_one("#review-sum", Static).update(
            sum_line(as_sent) if current else Content.styled(_NOT_YET, look.QUIET)
        )
        self.query_one("#review-says", Static).update(stands.says)
        button = self.query_one("#submit", Button)
        label = submit_label(as_sent) if stands.ready else Content("Submit")
        if label != button.label:
            button.label = label
            button.refresh(layout=True)  # Textual leaves it as wide as it was
        button.disabled = not stands.ready

    def _show_facts(self) -> None:
        facts = self.query_one("#review-facts", Static)
        width = facts.content_size.width or self.app.size.width
        facts.update(Content("\n").join(hanging(fact_lines(self._reading), width)))

    def on_resize(self) -> None:
        """Wrap the facts anew."""
        self.call_after_refresh(self._show_facts)

    # -- reading -----------------------------------------------------------------

    @work(exclusive=True, group="read")
    async def _read(self, draft: Draft) -> None:
        """Read the file with other settings, once they have rested a while."""
        self._failure = None
        await sleep(_SETTLED_SECONDS)
        heard = self._under_way = Heard()
        try:
            self._reading = await self._readings.read(
                self._path, heard, service=draft.service, options=draft.options
            )
        except WellspringError as error:
            self._failure = error
        finally:
            if self._under_way is heard:
                self._under_way = None
        if self.is_attached:
            self._show_facts()
            self._show_standing(self._draft())

    def _show_progress(self) -> None:
        heard, bar = self._under_way, self.query_one("#review-progress", ProgressBar)
        bar.display = heard is not None
        if heard is None:
            return
        total = self._reading.found.prompts
        bar.update(total=total, progress=min(heard.done, total))
        what, how = ("Writing", " · Esc stops it") if self._submitting else ("Reading", "")
        said = f"◐ {what} {heard.done:,} of {total:,} prompts{how}"
        self.query_one("#review-says", Static).update(Content.styled(said, look.BUSY))

    # -- sending -----------------------------------------------------------------

    @on(Button.Pressed, "#submit")
    def action_submit(self) -> None:
        """Make the job; it is sent as soon as it is in the ledger."""
        draft = self._draft()
        stands = self._standing(draft)
        if self._submitting:
            return
        if not stands.ready:
            severity: SeverityLevel = "error" if stands.against else "information"
            self.notify(stands.says.plain, severity=severity, markup=False)
            return
        self._submit(draft)

    @work(group="submit")
    async def _submit(self, draft: Draft) -> None:
        self._submitting, now = True, self._as_sent().cost.now
        heard = self._under_way = Heard()
        self.query_one("#review-fields").disabled = True
        try:
            job = await in_thread(
                lambda: self.door.submit(
                    self._path,
                    draft.options,
                    service=draft.service,
                    name=draft.name or None,
                    description=draft.description or None,
                    tags=draft.tags,
                    max_cost=draft.max_cost,
                    now=now,
                    progress=heard.progress,
                )
            )
        except StoppedError:
            self.notify("Stopped; nothing was sent.")
        except WellspringError as error:
            self.notify(one_line(str(error)), severity="error", markup=False, timeout=10)
        else:
            self.dismiss(job)
            return
        finally:
            self._submitting, self._under_way = False, None
        self.query_one("#review-fields").disabled = False
        self._show()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """The switch has a key only where it is offered."""
        del parameters
        return action != "toggle_now" or any(one.display for one in self.query(NowSwitch))

    def action_toggle_now(self) -> None:
        """Wait for a batch, or not."""
        self.query_one(NowSwitch).toggle()

    @on(Button.Pressed, "#back")
    def action_leave(self) -> None:
        """Stop the submission that is under way, or go back to the files."""
        if self._submitting and self._under_way is not None:
            self._under_way.stop()
        else:
            self.dismiss(None)

    def action_scroll(self, pages: int) -> None:
        """Scroll facts and fields."""
        scrolled = self.query_one("#review", VerticalScroll)
        scrolled.scroll_relative(y=pages * max(1, scrolled.size.height - 1), animate=False)
