"""Compare: two jobs side by side, prompt by prompt."""

from __future__ import annotations

from asyncio import Event
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.containers import Container, Horizontal, Vertical
from textual.content import Content
from textual.widgets import Footer

from wellspring_tui.answers.comparing import MatchedBy
from wellspring_tui.answers.model import State
from wellspring_tui.errors import StoppedError, WellspringError
from wellspring_tui.progress import Progress
from wellspring_tui.text import one_line
from wellspring_tui.tui import look
from wellspring_tui.tui.carrier import in_thread
from wellspring_tui.tui.screens.answer_page import Item, Page, page
from wellspring_tui.tui.screens.answer_pane import AnswerPane, ViewTabs
from wellspring_tui.tui.screens.compare_rows import PAIR_COLUMNS, SIDE_COLUMNS, PairRows, side_row
from wellspring_tui.tui.screens.jobs_rows import cost
from wellspring_tui.tui.screens.reading import ReadingScreen
from wellspring_tui.tui.screens.reading_list import ReadingList
from wellspring_tui.tui.screens.results_chosen import PROBLEM_WORDS
from wellspring_tui.tui.screens.results_totals import cost_of
from wellspring_tui.tui.widgets.table import Table
from wellspring_tui.tui.widgets.table_model import ListRows

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from wellspring_tui.answers.comparing import Comparison, Pair, SideTotals
    from wellspring_tui.answers.model import Answer
    from wellspring_tui.answers.results import Results
    from wellspring_tui.tui.messages import JobsRefreshed

_SIGNS = ("A", "B")
_PRICED_FIRST = 64
_LOOKED_AT = 256
"""Pairs read at once in search of one that asks for a look."""


