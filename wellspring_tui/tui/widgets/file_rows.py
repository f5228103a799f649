"""A folder's listing as rows of a table, narrowed to what is typed."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import chain
from typing import TYPE_CHECKING

from wellspring_tui import figures
from wellspring_tui.text import one_line
from wellspring_tui.tui.files import Entry
from wellspring_tui.tui.widgets.table_model import Row

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from wellspring_tui.tui.files import Listing

HEADING = "heading:"
"""What the keys of headings start with, and no path does."""


class FileRows:
    """The entries whose names contain `typed`, group by group; rows are made when looked at."""

    def __init__(self, listing: Listing, typed: str, now: datetime) -> None:
        self.matches = 0
        self._now = now
        self._typed = typed
        self._folded = typed.casefold()
        self._hidden = typed.startswith(".")
        self._shown: list[Entry | str] = []
        """A `str` is a heading."""
        self._positions: dict[str, int] = {}
        self._fill(listing)

    def __len__(self) -> int:
        return len(self._shown)

    def page(self, start: int, stop: int) -> Sequence[Row]:
        """A slice of the rows."""
        return [self._row(one) for one in self._shown[start:stop]]

    def position(self, key: str) -> int | None:
        """Where the row of that key is, or None."""
        return self._positions.get(key)

    def entry(self, key: str | None) -> Entry | None:
        """The entry of a row; None for a heading."""
        at = None if key is None else self._positions.get(key)
        found = None if at is None else self._shown[at]
        return found if isinstance(found, Entry) else None

    def best(self) -> int:
        """Where the cursor should be: on the first entry that starts as typed, or the first."""
        if not self._typed:
            return 1  # below the first heading
        names = [one.name if isinstance(one, Entry) else "" for one in self._shown]
        as_typed = (at for at, name in enumerate(names) if name.startswith(self._typed))
        folded = (at for at, name in enumerate(names) if name.casefold().startswith(self._folded))
        return next(chain(as_typed, folded), 1)

    def _fill(self, listing: Listing) -> None:
        prompts, unknown, folders, others = [], [], [], []
        for entry in self._matching(listing.entries):
            if entry.is_folder:
                folders.append(entry)
            elif entry.holds_prompts:
                prompts.append(entry)
            elif entry.likely and entry.holds_prompts is None:
                unknown.append(entry)
            else:
                others.append(entry)
        above = listing.folder.parent
        looked = "JSON files, not looked into" if listing.complete else "JSON files"
        self._add("Prompts files", prompts)
        self._add("Recent", self._matching(listing.recent))
        self._add("Sample", self._matching([listing.sample] if listing.sample else []))
        self._add(looked, unknown)
        if not self._typed and above != listing.folder:
            folders.insert(0, Entry(str(above), "..", is_folder=True))
            self.matches -= 1
        self._add("Folders", folders)
        self._add("Other files", others)

    def _matching(self, entries: Iterable[Entry]) -> list[Entry]:
        typed, hidden = self._folded, self._hidden
        return [
            entry
            for entry in entries
            if typed in entry.name.casefold() and (hidden or not entry.name.startswith("."))
        ]

    def _add(self, heading: str, entries: list[Entry]) -> None:
        if not entries:
            return
        group: list[Entry | str] = [heading, *entries]
        for one in group:
            self._positions[_key(one)] = len(self._shown)
            self._shown.append(one)
        self.matches += len(entries)

    def _row(self, one: Entry | str) -> Row:
        if isinstance(one, str):
            return Row(_key(one), (one,), heading=True)
        if one.is_folder:
            return Row(one.path, (f"{one.name}/", "", ""))
        size = "" if one.size_bytes is None else figures.size(one.size_bytes)
        age = ""
        if one.changed_at is not None:
            age = figures.age(_moment(one.changed_at), self._now)
        return Row(one.path, (one.name, size, age))


def _key(one: Entry | str) -> str:
    return one.path if isinstance(one, Entry) else f"{HEADING}{one}"


def _moment(seconds: float) -> datetime:
    """A file's time, which may be any number at all."""
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return datetime.fromtimestamp(0, UTC)


def tally(rows: FileRows, listing: Listing, typed: str) -> str:
    """How many files there are, or how many are left of them."""
    if listing.problem is not None:
        return one_line(listing.problem)
    all_in_all = sum(not entry.name.startswith(".") for entry in listing.entries)
    if typed:
        return f"“{one_line(typed, 30)}”: {rows.matches:,} of {all_in_all:,}"
    state = "" if listing.complete else " · looking into them …"
    words = "file or folder" if all_in_all == 1 else "files and folders"
    return f"{all_in_all:,} {words}{state}"
