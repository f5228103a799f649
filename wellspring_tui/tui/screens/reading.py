"""What all screens that show an answer share: views, copying, the pager and the editor."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.app import SuspendNotSupported
from textual.binding import Binding, BindingType

from wellspring_tui.errors import WellspringError
from wellspring_tui.text import one_line
from wellspring_tui.tui.outside import show_text
from wellspring_tui.tui.screens.answer_page import VIEWS, Page, page
from wellspring_tui.tui.screens.base import DashboardScreen
from wellspring_tui.tui.screens.menu import Choice, MenuScreen
from wellspring_tui.tui.widgets.reader import Reader

if TYPE_CHECKING:
    from wellspring_tui.answers.results import Results
    from wellspring_tui.tui.outside import Kind
    from wellspring_tui.tui.screens.answer_page import Item, View
    from wellspring_tui.tui.screens.answer_pane import AnswerPane

_COPIES = (
    Choice("a", "the answer"),
    Choice("p", "the prompt"),
    Choice("r", "the raw response, JSON"),
    Choice("u", "the usage, JSON"),
    Choice("i", "the custom_id"),
)
_VIEW_OF: dict[str, View] = {"a": "answer", "p": "prompt", "r": "raw", "u": "usage"}


class ReadingScreen(DashboardScreen[None]):
    """Shows answers in one of four views."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("1", "view('answer')", "The answer", show=False),
        Binding("2", "view('prompt')", "The prompt", show=False),
        Binding("3", "view('raw')", "The raw response", show=False),
        Binding("4", "view('usage')", "Tokens and cost", show=False),
        Binding("v", "next_view", "Next view: answer, prompt, raw, usage", show=False),
        Binding("m", "toggle_plain", "Markdown rendered, or plain", show=False),
        Binding("w", "toggle_wrap", "Wrap long lines of plain text, or not", show=False),
        Binding("y", "copy", "Copy what is shown", show=False),
        Binding("Y", "copy_menu", "Copy: choose what", show=False),
        Binding("o", "outside('pager')", "Open in the pager ($PAGER)", show=False),
        Binding("E", "outside('editor')", "Open in the editor ($EDITOR)", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.view: View = "answer"
        self.plain = False
        """Whether Markdown is shown as it was written."""
        self.is_left = False
        """The person went elsewhere: what threads bring is not wanted any more."""

    def on_unmount(self) -> None:
        """Nothing is shown after this."""
        self.is_left = True

    # What a screen says of itself

    def reading_pane(self) -> AnswerPane:
        """The pane that one reads in: what is copied or opened is shown there."""
        raise NotImplementedError

    def reading_item(self) -> tuple[Results, Item] | None:
        """The request shown in that pane; None on a heading."""
        raise NotImplementedError

    def show_pages(self) -> None:
        """Show again what is shown, in the view that is chosen now."""
        raise NotImplementedError

    # The keys

    def action_view(self, view: View) -> None:
        """Show the answer, the prompt, the raw response or the usage."""
        self.view = view
        self.show_pages()

    def action_next_view(self) -> None:
        """Show the next of the four."""
        self.action_view(VIEWS[(VIEWS.index(self.view) + 1) % len(VIEWS)])

    def action_toggle_plain(self) -> None:
        """Show Markdown as it was written, or rendered."""
        self.plain = not self.plain
        self.show_pages()

    def action_toggle_wrap(self) -> None:
        """Wrap long lines of plain text, or scroll sideways."""
        pane = self.reading_pane()
        if pane.page.is_markdown and not self.plain:
            self.notify("Rendered Markdown is always wrapped; m shows it plain.")
            return
        wrap = not pane.reader.wrap
        for reader in self.query(Reader):
            reader.wrap = wrap
        self.show_pages()

    def action_copy(self) -> None:
        """Copy what is shown: a text as the model wrote it, the raw line as it came."""
        self._copy(self.reading_pane().page, f"the {self.view}")

    @work(group="copy")
    async def action_copy_menu(self) -> None:
        """Choose what to copy."""
        found = self.reading_item()
        if found is None:
            self.notify("There is no answer here to copy.", severity="warning")
            return
        results, item = found
        key = await self.app.push_screen_wait(MenuScreen("Copy", _COPIES))
        if key == "i":
            custom_id = item.answer.custom_id
            self.app.copy_to_clipboard(custom_id)
            self.notify(f"Copied {one_line(custom_id, 64)}", markup=False)
        elif key is not None:
            view = _VIEW_OF[key]
            self._copy(page(results, item, view), f"the {view}")

    def _copy(self, shown: Page, what: str) -> None:
        text = shown.text if shown.copied is None else shown.copied
        if not text:
            self.notify("There is nothing to copy yet.", severity="warning")
            return
        self.app.copy_to_clipboard(text)
        self.notify(f"Copied {what}: {len(text):,} characters.")

    def action_outside(self, kind: Kind) -> None:
        """Open what is shown in the pager or the editor, and come back when it ends."""
        shown = self.reading_pane().page
        text = shown.copied if shown.text is None else shown.text
        if not text:
            self.notify("There is nothing to open yet.", severity="warning")
            return
        problem, changed = "", False
        try:
            with self.app.suspend():
                # An error that left this block would leave the terminal to the shell.
                try:
                    changed = show_text(kind, text, shown.suffix)
                except WellspringError as error:
                    problem = one_line(str(error))
        except SuspendNotSupported:
            problem = f"The {kind} needs a terminal of its own; here it can't be opened."
        if problem:
            self.notify(problem, severity="error", markup=False)
        elif changed:
            self.notify("What you changed there is not kept: answers stay as they came.")