class CompareScreen(ReadingScreen):
    """The answers of two jobs to the same prompts."""

    CSS_PATH = "compare.tcss"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "read", "Read", show=False),
        Binding("right_square_bracket,n", "step(1)", "Next", key_display="n"),
        Binding("left_square_bracket,p", "step(-1)", "Previous", key_display="p"),
        Binding("x", "next_problem(1)", "Next that failed, is missing or cut off", show=False),
        Binding("X", "next_problem(-1)", "The one of these before", show=False),
        Binding("tab", "app.focus_next", "Other side"),
        Binding("r", "app.refresh_jobs", "Refresh", show=False),
        Binding("escape,backspace", "back_out", "Back"),
    ]

    def __init__(self, left_id: str, right_id: str) -> None:
        super().__init__()
        self._ids = (left_id, right_id)
        self._comparison: Comparison | None = None
        self._totals: tuple[SideTotals, SideTotals] | None = None
        self._pair: Pair | None = None
        self._match_anew = Event()
        self._measuring = Progress()

    def compose(self) -> ComposeResult:
        """Both jobs, their prompts, two panes."""
        self._read_jobs()
        left, right = self._jobs
        self._sides = Table(SIDE_COLUMNS, id="sides")
        self._sides.can_focus = False
        self._list = ReadingList(PAIR_COLUMNS, id="pairs", empty="Matching the prompts …")
        self._tabs = ViewTabs()
        self._panes = (
            AnswerPane(id="left", reader_id="left-answer", tabs=False),
            AnswerPane(id="right", reader_id="right-answer", tabs=False),
        )
        yield self.top_bar(f"Compare {one_line(left.name, 30)} and {one_line(right.name, 30)}")
        yield self._sides
        with Horizontal(id="comparison"):
            yield self._list
            with Vertical(id="both"):
                yield self._tabs
                with Container(id="panes"):
                    yield from self._panes
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        """Say what is known; matching comes after it is painted."""
        self._list.focus()
        self._show_sides()
        self.show_pages()
        self.call_after_refresh(self._keep_matching)

    def on_unmount(self) -> None:
        """Stop measuring, close both indexes."""
        self._measuring.stopped.set()
        if self._comparison is not None:
            self._comparison.close()

    # -- what there is ---------------------------------------------------------------

    def _read_jobs(self) -> None:
        left, right = self._ids
        self._jobs = (self.door.job(left), self.door.job(right))

    def jobs_refreshed(self, message: JobsRefreshed) -> None:
        """More answers may have come."""
        if message.done.changed & set(self._ids) and not self.is_left:
            self._read_jobs()
            self._show_sides()
            self._match_anew.set()

    @work(group="match")
    async def _keep_matching(self) -> None:
        """Match the prompts, then measure both jobs; again whenever one has changed."""
        while True:
            self._match_anew.clear()
            try:
                comparison = await in_thread(self._matched)
                if self.is_left:
                    comparison.close()
                    return
                self._take(comparison)
                self._totals = await in_thread(partial(comparison.totals, self._measuring))
            except StoppedError:
                return
            except WellspringError as error:
                self.notify(one_line(str(error)), severity="error", markup=False)
                self._list.empty = "These jobs can't be compared."
                return
            if self.is_left:
                return
            self._show_sides()
            await self._match_anew.wait()

    def _matched(self) -> Comparison:
        """The comparison, with the prices of its first pairs looked up already."""
        comparison = self.door.compare(*self._ids)
        for pair in comparison.pairs(0, _PRICED_FIRST):
            for results, answer in ((comparison.left, pair.left), (comparison.right, pair.right)):
                if answer is not None:
                    results.cost(answer)
        if self._measuring.stopped.is_set():
            comparison.close()
            raise StoppedError("the comparison was left")
        return comparison

    def _take(self, comparison: Comparison) -> None:
        before, self._comparison = self._comparison, comparison
        left, right = self._jobs
        self._list.empty = "Neither job has a prompt."
        self._list.show(PairRows(comparison, (left.open, right.open)))
        if before is not None:
            before.close()
        if comparison.matched_by is MatchedBy.NOTHING:
            self.notify("These jobs have no prompt in common.", severity="warning")
        self._show_under_cursor()

    def _show_sides(self) -> None:
        totals = self._totals or (None, None)
        rows = [
            side_row(sign, job, side, cost(job))
            for sign, job, side in zip(_SIGNS, self._jobs, totals, strict=True)
        ]
        self._sides.show(ListRows(rows))

    # -- one prompt ------------------------------------------------------------------

    @on(Table.Highlighted, "#pairs")
    def _show_under_cursor(self) -> None:
        if self._comparison is None or self._list.cursor_key is None:
            return
        place = self._list.cursor_position
        found = self._comparison.pairs(place, place + 1)
        self._pair = found[0] if found else None
        self.show_pages()

    def show_pages(self) -> None:
        """Show the prompt under the cursor on both sides."""
        for side, pane in enumerate(self._panes):
            pane.show(self._page(side), plain=self.plain)
        wrap = self._panes[0].reader.wrap
        self._tabs.show(self.view, plain=self.plain, wrap=wrap)

    def _page(self, side: int) -> Page:
        found = self._item(side)
        if found is not None:
            return page(*found, self.view)
        if self._pair is None:
            return Page(Content.styled(_SIGNS[side], "bold $text-accent"))
        words = Content.styled("This job has no such prompt.", look.QUIET)
        return Page(Content.styled(_SIGNS[side], "bold $text-accent"), lines=(words,))

    def _item(self, side: int) -> tuple[Results, Item] | None:
        comparison, pair = self._comparison, self._pair
        if comparison is None or pair is None:
            return None
        results = (comparison.left, comparison.right)[side]
        answer = (pair.left, pair.right)[side]
        if answer is None:
            return None
        paid = cost_of(results, answer)
        return results, Item(answer, self._jobs[side].open, paid, _SIGNS[side])

    @property
    def _side(self) -> int:
        """The side that one reads; the left one from the list."""
        return int(self._panes[1].reader.has_focus)

    def reading_pane(self) -> AnswerPane:
        """The pane in focus."""
        return self._panes[self._side]

    def reading_item(self) -> tuple[Results, Item] | None:
        """What is shown in it."""
        return self._item(self._side)

    # -- moving about ----------------------------------------------------------------

    @on(Table.Opened, "#pairs")
    def action_read(self) -> None:
        """Go to the texts; on a narrow screen they take the whole width."""
        self.add_class("-reading")
        self.reading_pane().reader.focus()

    def on_descendant_focus(self) -> None:
        """The table of both jobs tells which side copying and opening take."""
        self._sides.move_to_position(self._side)

    def action_scroll_text(self, pages: int) -> None:
        """Scroll both texts while the list keeps the focus."""
        for pane in self._panes:
            pane.reader.action_scroll_pages(pages)

    def action_step(self, step: int) -> None:
        """To the next or previous prompt, on both sides."""
        self._list.action_move(step)

    @work(exclusive=True, group="problem")
    async def action_next_problem(self, step: int) -> None:
        """To the next prompt that a job failed, left out, cut off, refused or missed its schema."""
        comparison = self._comparison
        if comparison is None:
            return
        place = self._list.cursor_position
        found = await in_thread(lambda: _problem(comparison, place, step))
        if self.is_left:
            return
        if found is None:
            where = "below" if step > 0 else "above"
            self.notify(f"Nothing {where} {PROBLEM_WORDS}.")
        else:
            self._list.move_to_position(found)

    def action_back_out(self) -> None:
        """Leave the texts, or the screen."""
        if self.has_class("-reading"):
            self.remove_class("-reading")
            self._list.focus()
        else:
            self.dismiss()


def _problem(comparison: Comparison, place: int, step: int) -> int | None:
    """The nearest pair below or above `place` of which either answer asks for a look."""
    end = len(comparison) if step > 0 else -1
    for start in range(place + step, end, step * _LOOKED_AT):
        stop = start + step * _LOOKED_AT
        first, last = (start, stop) if step > 0 else (max(0, stop + 1), start + 1)
        for pair in comparison.pairs(first, last)[::step]:
            if _asks_for_a_look(pair.left) or _asks_for_a_look(pair.right):
                return pair.position
    return None


def _asks_for_a_look(answer: Answer | None) -> bool:
    if answer is None:
        return True
    return answer.state is not State.ANSWERED or answer.wants_a_look
