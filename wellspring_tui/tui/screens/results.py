"""Results: sections and prompts on the left, the answer on the right."""

from __future__ import annotations

from asyncio import Event, sleep
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Footer, Static

from wellspring_tui.answers.model import Kind
from wellspring_tui.errors import WellspringError
from wellspring_tui.text import one_line
from wellspring_tui.tui import look
from wellspring_tui.tui.carrier import in_thread
from wellspring_tui.tui.screens import results_chosen as choosing
from wellspring_tui.tui.screens.answer_list import AnswerList
from wellspring_tui.tui.screens.answer_page import Item, Page, page
from wellspring_tui.tui.screens.answer_pane import AnswerPane
from wellspring_tui.tui.screens.find_bar import FindBar
from wellspring_tui.tui.screens.jobs_rows import cost
from wellspring_tui.tui.screens.reading import ReadingScreen
from wellspring_tui.tui.screens.results_chosen import Chosen
from wellspring_tui.tui.screens.results_rows import Listed
from wellspring_tui.tui.screens.results_search import Query, Searching, found_line
from wellspring_tui.tui.screens.results_totals import (
    cost_of,
    count,
    section_page,
    totals_line,
    usage_lines,
)
from wellspring_tui.tui.widgets.reader import Reader

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from wellspring_tui.answers.model import Answer
    from wellspring_tui.answers.results import Results
    from wellspring_tui.answers.searching import Found, Where
    from wellspring_tui.tui.messages import JobsRefreshed
    from wellspring_tui.tui.screens.answer_page import View
    from wellspring_tui.tui.screens.results_totals import Counted


_LARGE_REQUESTS = 2_000
_FIRST_PAINT_SECONDS = 0.1
"""Counting a large job must not take the processor from the first answer."""
_TELL_SECONDS = 0.1
"""How often a search that takes long says how far it is."""


