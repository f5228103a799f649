"""Results: sections and prompts on the left, the answer on the right."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

import msgspec
from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Footer, Input, Static

from wellspring_tui import figures
from wellspring_tui.answers.model import Answer, State
from wellspring_tui.answers.texts import prompt_text, response_text
from wellspring_tui.errors import WellspringError
from wellspring_tui.text import one_line
from wellspring_tui.tui import look
from wellspring_tui.tui.screens.base import DashboardScreen
from wellspring_tui.tui.screens.jobs_rows import cost
from wellspring_tui.tui.screens.results_rows import (
    COLUMNS,
    AnswerRows,
    UnansweredRows,
    totals_line,
    usage_lines,
)
from wellspring_tui.tui.widgets.reader import Reader
from wellspring_tui.tui.widgets.table import Table
from wellspring_tui.tui.widgets.top_bar import TopBar

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from wellspring_tui.tui.messages import JobsRefreshed

View = Literal["answer", "prompt", "raw", "usage"]
_VIEWS: tuple[View, ...] = ("answer", "prompt", "raw", "usage")


class ResultsScreen(DashboardScreen[None]):
    """The answers of one job, as far as they have come."""

    CSS_PATH = "results.tcss"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "read", "Read", show=False),
        Binding("right_square_bracket,n", "step(1)", "Next", key_display="n"),
        Binding("left_square_bracket,p", "step(-1)", "Previous", key_display="p"),
        Binding("v", "next_view", "View", tooltip="Answer, prompt, raw or usage"),
        Binding("1", "view('answer')", "The answer", show=False),
        Binding("2", "view('prompt')", "The prompt", show=False),
        Binding("3", "view('raw')", "The raw response", show=False),
        Binding("4", "view('usage')", "Tokens and cost", show=False),
        Binding("slash", "search", "Find", key_display="/"),
        # The list and the text take these keys for themselves: they are for the search line.
        Binding("down", "hit(1)", "Next place found", show=False),
        Binding("up", "hit(-1)", "Place found before", show=False),
        Binding("f", "unanswered", "Only failed and missing", show=False),
        Binding("w", "wrap", "Wrap long lines or not", show=False),
        Binding("y", "copy", "Copy"),
        Binding("e", "export", "Export"),
        Binding("r", "app.refresh_jobs", "Refresh", show=False),
        Binding("escape,backspace", "back_out", "Back"),
    ]

    def __init__(self, job_id: str) -> None:
        super().__init__()
        self._job_id = job_id
        self._view: View = "answer"
        self._only_unanswered = False
        self._key: str | None = None

    @property
    def shown_job_id(self) -> str:
        """The job whose answers these are."""
        return self._job_id

    def compose(self) -> ComposeResult:
        """List, reader, totals, keys."""
        self._results = self.door.results(self._job_id)
        yield self.top_bar("Results")
        with Horizontal(id="results"):
            yield Table(COLUMNS, id="answers", empty="Every request has its answer.")
            with Vertical(id="reading"):
                yield Static(id="answer-title")
                yield Static(id="answer-tabs")
                yield Reader(id="answer")
        with Horizontal(id="find-bar"):
            yield Static("/", id="find-sign")
            yield Input(id="find", placeholder="find in this text", compact=True)
            yield Static(id="find-count")
        yield Static(id="totals")
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        """Show the first answer."""
        self.query_one("#find-bar").display = False
        table = self.query_one("#answers", Table)
        table.focus()
        self._show_rows()
        table.move_to_position(1)  # past the first section's heading

    def on_unmount(self) -> None:
        """Close the index."""
        self._results.index.close()

    def jobs_refreshed(self, message: JobsRefreshed) -> None:
        """More answers may have come."""
        if self._job_id in message.done.changed and self.query("#answers"):
            self._show_rows()
            self._show_answer()

    def _show_rows(self) -> None:
        job = self.door.job(self._job_id)
        index = self._results.index
        table = self.query_one("#answers", Table)
        rows = UnansweredRows if self._only_unanswered else AnswerRows
        table.show(rows(index, expected=job.open))
        self.query_one(TopBar).say(f"{job.name} › {job.status.replace('_', ' ')}")
        line = totals_line(index.totals(), cost(job))
        if not job.collected:
            line = Content.styled("still running · ", look.BUSY) + line
        self.query_one("#totals", Static).update(line)

    # -- one answer ----------------------------------------------------------------

    @on(Table.Highlighted, "#answers")
    def _highlighted(self, event: Table.Highlighted) -> None:
        if event.key != self._key:
            self._key = event.key
            self._show_answer()

    def _answer(self) -> Answer | None:
        key = self._key
        return (
            None if key is None or key.startswith("section:") else self._results.index.answer(key)
        )

    def _show_answer(self) -> None:
        answer = self._answer()
        reader = self.query_one("#answer", Reader)
        self.query_one("#answer-title", Static).update(self._title(answer))
        self.query_one("#answer-tabs", Static).update(self._tabs())
        if self._view == "usage" or answer is None:
            reader.show_lines(list(usage_lines(answer, self._results.index)))
            return
        try:
            self._show_text(reader, answer)
        except (WellspringError, msgspec.DecodeError) as error:
            reader.show_lines([Content.styled(f"× {one_line(str(error))}", look.BAD)])

    def _show_text(self, reader: Reader, answer: Answer) -> None:
        if self._view == "prompt":
            sent = self._results.request_line(answer)
            if sent:
                reader.show_plain(prompt_text(sent))
            else:
                reader.show_lines(
                    [Content.styled("The file of requests was never here.", look.QUIET)]
                )
            return
        line = self._results.response_line(answer)
        if line is None:
            reader.show_lines(_missing_lines(open_=self.door.job(self._job_id).open))
        elif self._view == "raw":
            reader.show_plain(msgspec.json.format(line, indent=2).decode())
        elif answer.state is State.FAILED:
            reader.show_lines(_failed_lines(answer))
        else:
            reader.show_markdown(response_text(line))

    def _title(self, answer: Answer | None) -> Content:
        if answer is None:
            return Content.styled("Tokens by section", "bold")
        tokens = figures.count(answer.usage.total_tokens) if answer.usage.total_tokens else "no"
        model = f" · {one_line(answer.model, 30)}" if answer.model else ""
        finish = f" · {one_line(answer.finish, 20)}" if answer.finish else ""
        sign, word = look.outcome(answer, expected=self.door.job(self._job_id).open)
        return Content.assemble(
            (one_line(answer.prompt_type), "bold"),
            (f"  {one_line(answer.section)}\n", look.QUIET),
            sign,
            " ",
            word,
            (f" · {tokens} tokens{model}{finish}", look.QUIET),
        )

    def _tabs(self) -> Content:
        shown = "usage" if self._answer() is None else self._view
        tabs = [
            Content.styled(f"▸{number} {view}", "bold $text-accent")
            if view == shown
            # Constants of ours, so markup is safe here; it makes them clickable.
            else Content.from_markup(f" [@click=screen.view('{view}')]{number} {view}[/]")
            for number, view in enumerate(_VIEWS, start=1)
        ]
        return Content("  ").join(tabs)

    # -- moving about ----------------------------------------------------------------

    @on(Table.Opened, "#answers")
    def _opened(self) -> None:
        self.action_read()

    def action_read(self) -> None:
        """Go to the text; on a narrow screen it takes the whole width."""
        self.add_class("-reading")
        self.query_one("#answer", Reader).focus()

    def action_step(self, rows: int) -> None:
        """To the next or previous prompt, over headings, also while reading."""
        table = self.query_one("#answers", Table)
        position = table.cursor_position + rows
        table.move_to_position(position)
        key = table.cursor_key
        if key is not None and key.startswith("section:"):
            table.move_to_position(position + rows if position + rows >= 0 else position + 1)

    def action_view(self, view: View) -> None:
        """Show the answer, the prompt, the raw response or the usage."""
        self._view = view
        self._show_answer()

    def action_next_view(self) -> None:
        """Show the next of the four."""
        self.action_view(_VIEWS[(_VIEWS.index(self._view) + 1) % len(_VIEWS)])

    def action_unanswered(self) -> None:
        """Show only requests that failed or are missing, or all again."""
        self._only_unanswered = not self._only_unanswered
        self._show_rows()

    def action_wrap(self) -> None:
        """Wrap long lines of plain text, or scroll sideways."""
        reader = self.query_one("#answer", Reader)
        reader.wrap = not reader.wrap

    def action_back_out(self) -> None:
        """Leave the search, the text, or the screen: one thing at a time."""
        if self.query_one("#find-bar").display:
            self.query_one("#find", Input).value = ""
            self.query_one("#find-bar").display = False
            self.query_one("#answer", Reader).focus()
        elif self.has_class("-reading"):
            self.remove_class("-reading")
            self.query_one("#answers", Table).focus()
        else:
            self.dismiss()

    # -- finding, copying, exporting ----------------------------------------------------

    def action_search(self) -> None:
        """Find words in the text."""
        self.query_one("#find-bar").display = True
        self.query_one("#find", Input).focus()

    @on(Input.Changed, "#find")
    def _find_changed(self, event: Input.Changed) -> None:
        self.query_one("#answer", Reader).search(event.value)

    @on(Input.Submitted, "#find")
    def _find_next(self) -> None:
        self.query_one("#answer", Reader).next_hit()

    def action_hit(self, step: int) -> None:
        """To the next place found, or the one before."""
        reader = self.query_one("#answer", Reader)
        if step > 0:
            reader.next_hit()
        else:
            reader.previous_hit()

    @on(Reader.HitsChanged, "#answer")
    def _hits_changed(self, event: Reader.HitsChanged) -> None:
        self.query_one("#find-count", Static).update(f"{event.number:,} of {event.count:,}")

    def action_copy(self) -> None:
        """Copy what is shown: the answer as the model wrote it, the prompt or the raw line."""
        answer = self._answer()
        line = self._results.response_line(answer) if answer is not None else None
        if answer is None or (line is None and self._view != "prompt"):
            self.notify("There is no answer to copy yet.", severity="warning")
            return
        if self._view == "prompt":
            text = prompt_text(self._results.request_line(answer))
        elif self._view == "answer":
            text = response_text(line or b"")
        else:
            text = (line or b"").decode()
        self.app.copy_to_clipboard(text)
        self.notify(f"Copied {len(text):,} characters.")

    def action_export(self) -> None:
        """Write all results to a file."""
        self.dashboard.export(self._job_id)


def _missing_lines(*, open_: bool) -> list[Content]:
    if open_:
        return [Content.styled("The answer has not come yet.", look.QUIET)]
    return [Content.styled("The service gave no answer to this request.", look.WARN)]


def _failed_lines(answer: Answer) -> list[Content]:
    code = f" (status {answer.status_code})" if answer.status_code else ""
    return [
        Content.styled(f"× This request failed{code}.", look.BAD),
        Content(""),
        Content(one_line(answer.reason or "No reason was given.")),
    ]
