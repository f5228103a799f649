"""What nobody needs any more in groups of one kind, place and reason, as rows and as lines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.content import Content

from wellspring_tui import figures
from wellspring_tui.text import one_line
from wellspring_tui.tui import look
from wellspring_tui.tui.widgets.table_model import Column, Row

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from wellspring_tui.jobs.litter import Cleaned, Findings, Kind, Litter

COLUMNS = (
    Column("what", "What", 19),
    Column("where", "Where", 11),
    Column("count", "Count", 5, align="right"),
    Column("size", "Size", 8, align="right"),
    Column("why", "May go because", 20, flexible=True, priority=1),
)
_HERE = "this disk"
_THINGS_SHOWN = 500
_SIZE_CELLS = 8
_REASONS_TOLD = 3
_KINDS_TOLD = 8


@dataclass(frozen=True, slots=True)
class Group:
    """Things that may go together."""

    kind: Kind
    service: str | None
    """Where they lie; None for this disk."""
    why: str
    things: tuple[Litter, ...]

    @property
    def key(self) -> str:
        """The same as long as there are things of this kind there, for this reason."""
        return "\n".join((self.kind, self.service or "", self.why))

    @property
    def where(self) -> str:
        """Where they lie, in a word or two."""
        return one_line(self.service, 20) if self.service else _HERE

    @property
    def size_bytes(self) -> int:
        """Of all of them."""
        return sum(one.size_bytes for one in self.things)


def grouped(litter: Iterable[Litter]) -> list[Group]:
    """The groups, those on this disk first, then the largest of a place first."""
    things: dict[tuple[Kind, str | None, str], list[Litter]] = {}
    for one in litter:
        things.setdefault((one.kind, one.service, one.why), []).append(one)
    groups = [Group(*key, tuple(alike)) for key, alike in things.items()]
    return sorted(groups, key=lambda one: (one.service or "", -one.size_bytes, one.key))


def row(group: Group) -> Row:
    """One line of the table."""
    return Row(
        group.key,
        (
            group.kind.value,
            group.where,
            f"{len(group.things):,}",
            figures.size(group.size_bytes),
            group.why,
        ),
    )


def summed(things: Sequence[Litter]) -> str:
    """`12 things, 3.2 MB`."""
    many = "1 thing" if len(things) == 1 else f"{len(things):,} things"
    return f"{many}, {figures.size(sum(one.size_bytes for one in things))}"


def kinds_told(groups: Iterable[Group]) -> str:
    """A line for each kind and place: `3 × input file, local`."""
    counts: dict[tuple[str, str], int] = {}
    for one in groups:
        named = one.kind.value, one.where
        counts[named] = counts.get(named, 0) + len(one.things)
    lines = [f"{many:,} × {kind}, {where}" for (kind, where), many in counts.items()]
    if more := sum(list(counts.values())[_KINDS_TOLD:]):
        lines[_KINDS_TOLD:] = [f"{more:,} × something else"]
    return "\n".join(lines)


def thing_lines(group: Group, now: datetime) -> list[Content]:
    """Why a group may go, and what is in it, the largest first."""
    lines = [Content.styled(f"{group.kind.value}, {group.where}: {group.why}", "bold")]
    things = sorted(group.things, key=lambda one: -one.size_bytes)
    lines += [_thing_line(one, now) for one in things[:_THINGS_SHOWN]]
    if rest := things[_THINGS_SHOWN:]:
        lines.append(Content.styled(f"… and {summed(rest)} more", look.QUIET))
    return lines


def _thing_line(thing: Litter, now: datetime) -> Content:
    facts = f" · {figures.age(thing.at, now)} old"
    if thing.expires_at is not None:
        left = (thing.expires_at - now).total_seconds()
        facts += f", expires in {figures.duration(left)}" if left > 0 else ", expired"
    return Content.assemble(
        f"{figures.size(thing.size_bytes):>{_SIZE_CELLS}}  ",
        one_line(thing.where, 200),
        (facts, look.QUIET),
    )


def found_lines(found: Findings) -> Iterator[Content]:
    """Which services could not be looked at, and what stays."""
    for name, error in found.not_asked.items():
        why = str(error) if len(found.not_asked) == 1 else error.what
        words = f"▲ {one_line(name, 20)} was not looked at: {one_line(why)}"
        yield Content.styled(words, look.WARN)
    if found.kept:
        kept = (
            f"{one_line(one.what)} ({one.count:,}, {figures.size(one.size_bytes)})"
            for one in found.kept
        )
        yield Content.styled(f"Stays: {'; '.join(kept)}", look.QUIET)


def cleaned_lines(cleaned: Cleaned) -> Iterator[Content]:
    """What was deleted, and what is still there and why."""
    if cleaned.gone:
        yield Content.styled(f"● Deleted {summed(cleaned.gone)}.", look.GOOD)
    if cleaned.left:
        reasons = list(dict.fromkeys(one_line(why) for _, why in cleaned.left))
        told = "; ".join(reasons[:_REASONS_TOLD])
        more = "; …" if len(reasons) > _REASONS_TOLD else ""
        are = "thing is" if len(cleaned.left) == 1 else "things are"
        yield Content.styled(f"▲ {len(cleaned.left):,} {are} still there: {told}{more}", look.WARN)
