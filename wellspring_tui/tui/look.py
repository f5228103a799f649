"""How statuses, outcomes and progress look: a glyph, a word and a colour, never colour alone."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from textual.content import Content

from wellspring_tui import figures
from wellspring_tui.answers.model import State
from wellspring_tui.text import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from wellspring_tui.answers.model import Answer

QUIET = "$foreground 60%"
GOOD, WARN, BAD, BUSY = "$text-success", "$text-warning", "$text-error", "$text-primary"
ACCENT = "$text-accent"

_STATUSES = {
    "waiting": ("·", QUIET),
    "sending": ("→", BUSY),
    "validating": ("○", BUSY),
    "in_progress": ("◐", BUSY),
    "finalizing": ("◑", BUSY),
    "completed": ("●", GOOD),
    "failed": ("×", BAD),
    "expired": ("▲", BAD),
    "cancelling": ("◌", WARN),
    "cancelled": ("□", WARN),
}
_STATES = {
    State.ANSWERED: ("●", "answered", GOOD),
    State.FAILED: ("×", "failed", BAD),
    State.MISSING: ("·", "missing", QUIET),
}
_FULL, _HALF, _REST = "━", "╸", "─"
_BLOCKS = "▁▂▃▄▅▆▇█"


def status(name: str) -> Content:
    """A status of a job or batch; one that is not known is shown as it came."""
    glyph, colour = _STATUSES.get(name, ("?", WARN))
    return Content.styled(f"{glyph} {one_line(name, 14).replace('_', ' ')}", colour)


def colour_of(name: str) -> str:
    """The colour of a status."""
    return _STATUSES.get(name, ("?", WARN))[1]


def stalled(silent_seconds: float) -> Content:
    """In place of a status: the service has been silent for longer than it usually is."""
    return Content.styled(f"▲ stalled {figures.short_duration(silent_seconds)}", WARN)


def tags(named: Iterable[str]) -> Content:
    """`#draft #spring`."""
    return Content.styled(" ".join(f"#{one_line(tag, 24)}" for tag in named), ACCENT)


def outcome(answer: Answer, *, expected: bool) -> tuple[Content, Content]:
    """What came of one request, as a sign and as a word.

    An answer that was cut, refused or does not fit its schema is not simply answered.
    `expected` says that what is missing may still come.
    """
    if answer.truncated:
        glyph, word, colour = "▲", "cut off", WARN
    elif answer.refused:
        glyph, word, colour = "▲", "refused", WARN
    elif answer.off_schema:
        glyph, word, colour = "▲", "off schema", WARN
    elif answer.state is State.MISSING and expected:
        glyph, word, colour = "·", "waiting", QUIET
    else:
        glyph, word, colour = _STATES[answer.state]
    return Content.styled(glyph, colour), Content.styled(word, colour)


def progress(completed: int, failed: int, total: int, width: int) -> Content:
    """A bar of `width` cells: answered, then failed, then what is to come."""
    if total <= 0:
        return Content.styled(_REST * width, QUIET)
    good = completed * width / total
    bad = min(width - int(good), -(-failed * width // total))
    half = _HALF if good % 1 >= 0.5 and int(good) + bad < width else ""
    rest = width - int(good) - len(half) - bad
    return Content.assemble(
        (_FULL * int(good) + half, GOOD), (_FULL * bad, BAD), (_REST * rest, QUIET)
    )


def sparkline(values: Sequence[int]) -> Content:
    """A column for each value, as high as its share of the largest; 0 stays on the ground."""
    most = max(values, default=0)
    heights = (-(-value * (len(_BLOCKS) - 1) // most) if most else 0 for value in values)
    return Content.styled("".join(_BLOCKS[height] for height in heights), BUSY)


def counts(completed: int, failed: int, total: int, width: int = 0) -> Content:
    """`37/100`, and `×2` when two of them failed; `1.2k/200k` where `width` cells are too few."""
    shown = _counts(completed, failed, total, figures.count)
    if width and shown.cell_length > width:
        return _counts(completed, failed, total, figures.short_count)
    return shown


def _counts(completed: int, failed: int, total: int, number: Callable[[int], str]) -> Content:
    done = Content(f"{number(completed + failed)}/{number(total)}")
    return done + Content.styled(f" ×{number(failed)}", BAD) if failed else done


def path(named: Path) -> str:
    """A path as people write it: `~` for their home."""
    shown = str(named)
    home = str(Path.home())
    if shown == home or shown.startswith(home + os.sep):
        shown = f"~{shown[len(home) :]}"
    return one_line(shown)


def labelled(label: str, value: str | Content, width: int = 10) -> Content:
    """One line of facts: a quiet label and its value."""
    return Content.styled(label.ljust(width), QUIET) + Content(" ") + _content(value)


def _content(value: str | Content) -> Content:
    return value if isinstance(value, Content) else Content(one_line(value))