class ResultsScreen(ReadingScreen):
    """The answers of one job, as far as they have come."""

    CSS_PATH = "results.tcss"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "read", "Read", show=False),
        Binding("right_square_bracket,n", "step(1)", "Next", key_display="n"),
        Binding(
            "left_square_bracket,p", "step(-1)", "Previous prompt", key_display="p", show=False
        ),
        Binding("x", "next_problem(1)", "Next that failed, is missing or cut off", show=False),
        Binding("X", "next_problem(-1)", "The one of these before", show=False),
        Binding("slash", "search", "Search", key_display="/"),
        Binding("f", "filter", "Filter"),
        Binding("e", "export", "Export"),
        Binding("C", "compare", "Compare with another job", show=False),
        Binding("r", "app.refresh_jobs", "Refresh", show=False),
        Binding("escape,backspace", "back_out", "Back"),
    ]

    def __init__(self, job_id: str, results: Results) -> None:
        """`results` is closed with the screen."""
        super().__init__()
        self._job_id = job_id
        self._results = results
        self._key: str | None = None
        self._row = 0
        """The request one is at, or was last."""
        self._origin = 0
        """The request one went to oneself: while one types, the list may lead away from it."""
        self._counted: Counted | None = None
        self._count_anew = Event()
        self._words = ""
        self._searching = Searching(results, self._found)
        self._filter = choosing.ALL
        """What the person chose last; the list follows."""

    @property
    def shown_job_id(self) -> str:
        """The job whose answers these are."""
        return self._job_id

    def compose(self) -> ComposeResult:
        """Search, list, pane, totals, keys."""
        self._read_job()
        self._chosen = Chosen(self._total)
        self._top = self.top_bar("Results")
        self._find_bar = FindBar()
        self._list = AnswerList(self._results.index, self._listed(), id="answers")
        self._pane = AnswerPane(id="reading", reader_id="answer", tabs=True)
        self._totals = Static(id="totals")
        yield self._top
        yield self._find_bar
        with Horizontal(id="results"):
            yield self._list
            yield self._pane
        yield self._totals
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        """Show the first answer; what takes longer comes after it is painted."""
        self._list.focus()
        self._say_where_things_stand()
        self._go_to_row(0)
        self.show_pages()
        self.call_after_refresh(self._keep_counting)

    def on_unmount(self) -> None:
        """Close the index."""
        self._searching.stop()
        self._results.index.close()

    # -- what there is ---------------------------------------------------------------

    def _read_job(self) -> None:
        self._job = self.door.job(self._job_id)
        self._outline = self._results.index.outline()
        self._total = sum(section.count for section in self._outline)

    def jobs_refreshed(self, message: JobsRefreshed) -> None:
        """More answers may have come."""
        if self._job_id in message.done.changed and not self.is_left:
            self._read_job()
            self._count_anew.set()
            self._choose()
            if self._chosen.found is not None:
                self._search(growing=False)

    @work(group="count")
    async def _keep_counting(self) -> None:
        """Count whenever something has changed, never twice at once."""
        if self._total > _LARGE_REQUESTS:
            await sleep(_FIRST_PAINT_SECONDS)
        while True:
            self._count_anew.clear()
            try:
                counted = await in_thread(lambda: count(self._results))
            except WellspringError as error:
                self._tell_error(error)
                return
            if self.is_left:
                return
            if counted != self._counted:
                self._counted = counted
                self._show_list()
                self.show_pages()
            await self._count_anew.wait()

    def _show_list(self) -> None:
        """Bring the list, and what is said of it, up to date; the cursor stays on its answer."""
        self._list.list(self._listed())
        self._say_where_things_stand()

    def _say_where_things_stand(self) -> None:
        self._find_bar.say_filter(self._chosen.chip(hint=not self._find_bar.is_open))
        self._top.say(f"{self._job.name} › {self._job.status.replace('_', ' ')}")
        line = Content.styled("counting …", look.QUIET)
        if self._counted is not None:
            line = totals_line(self._counted.totals, cost(self._job))
        if not self._job.collected:
            line = Content.styled("still running · ", look.BUSY) + line
        self._totals.update(line)

    def _tell_error(self, error: WellspringError) -> None:
        self.notify(one_line(str(error)), severity="error", markup=False)

    def _listed(self) -> Listed:
        chosen = self._chosen
        return Listed(
            self._outline,
            chosen.rows,
            chosen.is_narrow,
            self._counted,
            None if chosen.found is None else chosen.hits,
            self._job.open,
            self._cost,
            chosen.empty_words,
        )

    def _cost(self, answer: Answer) -> str:
        """Empty until prices are known: looking one up may take a third of a second."""
        return "" if self._counted is None else cost_of(self._results, answer)

    # -- one answer ------------------------------------------------------------------

    @on(AnswerList.Highlighted, "#answers")
    def _show_under_cursor(self) -> None:
        if self._list.cursor_key == self._key:
            return
        self._key = self._list.cursor_key
        self.show_pages()
        self._origin = self._row
        if self._chosen.found is not None:
            self._pane.reader.go_to_hit(1)

    def reading_pane(self) -> AnswerPane:
        """The only one there is."""
        return self._pane

    def reading_item(self) -> tuple[Results, Item] | None:
        """The request under the cursor."""
        if self._key is None or self._list.cursor_section is not None:
            return None
        answer = self._results.index.answer(self._key)
        if answer is None:
            return None
        return self._results, Item(answer, self._job.open, self._cost(answer))

    def show_pages(self) -> None:
        """Show what is under the cursor."""
        found = self.reading_item()
        if found is not None:
            self._row = found[1].answer.number
        self._pane.show(self._page(found), plain=self.plain)
        shown = self.view if found is not None else "usage"
        if self._pane.tabs is not None:
            self._pane.tabs.show(shown, plain=self.plain, wrap=self._pane.reader.wrap)

    def _page(self, found: tuple[Results, Item] | None) -> Page:
        if found is not None:
            shown = page(*found, self.view)
            if self.view != "usage":
                return shown
            return replace(shown, lines=(*shown.lines, *usage_lines(self._counted)))
        section = self._list.cursor_section
        if section is None or section >= len(self._outline):
            return Page(Content(""))
        return section_page(self._outline[section], section, self._counted)

    # -- moving about ----------------------------------------------------------------

    @on(AnswerList.Opened, "#answers")
    def action_read(self) -> None:
        """Go to the text; on a narrow screen it takes the whole width."""
        reader = self._pane.reader
        if reader.has_focus:
            self._walk(1)
        self.add_class("-reading")
        reader.focus()

    def action_scroll_text(self, pages: int) -> None:
        """Scroll the text while the list keeps the focus."""
        self._pane.reader.action_scroll_pages(pages)

    def action_step(self, step: int) -> None:
        """To the next or previous prompt, over headings, also while reading."""
        row = self._chosen.step(self._place(step), step)
        if row is not None:
            self._go_to_row(row)

    def action_next_problem(self, step: int) -> None:
        """To the next prompt that failed, is missing, was cut off, refused or is off schema."""
        kinds = choosing.PROBLEMS - ({Kind.MISSING} if self._job.open else frozenset())
        row = self._chosen.next_of(self._results.index, kinds, self._place(step), step)
        if row is None:
            self.notify(f"No answer here {choosing.PROBLEM_WORDS}.")
        elif row == self._row and self._list.cursor_section is None:
            self.notify(f"There is no other that {choosing.PROBLEM_WORDS}.")
        else:
            self._go_to_row(row)

    def _place(self, step: int) -> int:
        """The row that steps are counted from; a heading is before its first request."""
        section = self._list.cursor_section
        if section is None or section >= len(self._outline):
            return self._row
        first = self._outline[section].first
        return first - 1 if step > 0 else first

    def _go_to_row(self, row: int) -> None:
        """Put the cursor on a request that is listed, and show it at once."""
        self._list.go_to_row(row)
        self._show_under_cursor()

    def action_back_out(self) -> None:
        """Leave the search, the filter, the text, or the screen: one thing at a time."""
        if self._find_bar.is_open:
            self._find_bar.close()
            self._end_search()
            (self._pane.reader if self.has_class("-reading") else self._list).focus()
        elif self._filter is not choosing.ALL:
            self._filter = choosing.ALL
            self._choose()
        elif self.has_class("-reading"):
            self.remove_class("-reading")
            self._list.focus()
        else:
            self.dismiss()

    # -- which are listed --------------------------------------------------------------

    @on(FindBar.FilterPressed)
    def action_filter(self) -> None:
        """List those that failed or are missing; those that want a look otherwise; all."""
        self._filter = choosing.after(self._filter)
        self._choose()

    def _choose(self) -> None:
        """List what the filter wants; which these are takes a moment, unless it is all."""
        self.workers.cancel_group(self, "choose")
        if self._filter is choosing.ALL:
            self._take(replace(self._chosen, total=self._total, filter=self._filter, filtered=()))
        else:
            self._look_up(self._filter)

    @work(exclusive=True, group="choose")
    async def _look_up(self, wanted: choosing.Filter) -> None:
        try:
            rows = await in_thread(partial(choosing.rows_of, self._results.index, wanted))
        except WellspringError as error:
            self._tell_error(error)
            return
        if not self.is_left:
            self._take(replace(self._chosen, total=self._total, filter=wanted, filtered=rows))

    def _take(self, chosen: Chosen) -> None:
        """List others; the cursor goes to the nearest when its answer is not among them."""
        is_other = chosen.narrowing != self._chosen.narrowing
        was_on_heading = self._list.cursor_section is not None
        is_search = chosen.found is not None or self._chosen.found is not None
        origin = self._origin if is_search else self._row
        self._chosen = chosen
        self._show_list()
        nearest = chosen.nearest(origin)
        if nearest is not None and (is_other or not was_on_heading):
            self._go_to_row(nearest)
        self._origin = origin
        self.show_pages()
        self._tell_found()

    # -- searching ---------------------------------------------------------------------

    def action_search(self) -> None:
        """Search all answers, or all prompts when the prompt is shown; this one comes first."""
        if self.view not in ("answer", "prompt"):
            self.action_view("answer")
        self._find_bar.open(self._where)

    def action_view(self, view: View) -> None:
        """Show another view; a search goes through the prompts while they are shown."""
        was_searched = self._where
        super().action_view(view)
        if self._where != was_searched and self._chosen.found is not None:
            self._search(growing=True)

    @property
    def _where(self) -> Where:
        return "prompts" if self.view == "prompt" else "answers"

    @on(FindBar.Asked)
    def _asked(self, event: FindBar.Asked) -> None:
        self._words = event.words
        self._pane.reader.search(event.words)
        if event.words.strip():
            self._search(growing=True)
        else:
            self._stop_search()

    def _stop_search(self) -> None:
        """List again what there was before."""
        self._searching.stop()
        self.workers.cancel_group(self, "search")
        self._take(replace(self._chosen, found=None))

    def _end_search(self) -> None:
        """Take the words away; where something was found one stays."""
        if self._chosen.rows:
            self._origin = self._row
        self._words = ""
        self._pane.reader.search("")
        self._stop_search()

    @work(exclusive=True, group="search")
    async def _search(self, *, growing: bool) -> None:
        """List the answers with the words as they are found."""
        telling = self.set_interval(_TELL_SECONDS, self._tell_found)
        try:
            await self._searching.run(Query(self._words, self._where, growing))
        except WellspringError as error:
            self._tell_error(error)
        finally:
            telling.stop()
            self._tell_found()

    def _found(self, found: Found) -> None:
        if not self.is_left:
            self._take(replace(self._chosen, found=found))

    def _tell_found(self) -> None:
        """Say how much was found, here and in all."""
        if self.is_left:
            return
        reader = self._pane.reader
        here = (reader.hit_number, reader.hit_count)
        line = found_line(self._chosen, self._searching.share, here)
        self._find_bar.tell(line)

    @on(FindBar.Walked)
    def _walked(self, event: FindBar.Walked) -> None:
        self._walk(event.step)

    def _walk(self, step: int) -> None:
        """To the next place found in this text, or to the next text with one, round the end."""
        rows, reader = self._chosen.rows, self._pane.reader
        if self._chosen.found is None or not rows:
            return
        is_listed = self._chosen.nearest(self._row) == self._row
        if is_listed and 1 <= reader.hit_number + step <= reader.hit_count:
            reader.go_to_hit(reader.hit_number + step)
            return
        following = self._chosen.step(self._place(step), step)
        self._go_to_row(rows[0 if step > 0 else -1] if following is None else following)
        reader.go_to_hit(1 if step > 0 else -1)

    @on(Reader.HitsChanged, "#answer")
    def _hits_changed(self) -> None:
        self._tell_found()

    def action_export(self) -> None:
        """Write all results to a file."""
        self.dashboard.export(self._job_id)

    @work(group="compare")
    async def action_compare(self) -> None:
        """Set the answers of another job beside these."""
        from wellspring_tui.tui.screens.choose_job import ChooseJobScreen, likeliest_first

        others = await in_thread(lambda: likeliest_first(self._job, self.door.jobs()))
        if not others:
            self.notify("There is no other job to compare with.", severity="warning")
            return
        asked = ChooseJobScreen("Compare with", self._job, others, self.dashboard.clock())
        other_id = await self.app.push_screen_wait(asked)
        if other_id is not None:
            self.dashboard.compare(self._job_id, other_id)
