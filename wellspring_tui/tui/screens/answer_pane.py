"""A pane to read in: a title, the ways to look at it, and the text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from wellspring_tui.tui import look
from wellspring_tui.tui.screens.answer_page import VIEWS, Page
from wellspring_tui.tui.widgets.reader import Reader

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from wellspring_tui.tui.screens.answer_page import View


class AnswerPane(Vertical):
    """Shows one page at a time."""

    DEFAULT_CSS = """
    AnswerPane {
        & > .answer-pane--title {
            height: 2;
            padding: 0 1;
            text-wrap: nowrap;
            text-overflow: ellipsis;
        }
        & > ViewTabs { padding: 0 1; }
    }
    """

    page = Page(Content(""))
    """What is shown."""

    def __init__(self, *, reader_id: str, tabs: bool, id: str | None = None) -> None:  # noqa: A002
        """`tabs`: name the views between the title and the text."""
        super().__init__(id=id)
        self.reader = Reader(id=reader_id)
        """Where the text is."""
        self.tabs = ViewTabs() if tabs else None
        self._title = Static(classes="answer-pane--title")

    def compose(self) -> ComposeResult:
        """Title, tabs, text."""
        yield self._title
        if self.tabs is not None:
            yield self.tabs
        yield self.reader

    def show(self, page: Page, *, plain: bool = False) -> None:
        """Show a page; `plain` shows Markdown as it was written."""
        before, self.page = self.page, page
        self._show_title()
        if page.text is None:
            is_update = before.text is None and before.title.plain == page.title.plain
            top = self.reader.scroll_y if is_update else 0
            self.reader.show_lines(list(page.lines))
            self.reader.scroll_to(y=top, animate=False, force=True)
        elif page.is_markdown and not plain:
            self.reader.show_markdown(page.text)
        else:
            self.reader.show_plain(page.text)

    def on_resize(self) -> None:
        """Other facts may fit."""
        self._show_title()

    def _show_title(self) -> None:
        room = self._title.content_size.width
        facts = self.page.facts or (Content(""),)
        fitting = next((fact for fact in facts if fact.cell_length <= room), facts[-1])
        self._title.update(Content("\n").join([self.page.title, fitting]))


class ViewTabs(Static):
    """The views by their number; a click shows one."""

    DEFAULT_CSS = """
    ViewTabs {
        height: 1;
        text-wrap: nowrap;
        text-overflow: ellipsis;
        link-style: none;
        link-color: $text-muted;
    }
    """

    def show(self, view: View, *, plain: bool, wrap: bool) -> None:
        """Name the views, and what is unusual about how they are shown."""
        tabs = [
            Content.styled(f"▸{number} {name}", "bold $text-accent")
            if name == view
            # Constants of ours, so markup is safe here; it makes them clickable.
            else Content.from_markup(f" [@click=screen.view('{name}')]{number} {name}[/]")
            for number, name in enumerate(VIEWS, start=1)
        ]
        state = "" if wrap and not plain else " · plain" if wrap else " · no wrap"
        self.update(Content(" ").join(tabs) + Content.styled(state, look.QUIET))
