"""Clean: what nobody needs any more, here and on services, and deleting what is ticked of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Footer, Static

from wellspring_tui.errors import StoppedError, WellspringError
from wellspring_tui.jobs.litter import Findings
from wellspring_tui.text import one_line
from wellspring_tui.tui import look
from wellspring_tui.tui.background import Background
from wellspring_tui.tui.screens.base import DashboardScreen
from wellspring_tui.tui.screens.clean_groups import (
    COLUMNS,
    Group,
    cleaned_lines,
    found_lines,
    grouped,
    kinds_told,
    row,
    summed,
    thing_lines,
)
from wellspring_tui.tui.screens.confirm import ConfirmScreen
from wellspring_tui.tui.widgets.reader import Reader
from wellspring_tui.tui.widgets.table import Table
from wellspring_tui.tui.widgets.table_model import ListRows

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from textual.app import ComposeResult

    from wellspring_tui.jobs.litter import Litter

_NOTHING = "There is nothing to delete."
_NO_LOOK = "It could not be looked through. Press r to try again."
_STOPPED = "Stopped: what was not deleted by then is still listed."
_PROGRESS_SECONDS = 0.2


class GroupTable(Table):
    """A table whose marked rows are what will go."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "mark", "Tick on/off"),
        Binding("a", "mark_all", "Tick all, or none", show=False),
        Binding("enter", "open", "Look through"),
    ]


