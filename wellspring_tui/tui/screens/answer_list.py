"""The list of answers: a table whose headings fold."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType

from wellspring_tui.tui.screens.reading_list import ReadingList
from wellspring_tui.tui.screens.results_rows import (
    AnswerRows,
    columns,
    heading_key,
    section_of_heading,
)

if TYPE_CHECKING:
    from wellspring_tui.answers.index import AnswerIndex
    from wellspring_tui.tui.screens.results_rows import Listed

_ROOMY_CELLS = 44


class AnswerList(ReadingList, inherit_bindings=False):
    """Requests under the headings of their sections."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *ReadingList.BINDINGS,
        Binding("left", "fold", "Fold the section", show=False),
        Binding("right", "unfold", "Unfold the section", show=False),
        Binding("z", "fold_all", "Fold or unfold all sections", show=False),
    ]

    def __init__(self, index: AnswerIndex, listed: Listed, *, id: str | None = None) -> None:  # noqa: A002
        """Show `listed` of the answers in `index`."""
        self._has_schemas = index.has_schemas()
        super().__init__(columns(hits=False, schemas=self._has_schemas), id=id)
        self._index = index
        self._listed = listed
        self._folded: dict[bool, frozenset[int]] = {False: frozenset(), True: frozenset()}
        """Sections folded in the whole list, and in a choice of it."""
        self._is_roomy = False
        self._show_rows()

    def list(self, listed: Listed) -> None:
        """Show others, or the same anew; the cursor stays on its row."""
        if listed.is_choice and not self._listed.is_choice:
            self._folded[True] = frozenset()
        self._listed = listed
        self._show_rows()

    @property
    def cursor_section(self) -> int | None:
        """The section whose heading the cursor is on; None on a request."""
        return section_of_heading(self.cursor_key)

    def go_to_row(self, row: int) -> None:
        """Put the cursor on a request of the list, unfolding its section."""
        section = self._rows.layout.section_of(row)
        if section in self._folded_now:
            self._fold(self._folded_now - {section})
        position = self._rows.layout.position_of(row)
        if position is not None:
            self.move_to_position(position)

    # Keys

    def action_open(self) -> None:
        """Read the request under the cursor; fold or unfold its section on a heading."""
        section = self.cursor_section
        if section is None:
            super().action_open()
        else:
            self._fold(self._folded_now ^ {section})

    def action_fold(self) -> None:
        """Go to the heading; there, fold the section."""
        section = self.cursor_section
        if section is not None:
            self._fold(self._folded_now | {section})
        elif self._section_at_cursor is not None:
            self.move_to(heading_key(self._section_at_cursor))

    def action_unfold(self) -> None:
        """Unfold the section; there, go to its first request, and on to the text."""
        section = self.cursor_section
        if section is None:
            super().action_open()
        elif section in self._folded_now:
            self._fold(self._folded_now - {section})
        else:
            self.action_move(1)

    def action_fold_all(self) -> None:
        """Fold every section, or unfold all when they are."""
        section = self._section_at_cursor
        shown = frozenset(self._rows.layout.sections)
        self._fold(frozenset() if shown <= self._folded_now else shown)
        if section is not None and self._folded_now:
            self.move_to(heading_key(section))

    # Inside

    def on_resize(self) -> None:
        """Headings tell more where there is room."""
        if self._is_roomy != (self.size.width >= _ROOMY_CELLS):
            self._is_roomy = not self._is_roomy
            self._show_rows()

    @property
    def _folded_now(self) -> frozenset[int]:
        return self._folded[self._listed.is_choice]

    @property
    def _section_at_cursor(self) -> int | None:
        """The section of the row under the cursor, heading or not."""
        return self._rows.layout.section_at(self.cursor_position)

    def _fold(self, folded: frozenset[int]) -> None:
        self._folded[self._listed.is_choice] = folded
        self._show_rows()

    def _show_rows(self) -> None:
        shown = columns(hits=self._listed.hits is not None, schemas=self._has_schemas)
        if shown is not self.columns:
            self.columns = shown
            self.refresh()
        self._rows = AnswerRows(self._index, self._listed, self._folded_now, roomy=self._is_roomy)
        self.empty = self._listed.empty
        self.show(self._rows)
