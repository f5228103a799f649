"""What a table shows: columns, rows, and the source that rows are paged from."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

from textual.content import Content

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Cell = str | Content
Align = Literal["left", "right"]

_BLOCK = 64
_BLOCKS_KEPT = 8


@dataclass(frozen=True, slots=True)
class Column:
    """One column; widths are in cells."""

    key: str
    label: str
    width: int
    """The width, or the least width of a flexible column."""
    flexible: bool = False
    """Takes a share of the room that is left, in proportion to its width."""
    align: Align = "left"
    priority: int = 0
    """The column with the highest number goes first where room is short; 0 never goes."""
    sortable: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """One row: a key that stays its own, and a cell for each column.

    A `str` is shown as it is, never read as markup. `Content` carries styles; theme
    variables such as `$text-success` are looked up when it is painted (for quiet text take
    `$foreground 60%`: Textual 8.2 drops the percentage inside `$text-muted` here). A heading
    spans the width: its first cell stands at the left, a second one at the right.
    """

    key: str
    cells: tuple[Cell, ...]
    heading: bool = False

    def same_as(self, other: Row) -> bool:
        """Whether both would be painted alike."""
        if self is other:
            return True
        return (
            self.key == other.key
            and self.heading == other.heading
            and len(self.cells) == len(other.cells)
            and all(map(_same_cell, self.cells, other.cells))
        )


def _same_cell(one: Cell, other: Cell) -> bool:
    # Content compares its text only, so that a changed colour would go unseen.
    if isinstance(one, Content):
        return isinstance(other, Content) and one.is_same(other)
    return isinstance(other, str) and one == other


class Rows(Protocol):
    """Where a table gets its rows from; a face implements it over the ledger."""

    def __len__(self) -> int:
        """How many rows there are."""
        ...

    def page(self, start: int, stop: int) -> Sequence[Row]:
        """The rows from `start` up to but without `stop`; fewer when some went meanwhile."""
        ...

    def position(self, key: str) -> int | None:
        """Where the row of that key is now, or None."""
        ...


class ListRows:
    """Rows held in memory."""

    def __init__(self, rows: Iterable[Row] = ()) -> None:
        self._rows = tuple(rows)
        self._positions = {row.key: position for position, row in enumerate(self._rows)}

    def __len__(self) -> int:
        return len(self._rows)

    def page(self, start: int, stop: int) -> Sequence[Row]:
        """A slice of the rows."""
        return self._rows[start:stop]

    def position(self, key: str) -> int | None:
        """Where the row of that key is, or None."""
        return self._positions.get(key)


class Pages:
    """The rows lately looked at, fetched from a source in small blocks."""

    def __init__(self, rows: Rows) -> None:
        self.rows = rows
        self._length = len(rows)
        self._blocks: OrderedDict[int, Sequence[Row]] = OrderedDict()

    def __len__(self) -> int:
        return self._length

    def row(self, position: int) -> Row | None:
        """The row at `position`; None outside, and where the source came up short."""
        if not 0 <= position < self._length:
            return None
        number, offset = divmod(position, _BLOCK)
        block = self._blocks.get(number)
        if block is None:
            block = self._fetch(number)
        else:
            self._blocks.move_to_end(number)
        return block[offset] if offset < len(block) else None

    def _fetch(self, number: int) -> Sequence[Row]:
        start = number * _BLOCK
        block = self.rows.page(start, min(start + _BLOCK, self._length))
        self._blocks[number] = block
        if len(self._blocks) > _BLOCKS_KEPT:
            self._blocks.popitem(last=False)
        return block

    def forget(self, keys: frozenset[str]) -> None:
        """Fetch anew, when next needed, the blocks that hold any of these rows."""
        stale = [
            number
            for number, block in self._blocks.items()
            if any(row.key in keys for row in block)
        ]
        for number in stale:
            del self._blocks[number]