class CleanScreen(DashboardScreen[None]):
    """All groups are ticked at first; nothing goes before it is said twice."""

    CSS_PATH = "clean.tcss"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("D,delete", "delete", "Delete", tooltip="Delete what is ticked; asks first"),
        Binding("r", "look", "Look again"),
        Binding("escape,backspace", "back_out", "Back"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._background = Background()
        self._deleting = False
        self._found = Findings()
        self._groups: dict[str, Group] = {}

    def compose(self) -> ComposeResult:
        """The sum, the groups, the things of the one under the cursor, what is to be said."""
        yield self.top_bar("Clean up")
        yield Static(id="clean-sum")
        yield GroupTable(COLUMNS, id="groups")
        yield Reader(id="things")
        yield Static(id="clean-told")
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        """Look at once."""
        self.query_one("#things").display = False
        self.query_one("#groups", Table).focus()
        self.set_interval(_PROGRESS_SECONDS, self._show_progress)
        self.action_look()

    # -- showing -----------------------------------------------------------------

    def _show(self, said: Iterable[Content] = (), empty: str = _NOTHING) -> None:
        """Show what was found, and say something of it."""
        if not self.query("#groups"):  # the widgets go before their screen
            return
        table = self.query_one("#groups", Table)
        ticked_off = self._groups.keys() - table.marks
        self._groups = {group.key: group for group in grouped(self._found.litter)}
        table.empty = empty
        table.show(ListRows(map(row, self._groups.values())))
        table.mark(self._groups.keys() - ticked_off)
        self._show_things(table.cursor_key)
        self._tell(said)

    def _tell(self, said: Iterable[Content]) -> None:
        """Say something, how much would go, and what there is besides."""
        lines = [*said, *found_lines(self._found)]
        self.query_one("#clean-told", Static).update(Content("\n").join(lines))
        self._show_sum()

    @on(Table.Highlighted, "#groups")
    def _highlighted(self, event: Table.Highlighted) -> None:
        self._show_things(event.key)

    def _show_things(self, key: str | None) -> None:
        group = self._groups.get(key or "")
        reader = self.query_one("#things", Reader)
        reader.display = group is not None
        if group is not None:
            reader.show_lines(thing_lines(group, self.dashboard.clock()))

    def _ticked(self) -> list[Group]:
        marks = self.query_one("#groups", Table).marks
        return [group for key, group in self._groups.items() if key in marks]

    def _show_progress(self) -> None:
        if self._background.busy and self.query("#clean-sum"):
            self._show_sum()

    @on(Table.MarksChanged, "#groups")
    def _show_sum(self) -> None:
        """How much would go; or, while a thread is at it, how far that is."""
        self.query_one("#clean-sum", Static).update(self._sum())

    def _sum(self) -> Content:
        background = self._background
        if background.stopping:
            return Content.styled("Stopping · Esc closes", look.BUSY)
        if background.busy:
            leaves = "stops" if self._deleting else "closes"
            return Content.styled(f"{one_line(background.doing)} · Esc {leaves}", look.BUSY)
        if not self._groups:
            return Content("")
        ticked, there = self._ticked(), len(self._groups)
        all_of_it = summed(self._found.litter)
        if len(ticked) == there:
            return Content.assemble(("All ticked: ", look.QUIET), (all_of_it, "bold"))
        return Content.assemble(
            (f"{len(ticked):,} of {there:,} groups ticked: ", look.QUIET),
            (summed(_things(ticked)) if ticked else "nothing", "bold"),
            (f" of {all_of_it}", look.QUIET),
        )

    # -- looking -----------------------------------------------------------------

    def action_look(self) -> None:
        """Look through this disk and the services."""
        if not self._background.busy:
            self._look()

    @work(group="clean")
    async def _look(self, said: Sequence[Content] = ()) -> None:
        table = self.query_one("#groups", Table)
        table.empty = "Looking …"
        try:
            self._found = await self._background.run(
                lambda progress: self.door.litter(progress=progress), "Looking"
            )
        except WellspringError as error:
            self._show((*said, Content.styled(f"× {one_line(str(error))}", look.BAD)), _NO_LOOK)
            return
        self._show(said)

    # -- deleting ----------------------------------------------------------------

    @work(group="clean")
    async def action_delete(self) -> None:
        """Delete what is ticked, after asking."""
        if self._background.busy:
            return
        try:
            self.door.refuse_if_read_only()
        except WellspringError as error:
            self._tell([Content.styled(f"× {one_line(str(error))}", look.BAD)])
            return
        groups = self._ticked()
        if not groups:
            if self._groups:
                self._tell([Content("Nothing is ticked: space ticks a group, a all of them.")])
            return
        if await self.app.push_screen_wait(_question(groups)):
            await self._delete(_things(groups))

    async def _delete(self, things: Sequence[Litter]) -> None:
        self._deleting = True
        try:
            cleaned = await self._background.run(
                lambda progress: self.door.clean(things, progress), "Deleting"
            )
        except StoppedError:
            self._look([Content.styled(_STOPPED, look.WARN)])
            return
        except WellspringError as error:
            self._tell([Content.styled(f"× {one_line(str(error))}", look.BAD)])
            return
        finally:
            self._deleting = False
        gone = set(cleaned.gone)
        rest = tuple(one for one in self._found.litter if one not in gone)
        self._found = replace(self._found, litter=rest)
        self._show(cleaned_lines(cleaned))

    # -- leaving -----------------------------------------------------------------

    @on(Table.Opened, "#groups")
    def _opened(self) -> None:
        self.query_one("#things", Reader).focus()

    def action_back_out(self) -> None:
        """Leave the things; stop deleting; close, at any time."""
        background, table = self._background, self.query_one("#groups", Table)
        if not table.has_focus:
            table.focus()
        elif self._deleting and not background.stopping:
            background.stop()
            self._show_sum()
        else:
            self.dismiss(None)


def _things(groups: Iterable[Group]) -> list[Litter]:
    return [one for group in groups for one in group.things]


def _question(groups: Sequence[Group]) -> ConfirmScreen:
    return ConfirmScreen(
        f"Delete {summed(_things(groups))}?",
        f"{kinds_told(groups)}\n\n"
        "They go for good. Each is looked at once more before, and stays if it is needed.",
        yes="Delete for good",
        no="Keep them",
    )
